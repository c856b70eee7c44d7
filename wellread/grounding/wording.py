"""The words of a statement and of a source, as far as they tell whether one speaks to the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from wellread.text.sentences import sentences
from wellread.text.terms import language_of, passage_terms, question_terms

Span = tuple[int, int]  # code points


@dataclass(frozen=True, slots=True)
class Wording:
    """A statement's content words, each as a tuple of the stems it may have."""

    words: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(tuple(question_terms(text, [language_of(text)])))

    def held_by(self, terms: frozenset[str]) -> frozenset[int]:
        """The indices of the words that are among `terms`."""
        return frozenset(i for i, forms in enumerate(self.words) if not terms.isdisjoint(forms))

    def coverage(self, held: frozenset[int]) -> float:
        """The share of the words that are held, 0 to 1; a statement without content words is not covered."""
        return len(held) / len(self.words) if self.words else 0.0


@dataclass(frozen=True, slots=True)
class ClosestSentence:
    """A sentence of one of several sources: which source, its range there, its text, and the share of a statement's
    words that it holds."""

    source: int
    span: Span
    text: str
    held: frozenset[int]
    coverage: float


def closest_sentences(wording: Wording, sources: Sequence[str], most: int) -> list[ClosestSentence]:
    """Up to `most` sentences of the sources that together hold most of a statement's words, the best first: each next
    one is that which adds most, and when none adds anything, that which holds most by itself."""
    left = [
        ClosestSentence(number, span, source[slice(*span)], own, wording.coverage(own))
        for number, source in enumerate(sources)
        for span, terms in sentence_terms(source)
        if (own := wording.held_by(terms))
    ]
    chosen: list[ClosestSentence] = []
    held: frozenset[int] = frozenset()
    while left and len(chosen) < most:
        best = max(left, key=lambda one: (len(one.held - held), len(one.held), -len(one.text)))
        left.remove(best)
        chosen.append(best)
        held |= best.held
    return chosen


@lru_cache(maxsize=256)
def sentence_terms(source: str) -> tuple[tuple[Span, frozenset[str]], ...]:
    """The sentences of a source: their ranges and their terms. Each statement of an answer asks for them anew."""
    language = language_of(source)
    return tuple(
        ((start, end), frozenset(passage_terms(source[start:end], "", language)))
        for start, end in sentences(source)
    )
