"""Whether a section is an index at the end of a book, by its form: many short entries that end in page numbers, or in
links, which jump to and fro in the book.

A title that says so is no proof: "Index" may be a chapter about indexes, and "Índice" is a table of contents. It makes
fewer entries do.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from wellread.content import Block, BlockKind, Section, SectionRole
from wellread.ingest.index_entries import ENTRY_KINDS, STYLES, Locator, parsed, style_of
from wellread.text.languages import patterns

_TITLED_SHARE = (
    0.4  # of the lines of an index, those that lead somewhere; others refer, or head those below them
)
_SHARE = 0.6  # the same where no title says that it is one
_FEWEST = 20  # entries of an index that no title announces
_ASCENDING = 0.85  # the share of places that lie behind the one before, from which it is a list of contents …
_ENOUGH = 8  # … among so many entries at least
_SEVERAL = 0.1  # of the entries of an index that no title announces, those with more than one place
_ENTRY_WORDS = 25
_FEW = 3  # entries, below which only one word as a title, and pages, make an index
_LETTERS = 7  # characters of a title like "A" or "Symbols"
_AFTER = 3  # words behind the last link of an entry, at most
_PROSE = 0.2  # the share of words in long lines, from which it is a text
_DENSE = 8  # words of an entry, on an average
_LETTER = 2  # characters of a heading that stands as a paragraph


def is_book_index(section: Section) -> bool:
    """Whether a section is an index. The links of its blocks count, where the reader of its format tells them."""
    lines = [placed.block for placed in section.blocks if not _is_letter(placed.block)]
    titled = _is_titled(section)
    if not lines or not (titled or len(lines) >= _FEWEST):
        return False
    short = [block for block in lines if _may_be_entry(block) or (titled and _is_dense(block))]
    share = _TITLED_SHARE if titled else _SHARE
    if len(short) < share * len(lines) or _is_prose(lines, short):
        return False
    own = frozenset([section.ordinal])
    style = STYLES[style_of(short)]
    entries = [found for block in short if (found := _entry(block, own, style))]
    if len(entries) < share * len(lines) or _rises([entry[0] for entry in entries]):
        return False
    if len(entries) < _FEW and (len(section.title.split()) > 1 or any(entry[0].link for entry in entries)):
        return False  # a sentence or two that lead elsewhere, in a chapter about indexes
    return titled or (len(entries) >= _FEWEST and _is_told_by_form(short, entries))


def _is_prose(lines: Sequence[Block], short: Sequence[Block]) -> bool:
    """Whether much of a section is none of its short lines: a chapter about indexes has examples of some."""
    every = sum(len(block.text.split()) for block in lines)
    return every - sum(len(block.text.split()) for block in short) > _PROSE * every


def as_index(section: Section) -> Section:
    """A section with the role of an index if it is one. For those that were stored before it was told by its form."""
    is_one = section.role is SectionRole.BODY and is_book_index(section)
    return replace(section, role=SectionRole.INDEX) if is_one else section


def _is_titled(section: Section) -> bool:
    """Whether the title says index, or that above a section which is one of its letters."""
    is_letter = len(section.title) <= _LETTERS
    return _says_index(section.title) or (is_letter and any(map(_says_index, section.path[-2:-1])))


def _says_index(title: str) -> bool:
    words = re.findall(r"\w+", title.casefold())
    return any(pattern.fullmatch(word) for pattern in patterns("book_index", "title") for word in words)


def _is_letter(block: Block) -> bool:
    """A heading of the entries with one letter, or of any others."""
    return block.kind is BlockKind.HEADING or len(block.text) <= _LETTER


def _may_be_entry(block: Block) -> bool:
    if block.kind is BlockKind.TABLE:
        return bool(block.links)
    if block.kind not in ENTRY_KINDS:
        return False
    spoken = (
        _outside_links(block) if block.links else block.text
    )  # a term may have many links with long texts
    return len(spoken.split()) <= _ENTRY_WORDS


def _outside_links(block: Block) -> str:
    ends = [0, *(link.end for link in block.links)]
    starts = [*(link.start for link in block.links), len(block.text)]
    return " ".join(block.text[end:start] for end, start in zip(ends, starts, strict=True))


def _is_dense(block: Block) -> bool:
    """Whether a long paragraph is entries that stand one behind the other, as a PDF may have run them together."""
    found = sum(1 for _ in STYLES["mark"].finditer(block.text))
    return found * _DENSE >= len(block.text.split())


def _entry(block: Block, own: frozenset[int], style: re.Pattern[str]) -> list[Locator]:
    """The places that a line leads to, none for one that goes on behind them: a sentence with numbers in it."""
    if block.links and len(block.text[block.links[-1].end :].split()) > _AFTER:
        return []
    found = list(parsed(block, own, style))
    return found[-1][1] if found and not any(len(term.split()) > _ENTRY_WORDS for term, _ in found) else []


def _rises(places: Sequence[Locator]) -> bool:
    if len(places) < (_FEW if all(place.link for place in places) else _ENOUGH):
        return False
    numbered = [number for place in places if (number := _number(place))]
    rising = sum(before <= after for before, after in pairwise(numbered))
    return rising >= _ASCENDING * max(len(numbered) - 1, 1)


def _number(place: Locator) -> tuple[int, int] | None:
    """By which places are put in order; None for a page without a number."""
    if place.link:
        return place.link.section, place.link.offset
    first = place.pages[0]
    return (int(first), 0) if first.isdecimal() else None


def _is_told_by_form(lines: Sequence[Block], entries: Sequence[Sequence[Locator]]) -> bool:
    """A list of titles has one place for each; in an index many terms have several. Lines that are links as a whole
    are a list of links."""
    whole = sum(bool(block.links) and block.links[0].start == 0 for block in lines)
    several = sum(len(entry) > 1 or len(entry[0].pages) > 1 for entry in entries)
    return several >= _SEVERAL * len(entries) and whole <= len(lines) / 2
