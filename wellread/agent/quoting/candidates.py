"""What the snippets of an answer offer to quote: sentences, pairs of sentences, and lists with their
introduction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.agent.quoting import quotable
from wellread.agent.quoting.text_shape import Quote, Shape, TextPart, parts
from wellread.content import Anchor
from wellread.events import Snippet
from wellread.text.sentences import sentences
from wellread.text.terms import language_of, question_terms
from wellread.text.words import UNSPACED, count_words

_QUOTE_WORDS = 75
_STRETCH_WORDS = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be quoted: one sentence, a sentence with the one before it, or a list with the
    sentence that introduces it (`items`). `terms` are its stems; `place` orders candidates as the sources do.
    """

    quote: Quote
    terms: frozenset[str]
    place: tuple[str, str, int]  # product id, section id, offset in the section
    items: tuple[Quote, ...] = ()
    in_items: frozenset[str] = frozenset()  # stems that only its items hold
    opens: bool = False  # it begins a paragraph
    advises: bool = False

    @property
    def text(self) -> str:
        return " ".join(" ".join(quote.text for quote in (self.quote, *self.items)).split())

    @property
    def end(self) -> tuple[str, str, int]:
        last = self.items[-1] if self.items else self.quote
        return (*self.place[:2], self.place[2] + last.end - self.quote.start)

    def overlaps(self, other: "Candidate") -> bool:
        same = self.place[:2] == other.place[:2]
        return same and self.place[2] < other.end[2] and other.place[2] < self.end[2]


def place_of(quote: Quote) -> tuple[str, str, int]:
    """Where a quote stands, so that overlapping snippets of a section agree on it."""
    anchor = Anchor.parse(quote.snippet.anchor)
    if anchor is None:
        return quote.snippet.product_id, str(quote.snippet.number), quote.start
    return anchor.product_id, anchor.section_id, anchor.start + quote.start


def shared_terms(one: Candidate, other: Candidate) -> float:
    """How much of the shorter text's words the longer one holds, 0 to 1."""
    shorter = min(len(one.terms), len(other.terms))
    return len(one.terms & other.terms) / shorter if shorter else 0.0


def candidates(snippets: Sequence[Snippet]) -> tuple[Candidate, ...]:
    """What the snippets offer to quote, each place once, in the order of the snippets."""
    found: dict[tuple[tuple[str, str, int], tuple[str, str, int]], Candidate] = {}
    for snippet in snippets:
        for candidate in _of_snippet(snippet, False) or _of_snippet(snippet, True) or _stretches(snippet):
            found.setdefault((candidate.place, candidate.end), candidate)
    return tuple(found.values())


def _items(snippet: Snippet, shaped: tuple[TextPart, ...], index: int) -> tuple[Quote, ...]:
    return tuple(
        Quote(snippet, part.start, part.end)
        for part in shaped
        if part.shape is Shape.ITEM and part.group == index and index >= 0
    )


def _stretches(snippet: Snippet) -> list[Candidate]:
    """A snippet without sentences (captions made by a machine have no full stops) in pieces of readable
    length."""
    language = language_of(snippet.text)
    found: list[Candidate] = []
    for part in parts(snippet.text):
        if part.shape not in (Shape.PROSE, Shape.LINE, Shape.ITEM):
            continue
        for start, end in _readable(snippet.text[part.start : part.end]):
            quote = Quote(snippet, part.start + start, part.start + end)
            terms = _terms_of(quote.text, language)
            if terms and count_words(quote.text) >= quotable.FEWEST_WHOLE:
                found.append(Candidate(quote, terms, place_of(quote)))
    return found


def _readable(text: str) -> list[tuple[int, int]]:
    """Ranges of some forty words each, or as many characters of a script that does not separate them."""
    pieces = [match.span() for match in re.finditer(rf"[{UNSPACED}]|[^\s{UNSPACED}]+", text)]
    groups = [pieces[first : first + _STRETCH_WORDS] for first in range(0, len(pieces), _STRETCH_WORDS)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _terms_of(text: str, language: str) -> frozenset[str]:
    return frozenset(forms[0] for forms in question_terms(text, [language]) if len(forms[0]) > 1)


def _of_snippet(snippet: Snippet, lenient: bool) -> list[Candidate]:
    """What one snippet offers; lenient when it would offer nothing otherwise."""
    language = language_of(snippet.text)
    shaped = parts(snippet.text)
    found: list[Candidate] = []
    for index, part in enumerate(shaped):
        if part.shape is Shape.PROSE:
            found += _of_prose(snippet, part, _items(snippet, shaped, index), language, lenient=lenient)
        elif part.shape is Shape.ITEM:
            found += _of_prose(snippet, part, (), language, lenient=lenient)
    return found


def _of_prose(
    snippet: Snippet, part: TextPart, items: tuple[Quote, ...], language: str, *, lenient: bool
) -> list[Candidate]:
    text = snippet.text
    ranges = [(part.start + a, part.start + b) for a, b in sentences(text[part.start : part.end])]
    found: list[Candidate] = []

    def add(start: int, end: int, listed: tuple[Quote, ...] = ()) -> None:
        quote = Quote(snippet, start, end)
        terms = _terms_of(quote.text, language)
        in_items = frozenset().union(*(_terms_of(item.text, language) for item in listed)) - terms
        advises = bool(listed) or quotable.is_advice(quote.text)
        found.append(Candidate(quote, terms, place_of(quote), listed, in_items, start == part.start, advises))

    for number, (start, end) in enumerate(ranges):
        sentence = text[start:end]
        last = number == len(ranges) - 1
        if items and last:
            if sentence.endswith((":", "：")) and count_words(sentence) <= quotable.MOST_WORDS:
                add(start, end, items)
            continue
        if not (quotable.is_quotable(sentence) or (lenient and quotable.is_whole(sentence))):
            continue
        if lenient or not quotable.leans_back(sentence):
            add(start, end)
        elif number and _can_lead(text[slice(*ranges[number - 1])]):
            before = ranges[number - 1][0]
            if count_words(text[before:end]) <= _QUOTE_WORDS:
                add(before, end)
    return found


def _can_lead(sentence: str) -> bool:
    return quotable.is_quotable(sentence) and not quotable.leans_back(sentence)
