"""Facts that a right answer must hold, and where a text says them: compared word by word, folded (`text.folded`)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wellread.text.folded import FoldedText, Span, distance, folded

TOGETHER = 12  # words that may lie between the parts of a fact with a gap

_GAP = re.compile(r"…|\.{3}")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact, in one or more wordings. One with "…" has parts, no more than a dozen words from each other, in any
    order."""

    alternatives: tuple[str, ...]

    def spans(self, text: FoldedText) -> list[Span]:
        """Where a text says it."""
        return [
            span for wording in self.alternatives for span in _spans(_parts(wording, text.language), text)
        ]

    def held_by(self, texts: Iterable[FoldedText]) -> bool:
        """Whether one of the texts says it."""
        return any(self.spans(text) for text in texts)

    def __str__(self) -> str:
        return " / ".join(self.alternatives)


def has_words(wording: str) -> bool:
    """Whether there is something to compare in each part of a wording."""
    return all(_parts(wording, "en"))


@lru_cache(maxsize=10_000)
def _parts(wording: str, language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(folded(part, language)[0] for part in _GAP.split(wording))


def _spans(parts: Sequence[Sequence[str]], text: FoldedText) -> Iterator[Span]:
    places = [list(_occurrences(part, text.words)) for part in parts]
    for first in places[0]:
        yield from _gathered(first, places[1:])


def _gathered(span: Span, places: Sequence[Sequence[Span]]) -> Iterator[Span]:
    """The spans that hold `span` and one of the places of each further part, near to what is already held."""
    if not places:
        yield span
        return
    for start, end in places[0]:
        if distance(span, (start, end)) <= TOGETHER:
            yield from _gathered((min(span[0], start), max(span[1], end)), places[1:])


def _occurrences(part: Sequence[str], words: tuple[str, ...]) -> Iterator[Span]:
    sought, length = tuple(part), len(part)
    start = -1
    while True:
        try:
            start = words.index(sought[0], start + 1)
        except ValueError:
            return
        if words[start : start + length] == sought:
            yield start, start + length
