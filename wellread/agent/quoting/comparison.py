"""Two things side by side: a table of a source that compares them, or parallel sentences about one and the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from wellread.agent.quoting.excerpt import Excerpt
from wellread.agent.quoting.text_shape import Shape, TextPart, cells, parts, rows
from wellread.agent.state.question_form import Compared
from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.text.sentences import sentences
from wellread.text.terms import language_of, passage_terms, question_terms
from wellread.text.words import count_words

_ROWS = (3, 13)  # lines of a table that compares, the header included
_COLUMNS = (2, 6)
_CELL_WORDS = 32
_PAIRS = 3
_ALIKE = 0.9
_TELLING_WORDS = 3
_NEAR = 400  # characters


@dataclass(frozen=True, slots=True)
class _Sentence:
    snippet: Snippet
    start: int
    end: int
    terms: frozenset[str]
    first: frozenset[str]  # of its first two words

    @property
    def text(self) -> str:
        return self.snippet.text[self.start : self.end]


def source_table(snippets: Sequence[Snippet], pair: Compared) -> Excerpt | None:
    """The longest table among the snippets with a column for each of the two things, or None."""
    tables = [
        Excerpt(snippet, (part,), (part.start, part.start))
        for snippet in snippets
        for part in parts(snippet.text)
        if part.shape is Shape.TABLE and _compares(snippet, part, pair)
    ]
    return max(tables, key=lambda table: table.end - table.start, default=None)


def parallels(snippets: Sequence[Snippet], pair: Compared) -> list[tuple[_Sentence, _Sentence]]:
    """Sentences about the one thing beside sentences about the other, the most alike first, each used once.

    A sentence is about a thing if it holds the words of its name and not those of the other's. [] when the sources have
    no such sentences for one of the two.
    """
    one, other = _name(pair.first), _name(pair.second)
    first, second = one - other, other - one
    if not first or not second:
        return []
    among = [sentence for snippet in snippets for sentence in _sentences(snippet)]
    about_first = [s for s in among if one <= s.terms and s.terms.isdisjoint(second)]
    about_second = [s for s in among if other <= s.terms and s.terms.isdisjoint(first)]
    ranked = sorted(
        (
            (likeness, number, left, right)
            for number, (left, right) in enumerate(product(about_first, about_second))
            if (likeness := _parallel(left, right, first, second)) >= _ALIKE
        ),
        key=lambda scored: (-scored[0], scored[1]),
    )
    chosen: list[tuple[_Sentence, _Sentence]] = []
    for _, _, left, right in ranked:
        if len(chosen) < _PAIRS and not any(s in two for two in chosen for s in (left, right)):
            chosen.append((left, right))
    return chosen


def parallel_table(pair: Compared, chosen: Sequence[tuple[_Sentence, _Sentence]]) -> Iterator[str]:
    """The pairs as a table of two columns, each sentence with its number."""
    heads = (inert(name[:1].upper() + name[1:]) for name in (pair.first, pair.second))
    yield "| " + " | ".join(heads) + " |\n|---|---|\n"
    for two in chosen:
        yield "| " + " | ".join(f"{inert(s.text)} [{s.snippet.number}]" for s in two) + " |\n"
    yield "\n"


def _compares(snippet: Snippet, part: TextPart, pair: Compared) -> bool:
    lines = rows(snippet.text, part)
    header = cells(snippet.text[slice(*lines[0])])
    if not _ROWS[0] <= len(lines) <= _ROWS[1] or not _COLUMNS[0] <= len(header) <= _COLUMNS[1]:
        return False
    language = language_of(snippet.text)
    columns = [frozenset(passage_terms(cell, "", language)) for cell in header]
    one = [i for i, column in enumerate(columns) if column and _name(pair.first) <= column]
    other = [i for i, column in enumerate(columns) if column and _name(pair.second) <= column]
    return bool(one and other and one != other)


def _sentences(snippet: Snippet) -> Iterator[_Sentence]:
    language = language_of(snippet.text)
    for part in parts(snippet.text):
        if part.shape is not Shape.PROSE:
            continue
        for start, end in sentences(snippet.text[part.start : part.end]):
            text = snippet.text[part.start + start : part.start + end]
            if count_words(text) <= _CELL_WORDS:
                terms = frozenset(passage_terms(text, "", language))
                first = frozenset(passage_terms(" ".join(text.split()[:2]), "", language))
                yield _Sentence(snippet, part.start + start, part.start + end, terms, first)


def _name(thing: str) -> frozenset[str]:
    return frozenset(form for forms in question_terms(thing, ["en"]) for form in forms[:1])


def _parallel(left: _Sentence, right: _Sentence, first: frozenset[str], second: frozenset[str]) -> float:
    """How much two sentences are built alike, 0 to 2.1: their shared words, that they stand near each other, and that
    each begins with its own subject."""
    one, other = left.terms - first, right.terms - second
    fewest = min(len(one), len(other))
    shared = len(one & other) / fewest if fewest >= _TELLING_WORDS else 0.0
    near = left.snippet == right.snippet and abs(left.start - right.start) < _NEAR
    subjects = not first.isdisjoint(left.first) and not second.isdisjoint(right.first)
    return shared + 0.5 * near + 0.6 * subjects
