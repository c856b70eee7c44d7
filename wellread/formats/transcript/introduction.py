"""What the first sentences of a recording say of it: the show, its host and guests, the episode, the day it was made.

The patterns are those of `[talk]` in the files of languages. What they do not find is not said, and stays empty.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from wellread.text.languages import alternatives, languages, word_list

INTRODUCTION_WORDS = 450  # some three minutes
_NAME = r"(?P<name>(?:[^\W\d_]\.|[^\W\d_][\w'’&-]*)(?:\s+(?:[^\W\d_]\.|[^\W\d_][\w'’&-]*)){0,5})"
_FEWEST = 2  # words with a capital that are a name: one alone begins a sentence, or is anything
_MOST_GUESTS = 4


@dataclass(frozen=True, slots=True)
class Introduction:
    """`date` is ISO 8601. Names are as they were heard by whoever wrote the captions."""

    show: str = ""
    episode: str = ""
    date: str = ""
    guests: tuple[str, ...] = ()
    host: str = ""


def introduction(text: str) -> Introduction:
    """What the beginning of a transcript says, in any language that has patterns for it."""
    opening = " ".join(text.split()[:INTRODUCTION_WORDS])
    if not any(True for _ in _matches(opening, "sign")):
        return Introduction()  # people in a film are welcome somewhere and tell their names, too
    show = _show(opening)
    host = next((name for name in _names(opening, "host", show)), "")
    guests = [name for name in _names(opening, "guest", show) if name != host]
    numbers = (m["number"] for m in _matches(opening, "episode") if show and m["name"].endswith(show))
    return Introduction(
        show, next(numbers, ""), _date(opening), tuple(dict.fromkeys(guests))[:_MOST_GUESTS], host
    )


def _show(text: str) -> str:
    """The name said most often, in its longest form."""
    said = Counter(name for match in _matches(text, "show") if (name := _capitals(match["name"], small=True)))
    if not said:
        return ""
    commonest = said.most_common(1)[0][0]
    return max((name for name in said if name.startswith(commonest)), key=len)


def _names(text: str, kind: str, show: str) -> Iterator[str]:
    for match in _matches(text, kind):
        is_before = match.start() == match.start("name")  # "Ada Lovelace is here"
        name = _capitals(match["name"], last=is_before)
        words = {word.casefold() for word in name.split()}
        if name and not words & word_list("corporate") and not words <= set(show.casefold().split()):
            yield name


def _capitals(text: str, *, last: bool = False, small: bool = False) -> str:
    """The words with capitals that `text` begins (or with `last` ends) with, if they are enough for a name. `small`
    words may stand between them, particles always."""
    words = text.split()
    allowed = word_list("name_particles") | (word_list("title_small") if small else frozenset())
    taken: list[str] = []
    for word in reversed(words) if last else words:
        if not word[0].isupper() and word not in allowed:
            break
        taken.append(word)
    if last:
        taken.reverse()
    while taken and (taken[0].casefold() in word_list("sentence_openers") and not small):
        taken.pop(0)
    while taken and not taken[-1][0].isupper():
        taken.pop()
    while taken and not taken[0][0].isupper():
        taken.pop(0)
    name = " ".join(taken)
    name = name.removesuffix("'s").removesuffix("’s")
    return name if sum(word[0].isupper() for word in taken) >= _FEWEST else ""


def _date(text: str) -> str:
    for match in _matches(text, "recorded"):
        for months in _months():
            if match["month"].casefold() in months:
                month = months.index(match["month"].casefold()) + 1
                try:
                    return datetime.date(int(match["year"]), month, int(match["day"])).isoformat()
                except ValueError:
                    continue
    return ""


def _matches(text: str, kind: str) -> Iterator[re.Match[str]]:
    """Where the patterns of a kind fit, in the order of the text."""
    found = [match for one in alternatives("talk", kind, _NAME) for match in one.finditer(text)]
    return iter(sorted(found, key=lambda match: match.start()))


@cache
def _months() -> Sequence[Sequence[str]]:
    """The names of the months by language, in order."""
    every = (tables.get("talk", {}).get("months", "") for tables in languages().values())
    return tuple(tuple(listed.split()) for listed in every if listed)
