"""The words of a statement and of a source, as far as they tell whether one speaks to the other."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from wellread.text.sentences import sentences
from wellread.text.terms import language_of, passage_terms, question_terms

_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?!\w)|(?<![\w.])\d+(?=[a-z%]{1,2}\b)", re.I)
_NUMBER_WORDS = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_SPELLED = {
    word: str(number)
    for number, word in enumerate(_NUMBER_WORDS.split(), start=2)  # "one" is a pronoun as often as a number
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot|hardly|rarely|seldom|kein\w*|nicht|nie|ohne)\b"
    r"|n['’]t\b",
    re.I,
)
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“‘(])\b[A-Z][\w-]*[\w]")
_MOST_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """A statement's content words (each as a tuple of the stems it may have), numbers and names."""

    words: tuple[tuple[str, ...], ...]
    numbers: frozenset[str]
    names: tuple[str, ...]
    negated: bool

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(
            tuple(question_terms(text, [language_of(text)])),
            numbers_in(text),
            tuple(dict.fromkeys(_NAME.findall(text))),
            bool(_NEGATION.search(text)),
        )

    def held_by(self, terms: frozenset[str]) -> frozenset[int]:
        """The indices of the words that are among `terms`."""
        return frozenset(i for i, forms in enumerate(self.words) if not terms.isdisjoint(forms))

    def coverage(self, held: frozenset[int]) -> float:
        """The share of the words that are held, 0 to 1; a statement without content words is not covered."""
        return len(held) / len(self.words) if self.words else 0.0

    def names_are_in(self, source: str) -> bool:
        present = {word.casefold() for word in re.findall(r"\w[\w-]*", source)}
        return all(name.casefold() in present for name in self.names)


@dataclass(frozen=True, slots=True)
class Best:
    """The range of a source's text from its closest sentence on, as far as the others next to it, and which
    words of the statement the closest sentences hold."""

    start: int
    end: int
    held: frozenset[int]
    numbers: frozenset[str]
    negated: bool


def best_sentences(wording: Wording, source: str) -> Best:
    """The up to three sentences of `source` that together hold most of a statement's words, taken greedily;
    the range is that of the first, widened over the others where they are its neighbours."""
    sentences_terms = _terms_by_sentence(source)
    ranges = [span for span, _ in sentences_terms]
    held_by = [wording.held_by(terms) for _, terms in sentences_terms]
    chosen: list[int] = []
    held: frozenset[int] = frozenset()
    while len(chosen) < _MOST_SENTENCES:
        best = max(range(len(ranges)), key=lambda i: len(held_by[i] - held), default=None)
        if best is None or not held_by[best] - held:
            break
        chosen.append(best)
        held |= held_by[best]
    if not chosen:
        return Best(0, len(source), held, frozenset(), False)
    first = last = chosen[0]
    for index in sorted(chosen[1:], key=lambda i: abs(i - chosen[0])):
        if index in (first - 1, last + 1):
            first, last = min(first, index), max(last, index)
    start, end = ranges[first][0], ranges[last][1]
    numbers = frozenset().union(*(numbers_in(source[slice(*ranges[index])]) for index in chosen))
    return Best(start, end, held, numbers, bool(_NEGATION.search(source[start:end])))


@lru_cache(maxsize=64)
def _terms_by_sentence(source: str) -> tuple[tuple[tuple[int, int], frozenset[str]], ...]:
    """The sentences of a source: their ranges and their terms. Each statement of an answer asks for them anew."""
    language = language_of(source)
    return tuple(
        ((start, end), frozenset(passage_terms(source[start:end], "", language)))
        for start, end in sentences(source)
    )


@lru_cache(maxsize=64)
def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text, in digits or as English words up to twenty."""
    written = {number.rstrip(".,").replace(",", "") for number in _NUMBER.findall(text)}
    spelled = {_SPELLED[word] for word in _WORD.findall(text.lower()) if word in _SPELLED}
    return frozenset(written | spelled)
