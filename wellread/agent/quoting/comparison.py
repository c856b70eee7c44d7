"""Two things side by side: a table of a source that compares them, or sentences about one and about the
other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from wellread.agent.quoting.candidates import Candidate
from wellread.agent.quoting.question_form import Compared, capital
from wellread.agent.quoting.text_shape import Quote, Shape, TextPart, cells, parts, rows
from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.text.terms import language_of, passage_terms, question_terms
from wellread.text.words import count_words

_MOST_ROWS = 8
_CELL_WORDS = 32
_PAIRS = 3
_ALIKE = 0.9
_TELLING_WORDS = 3
_NEAR = 400  # characters


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that stands in a snippet: its header's cells and its lines, the header left out."""

    snippet: Snippet
    header: tuple[str, ...]
    lines: tuple[Quote, ...]
    whole: Quote


def source_table(snippets: Sequence[Snippet], pair: Compared) -> SourceTable | None:
    """The longest table among the snippets with a column for each of the two things, or None."""
    found = [
        table
        for snippet in snippets
        for part in parts(snippet.text)
        if part.shape is Shape.TABLE and (table := _table(snippet, part, pair))
    ]
    return max(found, key=lambda table: len(table.lines), default=None)


def table_pieces(table: SourceTable, *, deep: bool) -> Iterator[str]:
    """A source's table as Markdown, its rows verbatim and each with its citation."""
    yield _line([inert(cell) for cell in table.header]) + _rule(len(table.header))
    for quote in table.lines if deep else table.lines[:_MOST_ROWS]:
        row = [inert(cell) for cell in cells(quote.text)]
        row += [""] * (len(table.header) - len(row))
        row[-1] = f"{row[-1]} [{quote.snippet.number}]".lstrip()
        yield _line(row)


def pairs(pair: Compared, among: Sequence[Candidate]) -> tuple[tuple[Candidate, Candidate], ...]:
    """Sentences about the one thing beside sentences about the other, the most alike first; each is used
    once.

    A sentence is about a thing if it holds the words of its name and not those of the other's. () when the
    sources have no such sentences for one of the two.
    """
    one, other = _name(pair.first), _name(pair.second)
    first, second = one - other, other - one
    if not first or not second:
        return ()
    about_first = [c for c in among if _is_about(c, first, second)]
    about_second = [c for c in among if _is_about(c, second, first)]
    ranked = sorted(
        (
            (likeness, left, right)
            for left, right in product(about_first, about_second)
            if (likeness := _parallel(left, right, first, second)) >= _ALIKE
        ),
        key=lambda scored: -scored[0],
    )
    used: set[int] = set()
    chosen: list[tuple[Candidate, Candidate]] = []
    for _, left, right in ranked:
        if len(chosen) == _PAIRS:
            break
        if not used.isdisjoint((id(left), id(right))):
            continue
        used |= {id(left), id(right)}
        chosen.append((left, right))
    return tuple(chosen)


def pair_pieces(pair: Compared, chosen: Sequence[tuple[Candidate, Candidate]]) -> Iterator[str]:
    """The pairs as a table of two columns."""
    yield _line([inert(capital(pair.first)), inert(capital(pair.second))]) + _rule(2)
    for two in chosen:
        yield _line([f"{inert(c.quote.text)} [{c.quote.snippet.number}]" for c in two])


def names_both(candidate: Candidate, pair: Compared) -> bool:
    """Whether a sentence speaks of both things."""
    return _name(pair.first) <= candidate.terms and _name(pair.second) <= candidate.terms


def _table(snippet: Snippet, part: TextPart, pair: Compared) -> SourceTable | None:
    lines = rows(snippet.text, part)
    header = cells(snippet.text[slice(*lines[0])])
    if len(lines) < 3 or not 2 <= len(header) <= 6:
        return None
    language = language_of(snippet.text)
    columns = [frozenset(passage_terms(cell, "", language)) for cell in header]
    one = [i for i, column in enumerate(columns) if column and _name(pair.first) <= column]
    other = [i for i, column in enumerate(columns) if column and _name(pair.second) <= column]
    if not one or not other or one == other:
        return None
    quotes = tuple(Quote(snippet, start, end) for start, end in lines[1:])
    return SourceTable(snippet, tuple(header), quotes, Quote(snippet, part.start, part.end))


def _name(thing: str) -> frozenset[str]:
    return frozenset(form for forms in question_terms(thing, ["en"]) for form in forms[:1])


def _is_about(candidate: Candidate, name: frozenset[str], other: frozenset[str]) -> bool:
    short = count_words(candidate.quote.text) <= _CELL_WORDS
    return not candidate.items and short and name <= candidate.terms and candidate.terms.isdisjoint(other)


def _parallel(left: Candidate, right: Candidate, first: frozenset[str], second: frozenset[str]) -> float:
    """How much two sentences are built alike, 0 to 2.3: their shared words, that they stand near each other,
    and that each begins with its own subject."""
    one, other = left.terms - first, right.terms - second
    fewest = min(len(one), len(other))
    shared = len(one & other) / fewest if fewest >= _TELLING_WORDS else 0.0
    near = left.place[:2] == right.place[:2] and abs(left.place[2] - right.place[2]) < _NEAR
    begin_alike = left.text.split()[0] == right.text.split()[0] or (left.opens and right.opens)
    subjects = _begins_with(left, first) and _begins_with(right, second)
    return shared + 0.5 * near + 0.2 * begin_alike + 0.6 * subjects


def _begins_with(candidate: Candidate, name: frozenset[str]) -> bool:
    return not name.isdisjoint(passage_terms(" ".join(candidate.text.split()[:2]), "", "en"))


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |\n"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns + "\n"
