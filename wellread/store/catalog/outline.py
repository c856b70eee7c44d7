"""A product's table of contents without its text, and where in it some words stand: what a page of it needs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wellread.content import SectionRole
from wellread.store.catalog.section_rows import start_of
from wellread.store.database import tables as t
from wellread.store.database.database import Database

_TOLD = re.compile(r"\s+")
_GAPS = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A section by its title; `depth` is 0 at the top, `length` that of its text in code points."""

    section_id: str
    ordinal: int
    title: str
    depth: int
    role: SectionRole
    length: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in a section where the words stand as they were typed."""

    section_id: str
    path: tuple[str, ...]
    start: int
    end: int
    prefix: str
    text: str
    suffix: str


def outline(database: Database, product_id: str) -> list[OutlineEntry]:
    """The sections of the current edition in reading order. Some 20 ms for 2,000 of them."""
    columns = t.sections.c
    query = sa.select(
        columns.edition_id,
        columns.ordinal,
        columns.title,
        sa.func.json_array_length(columns.path).label("depth"),
        columns.role,
        sa.func.length(columns.text).label("length"),
    )
    with database.read() as connection:
        rows = connection.execute(_current(query, product_id).order_by(columns.ordinal)).all()
    return [
        OutlineEntry(
            f"{row.edition_id}-{row.ordinal}",
            row.ordinal,
            row.title,
            max(row.depth - 1, 0),
            SectionRole(row.role),
            row.length,
        )
        for row in rows
    ]


def starts(database: Database, product_id: str) -> dict[str, int]:
    """When the sections of the current edition begin in which something is said, by their ids: milliseconds."""
    columns = t.sections.c
    query = sa.select(columns.edition_id, columns.ordinal, columns.blocks)
    with database.read() as connection:
        rows = connection.execute(_current(query, product_id).order_by(columns.ordinal))
        found = {f"{row.edition_id}-{row.ordinal}": start_of(row.blocks) for row in rows}
    return {section_id: start for section_id, start in found.items() if start is not None}


def occurrences(
    database: Database, product_id: str, words: str, *, limit: int, around: int = 60
) -> tuple[list[Occurrence], bool]:
    """The first `limit` places of the current edition with these words as they are, in any case and whatever white
    space is between them, and whether there are more. Contents, index and front matter are left out."""
    parts = words.split()
    if not parts:
        return [], False
    sought = _folded(" ".join(parts))
    columns = t.sections.c
    query = (
        _current(sa.select(columns.edition_id, columns.ordinal, columns.path, columns.text), product_id)
        .where(columns.role.in_([SectionRole.BODY.value, SectionRole.GLOSSARY.value]))
        .order_by(columns.ordinal)
    )
    found: list[Occurrence] = []
    with database.read() as connection, connection.execution_options(yield_per=20).execute(query) as rows:
        for row in rows:
            for start, end in _places(row.text, sought):
                if len(found) == limit:
                    return found, True
                found.append(_occurrence(row, start, end, around))
    return found, False


def _places(text: str, sought: str) -> Iterator[tuple[int, int]]:
    """Start and end of each place with these folded words. The time grows with the text and no faster, whatever is
    sought: neither a pattern that may go back, nor LIKE once for each word."""
    told = (" " if text[:1].isspace() else "") + " ".join(_folded(text).split())
    gaps = ((gap.start(), gap.end()) for gap in _GAPS.finditer(text))
    gap = next(gaps, None)
    left_out = 0  # code points of the gaps that were passed
    at = told.find(sought)
    while at >= 0:
        place = []
        for offset in (at, at + len(sought)):
            # What stands behind the one blank that is kept of a gap is so much further on in the text.
            while gap is not None and gap[0] + 1 - left_out <= offset:
                left_out += gap[1] - gap[0] - 1
                gap = next(gaps, None)
            place.append(offset + left_out)
        yield place[0], place[1]
        at = told.find(sought, at + len(sought))


def _folded(text: str) -> str:
    """In lower case, every code point still one; and the two forms of a Greek letter are the same."""
    return text.replace("İ", "i").lower().replace("ς", "σ")


def _occurrence(row: Any, start: int, end: int, around: int) -> Occurrence:
    text = row.text
    first, last = max(0, start - around), end + around
    prefix, suffix = text[first:start], text[end:last]
    if first:
        prefix = "…" + prefix.partition(" ")[2]
    if last < len(text):
        suffix = suffix.rpartition(" ")[0] + "…"
    return Occurrence(
        f"{row.edition_id}-{row.ordinal}",
        tuple(row.path),
        start,
        end,
        _TOLD.sub(" ", prefix),
        _TOLD.sub(" ", text[start:end]),
        _TOLD.sub(" ", suffix),
    )


def _current(query: sa.Select[Any], product_id: str) -> sa.Select[Any]:
    return query.join(
        t.products,
        sa.and_(
            t.products.c.product_id == t.sections.c.product_id,
            t.products.c.edition_id == t.sections.c.edition_id,
        ),
    ).where(t.sections.c.product_id == product_id)
