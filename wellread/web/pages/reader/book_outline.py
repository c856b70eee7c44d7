"""A title's contents as they stand beside a section of it: the branch that it is in is open."""

from collections.abc import Sequence
from dataclasses import dataclass

from wellread.content import SectionRole
from wellread.store.catalog.outline import OutlineEntry

_ALL_OPEN = 120  # entries up to which every branch is open
_MOST_ROWS = 400
_DEEPEST = 5  # how far lines are moved in
_BARE = 12  # code points beside its title in a section that holds nothing but that
_MOST_BARE = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the contents."""

    entry: OutlineEntry
    depth: int
    current: bool
    closed: bool  # it has parts that are not listed


@dataclass(frozen=True, slots=True)
class BookOutline:
    """The sections of a title's present edition in reading order."""

    entries: Sequence[OutlineEntry]

    def index(self, section_id: str) -> int | None:
        """Its position; None for a section of an earlier edition."""
        ordinal = section_id.rpartition("-")[2]
        at = int(ordinal) if ordinal.isdecimal() else -1
        if 0 <= at < len(self.entries) and self.entries[at].section_id == section_id:
            return at
        return next((i for i, entry in enumerate(self.entries) if entry.section_id == section_id), None)

    def first(self) -> OutlineEntry | None:
        """Where reading begins: with the first section of the body."""
        body = (entry for entry in self.entries if entry.role is SectionRole.BODY)
        return next(body, self.entries[0] if self.entries else None)

    def stretch(self, at: int) -> int:
        """How many sections are shown together from `at` on: one that is nothing but a heading goes with the next."""
        length = 1
        while (
            length <= _MOST_BARE
            and at + length < len(self.entries)
            and _is_bare(self.entries[at + length - 1])
        ):
            length += 1
        return length

    def previous(self, at: int) -> OutlineEntry | None:
        """What one turns back to from `at`: the opposite of `next`."""
        start, _ = self._group(at)
        return self._landing(start - 1) if start else None

    def next(self, at: int) -> OutlineEntry | None:
        """What one turns on to from `at`."""
        _, end = self._group(at)
        return self._landing(end) if end < len(self.entries) else None

    def before(self, at: int) -> Sequence[OutlineEntry]:
        """The sections that are nothing but headings and are passed by turning to `at`, whose text they lead to."""
        start, _ = self._group(at)
        return () if _is_bare(self.entries[at]) else self.entries[start:at]

    def _group(self, at: int) -> tuple[int, int]:
        """The start and end of what is turned as one: headings, and the section with text that they lead to."""
        start = at
        while start and _is_bare(self.entries[start - 1]):
            start -= 1
        while start + self.stretch(start) <= at:
            start += self.stretch(start)
        return start, start + self.stretch(start)

    def _landing(self, at: int) -> OutlineEntry:
        """Where turning to the group of `at` leads: to its text, so that none is passed; if it has none, its start."""
        start, end = self._group(at)
        return self.entries[start if _is_bare(self.entries[end - 1]) else end - 1]

    def above(self, at: int) -> list[OutlineEntry]:
        """The sections that `at` is a part of, from the top down."""
        found: list[OutlineEntry] = []
        depth = self.entries[at].depth
        for entry in reversed(self.entries[:at]):
            if entry.depth < depth:
                found.append(entry)
                depth = entry.depth
            if not depth:
                break
        return found[::-1]

    def rows(self, at: int | None) -> list[Row]:
        """The lines to list: all of a short book; else those at the top and the branch that leads to `at`."""
        opened = (
            {entry.ordinal for entry in self.above(at)} | {self.entries[at].ordinal}
            if at is not None
            else set()
        )
        everything = len(self.entries) <= _ALL_OPEN
        rows: list[Row] = []
        here = 0
        parents: list[tuple[int, bool]] = []  # depth, and whether what is in it is listed
        for i, entry in enumerate(self.entries):
            while parents and parents[-1][0] >= entry.depth:
                parents.pop()
            listed = not parents or parents[-1][1]
            shows = listed and (everything or entry.ordinal in opened)
            parents.append((entry.depth, shows))
            if listed:
                if i == at:
                    here = len(rows)
                has_parts = i + 1 < len(self.entries) and self.entries[i + 1].depth > entry.depth
                rows.append(Row(entry, min(len(parents) - 1, _DEEPEST), i == at, has_parts and not shows))
        first = max(0, min(here - _MOST_ROWS // 2, len(rows) - _MOST_ROWS))
        return rows[first : first + _MOST_ROWS]


def _is_bare(entry: OutlineEntry) -> bool:
    return entry.length <= len(entry.title) + _BARE
