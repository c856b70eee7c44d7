"""The words of a text as they are compared: without case, accents, punctuation and white space, by stems, and with
numbers in digits and in words alike ("three" is 3, "eighty percent" is 80 %)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from wellread.text.languages import word_list_of
from wellread.text.terms import language_of, term
from wellread.text.words import UNSPACED

_HANGUL = "\uac00-\ud7af"
_LETTER = rf"[^\W\d_{UNSPACED}{_HANGUL}]"
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|[{UNSPACED}{_HANGUL}]|{_LETTER}+(?:['’]{_LETTER}+)*|%")
_APOSTROPHES = re.compile("['’]")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_INSIDE = " \t\n-‐‑\u00a0"  # what may stand between the words of one number

Span = tuple[int, int]  # words of a text: the first, and the one after the last


@dataclass(frozen=True, slots=True)
class FoldedText:
    """The words of a text as they are compared, and the code points at which each begins and ends."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    language: str

    @classmethod
    def of(cls, text: str) -> "FoldedText":
        language = language_of(text)
        words, starts, ends = folded(text, language)
        return cls(words, starts, ends, language)

    def within(self, start: int, end: int) -> Span:
        """The words that the code points from `start` to `end` touch."""
        first = bisect_right(self.ends, start)
        return first, max(first, bisect_left(self.starts, end))


def distance(one: Span, other: Span) -> int:
    """The words between two spans; 0 when they touch."""
    return max(0, one[0] - other[1], other[0] - one[1])


def folded(text: str, language: str) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
    """The words of a text with their places; a number is one word, however it is written."""
    found = list(_WORD.finditer(text))
    words: list[str] = []
    places: list[Span] = []
    index = 0
    while index < len(found):
        number, after = _number(text, found, index, language)
        words.append(number or term(_APOSTROPHES.sub("", found[index][0].casefold()), language))
        places.append((found[index].start(), found[after - 1].end()))
        index = after
    return tuple(words), tuple(start for start, _ in places), tuple(end for _, end in places)


def numbers_in(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """The numbers and per cent signs of a text, in digits as they are compared, each with its range of code points."""
    found = list(_WORD.finditer(text))
    written = _numbers(language)
    index = 0
    while index < len(found):
        word = found[index][0]
        if not word[0].isdecimal() and word != "%" and word.casefold() not in written:
            index += 1
            continue
        number, after = _number(text, found, index, language)
        if number:
            yield number, found[index].start(), found[after - 1].end()
        index = after


def _number(text: str, found: Sequence[re.Match[str]], index: int, language: str) -> tuple[str, int]:
    """The number, or per cent sign, that begins at a word, in digits, and the word after it; "" when none does."""
    first = _value(found[index][0], language)
    if first in ("", "+", "%"):
        return ("%" if first == "%" else ""), index + 1
    if not _NUMBER.fullmatch(first):
        return first, index + 1  # "1.2.3"
    total, current = Decimal(0), Decimal(first)
    last = (
        Decimal(0) if found[index][0][0].isdecimal() else current
    )  # after digits only "million" and the like
    if last >= 1000:
        total, current = current, Decimal(0)
    after = index + 1
    while (following := _following(text, found, after, language, last)) is not None:
        value, after = following
        if value >= 1000:
            total, current = total + max(current, Decimal(1)) * value, Decimal(0)
        elif value == 100:
            current = max(current, Decimal(1)) * value
        else:
            current += value
        last = value
    return f"{(total + current).normalize():f}", after


def _following(
    text: str, found: Sequence[re.Match[str]], index: int, language: str, last: Decimal
) -> tuple[Decimal, int] | None:
    """The value of the word that goes on with a number whose last word was worth `last`, and the word after it."""
    joined = False
    while index < len(found) and not text[found[index - 1].end() : found[index].start()].strip(_INSIDE):
        word = found[index][0]
        value = "" if word[0].isdecimal() else _value(word, language)
        if value == "+" and not joined and last >= 100:
            joined, index = True, index + 1
            continue
        if not value.isdecimal():
            return None
        number = Decimal(value)
        multiplies = number >= 100 and not joined and number != last
        adds = number < 100 <= last or (number < 10 and number and 20 <= last < 100 and last % 10 == 0)
        return (number, index + 1) if multiplies or adds else None
    return None


def _value(word: str, language: str) -> str:
    """A number in digits; "+" and "%" as in `languages`; "" for any other word."""
    if word == "%":
        return word
    if not word[0].isdecimal():
        return _numbers(language).get(word.casefold(), "")
    return word.replace(",", "") if _THOUSANDS.fullmatch(word) else word


@cache
def _numbers(language: str) -> dict[str, str]:
    return dict(entry.split("=") for entry in word_list_of(language, "numbers"))
