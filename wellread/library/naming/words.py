"""The words of a question and of a title, as they are compared: folded, misspellings allowed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from wellread.content import ProductKind
from wellread.store.catalog.title_index import fold_title, is_spaceless
from wellread.text.languages import languages, word_list, word_list_of

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_MOST_WORDS = 600  # of a question
_QUOTED = re.compile(
    r"[\"“«„'‘](?=\w)(?P<west>[^\"”»“\n]{1,150}?)(?<=[\w?!.])[\"”»“'’](?!\w)|[《〈「『](?P<east>[^》〉」』\n]{1,150})[》〉」』]"
)
_SENTENCE_END = re.compile(r"[.!?:]\s*[\"“«„'‘(]?\s*$")
_SMALL_WEIGHT = 0.25
_SPANNED_WORDS, _LONGEST_SPAN = 60, 12  # words of a question in which whole titles are looked for, and of one
_TITLE_ENDS = ("?", "!", ".", "…", "+", "#", ")")


@dataclass(frozen=True, slots=True)
class QuestionWord:
    word: str  # folded
    text: str  # as it stands there
    start: int
    end: int
    capital: bool  # and that tells something: not at a sentence's start, nor where most words have one
    begins: bool  # a sentence with a capital
    quoted: tuple[int, int] | None  # the range of code points that it stands in quotation marks with


def question_words(question: str) -> list[QuestionWord]:
    """The first 600 words of a question; of Chinese and Japanese, its characters."""
    quotes = [match.span("west" if match["west"] else "east") for match in _QUOTED.finditer(question)]
    found: list[QuestionWord] = []
    for match in _WORD.finditer(question):
        for start, end in _pieces(match[0], match.start()):
            text = question[start:end]
            quoted = next((span for span in quotes if span[0] <= start and end <= span[1]), None)
            first = not found or _SENTENCE_END.search(question, max(0, start - 8), start) is not None
            upper = text[0].isupper()
            begins = first and upper and not text[1:2].isupper()
            found.append(
                QuestionWord(
                    _compared(text), text, start, end, upper and not begins, begins and not quoted, quoted
                )
            )
            if len(found) == _MOST_WORDS:
                return _without_case(found)
    return _without_case(found)


def title_spans(question: str) -> list[str]:
    """The stretches of a question that may be a whole title: of up to twelve words, and the mark that ends it."""
    words = question_words(question)[:_SPANNED_WORDS]
    texts: dict[str, None] = {}
    for i, first in enumerate(words):
        for last in words[i : i + _LONGEST_SPAN]:
            if last is first and is_small(first.word) and not first.quoted:
                continue
            texts[question[first.start : last.end]] = None
            if question[last.end : last.end + 1] in _TITLE_ENDS:
                texts[question[first.start : last.end + 1]] = None
    return list(texts)


def _without_case(words: list[QuestionWord]) -> list[QuestionWord]:
    """The words, with capitals that tell nothing where even function words have one, as in "How Do I Test?"."""
    inner = [word for word in words if not word.quoted and not word.begins and word.word.isalpha()]
    telling = [word for word in inner if len(word.word) > 1 and not is_small(word.word)]
    commonest = [word for word in telling if is_function_word(word.word)]
    if not commonest or not all(word.capital for word in telling):
        return words
    return [replace(word, capital=False) for word in words]


@lru_cache(maxsize=4096)  # the same titles are candidates of many questions, and authors have many titles
def title_words(text: str) -> tuple[str, ...]:
    """The words of a title, or of a name, in the form in which a question's are compared with them."""
    found = _WORD.findall(fold_title(text))
    if text.isascii():
        return tuple(word.removesuffix("'s") for word in found)
    return tuple(_compared(word[start:end]) for word in found for start, end in _pieces(word, 0))


@lru_cache(maxsize=1024)
def words_as_written(text: str) -> tuple[str, ...]:
    """The words of a title as they stand there."""
    return tuple(_WORD.findall(text))


def _pieces(text: str, at: int) -> Iterable[tuple[int, int]]:
    if not text.isascii() and is_spaceless(text):
        return ((at + i, at + i + 1) for i in range(len(text)))
    return ((at, at + len(text)),)


def _compared(text: str) -> str:
    return fold_title(text).removesuffix("'s")


@cache
def listed(kind: str) -> frozenset[str]:
    """The words of one list, in all languages, folded as a question's words are."""
    return frozenset(map(fold_title, word_list(kind)))


@cache
def _listed_of(code: str, kind: str) -> frozenset[str]:
    return frozenset(map(fold_title, word_list_of(code, kind)))


def is_small(word: str) -> bool:
    """Whether a word counts little in a title: "of", "the"."""
    return word in listed("title_small")


def weight(word: str) -> float:
    return _SMALL_WEIGHT if is_small(word) else 1.0


@lru_cache(maxsize=4096)
def is_function_word(word: str, language: str = "") -> bool:
    """Whether a word is one of the commonest of a language, or of English; without a language, of any."""
    if is_small(word):
        return True
    if language:
        return any(word in _listed_of(code, "stop_words") for code in {"en", language})
    return word in listed("stop_words")


@lru_cache(maxsize=256)
def says_nothing(words: tuple[str, ...]) -> bool:
    """Whether all words are function words of one language, as in "What If" or "It"."""
    return any(
        all(word in _listed_of(code, "stop_words") or is_small(word) for word in words)
        for code in languages()
    )


def kinds_of(word: str) -> frozenset[ProductKind]:
    """The kinds of product that a word means; none for most words."""
    if word in listed("book"):
        return frozenset({ProductKind.BOOK})
    spoken = word in listed("spoken")
    return frozenset({ProductKind.VIDEO, ProductKind.RECORDING} if spoken else ())


def same_word(one: str, other: str) -> bool:
    """Equal, but for one slip of the keyboard in a word of four letters and two in one of eight."""
    if one == other:
        return True
    slips = _slips(min(len(one), len(other)))
    return slips > 0 and OSA.distance(one, other, score_cutoff=slips) <= slips


def slipped(one: str, other: str) -> bool:
    """One slip in a name so long that it is not another word."""
    return min(len(one), len(other)) >= 7 and OSA.distance(one, other, score_cutoff=1) <= 1


def _slips(length: int) -> int:
    return 2 if length >= 8 else 1 if length >= 4 else 0


class Spellings:
    """For each word of a title the words of one question that it may be; asked once of each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = list(dict.fromkeys(words))
        self._known: dict[str, frozenset[str]] = {}

    def of(self, word: str) -> frozenset[str]:
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._like(word)
        return found

    def _like(self, word: str) -> frozenset[str]:
        most = _slips(len(word))
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=most, limit=None)
        return frozenset(other for other, _, _ in near if same_word(word, other))
