"""What kind of answer a question asks for. The patterns are those of `[forms]` in text/language."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from wellread.text.languages import found, patterns

_READ = 600  # code points of a question that are looked at
_THING_WORDS = 6
_NUMERALS = (
    "i",
    "ii",
    "iii",
    "iv",
    "v",
    "vi",
    "vii",
    "viii",
    "ix",
    "x",
    "xi",
    "xii",
    "xiii",
    "xiv",
    "xv",
    "xvi",
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class QuestionForm(StrEnum):
    """In the order in which they are looked for."""

    OVERVIEW = "overview"  # of a title, or a chapter of it
    CATALOGUE = "catalogue"  # about the library itself: who wrote, which titles, how long
    COMPARISON = "comparison"
    AMOUNT = "amount"
    REASON = "reason"
    STEPS = "steps"
    PERSON = "person"
    TIME = "time"
    DEFINITION = "definition"
    YES_NO = "yes_no"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Compared:
    """The two things that a question compares, as it calls them."""

    first: str
    second: str


@lru_cache(maxsize=256)  # each step of a run asks several times
def form_of(question: str) -> QuestionForm:
    """The kind of answer that fits; OTHER for what is not recognised, as in a language without patterns."""
    asked = question.strip()[:_READ]
    if compared(asked):
        return QuestionForm.COMPARISON
    return next((form for form in QuestionForm if found("forms", form.value, asked)), QuestionForm.OTHER)


def is_broad(question: str) -> bool:
    """Whether a question asks for advice or an account, and not for one fact."""
    return bool(found("forms", "broad", question[:_READ]))


def compared(question: str) -> Compared | None:
    """The two things compared in a question, or None."""
    asked = question.strip()[:_READ]
    for name in ("pair", "pair_compared", "pair_from", "pair_versus", "pair_becomes"):
        for pattern in patterns("forms", name):
            if match := pattern.search(asked):
                first, second = _thing(match["a"]), _thing(match["b"])
                if first and second and first.casefold() != second.casefold():
                    return Compared(first, second)
    return None


def asks_for_titles(question: str) -> bool:
    """Whether a question is answered with titles: "which of my books …"."""
    return bool(found("forms", "titles", question[:_READ]))


def asks_for_contents(question: str) -> bool:
    """Whether a question is about how a title is divided."""
    return bool(found("forms", "contents", question[:_READ]))


def chapter_asked(question: str) -> int:
    """The number of the chapter that a question names; 0 for none."""
    match = found("forms", "chapter", question[:_READ])
    if match is None:
        return 0
    number = match["number"].lower()
    if number.isdecimal():
        return int(number[:4])
    names = _NUMBERS if number in _NUMBERS else _NUMERALS
    return names.index(number) + 1 if number in names else 0


def _thing(words: str) -> str:
    thing = words.strip()
    for end in patterns("forms", "pair_end"):
        thing = end.sub("", thing)
    for start in patterns("forms", "pair_start"):
        while (shorter := start.sub("", thing)) != thing:
            thing = shorter
    return thing.strip(" \"'“”‘’*_()") if len(thing.split()) <= _THING_WORDS else ""
