"""The table of contents of a document, from what the book states, what it leaves out, and its headings."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wellread.content import BlockKind, SectionRole
from wellread.formats.document import ContentsEntry
from wellread.formats.markup.block_drafts import Draft, Flow, one_line
from wellread.formats.markup.footnotes import Placed
from wellread.formats.markup.navigation import Reference

_TITLES = {
    SectionRole.FRONT: "Front matter",
    SectionRole.CONTENTS: "Contents",
    SectionRole.INDEX: "Index",
    SectionRole.GLOSSARY: "Glossary",
}
_ASIDE = (SectionRole.CONTENTS, SectionRole.FRONT, SectionRole.INDEX)
_FEW = 1  # entries that say nothing about a book …
_MANY = 3  # … with this many headings


@dataclass(frozen=True, slots=True)
class FlowPages:
    """The pages of a book as read: their numbers by name, their flows by number, and all drafts placed."""

    numbers: Mapping[str, int]
    flows: Sequence[Flow]
    placed: Placed

    def block(self, name: str, fragment: str) -> int | None:
        """The number of the block at which a reference leads, None if it leads to no page of the book."""
        page = self.numbers.get(name)
        return None if page is None else self.block_at(page, fragment)

    def block_at(self, page: int, fragment: str) -> int:
        """The number of the block at an id of a page, of its first one for an id that is not there."""
        place = self.flows[page].places.get(fragment)
        positions = self.placed.position[page]
        return positions[min(place.start if place else 0, len(positions) - 1)]

    def end(self, name: str) -> int:
        """The number of the block behind the last one of a page."""
        page = self.numbers.get(name)
        return 0 if page is None else self.placed.position[page][-1]


def contents(
    pages: FlowPages, stated: Sequence[Reference], landmarks: Iterable[tuple[SectionRole, Reference]]
) -> tuple[ContentsEntry, ...]:
    """The entries in reading order.

    `stated` is the book's own table of contents; what of it leads nowhere or to nothing is left out. Pages
    that it does not name get an entry from their first heading or their role. Without a usable one,
    headings are taken.
    """
    entries = _in_order(_located(pages, stated), len(pages.placed.drafts))
    if len(entries) <= _FEW:
        headings = _from_headings(pages.placed.drafts)
        if not entries or len(headings) >= _MANY:
            entries = headings
    roles = _roles(pages, landmarks)
    if entries:
        entries = _with_unnamed(pages, entries, roles)
    return tuple(_lifted([replace(entry, role=_role_at(entry.block, roles)) for entry in entries]))


def _located(pages: FlowPages, stated: Sequence[Reference]) -> list[ContentsEntry]:
    """The lines with the blocks they lead to. A line without a link begins where the first line below it
    does."""
    located: list[ContentsEntry] = []
    below: dict[int, int] = {}  # depth → the first block among the lines that follow at this depth
    for line in reversed(stated):
        inner = min((block for depth, block in below.items() if depth > line.depth), default=None)
        below = {depth: block for depth, block in below.items() if depth <= line.depth}
        own = pages.block(line.href, line.fragment) if line.href else None
        block = inner if own is None else own if inner is None else min(own, inner)
        if block is not None:
            below[line.depth] = min(block, below.get(line.depth, block))
            located.append(ContentsEntry(line.title, line.depth, block))
    located.reverse()
    return located


def _in_order(entries: list[ContentsEntry], blocks: int) -> list[ContentsEntry]:
    """Sorted by block, without those that would have no text at all, and without jumps in depth."""
    kept: list[ContentsEntry] = []
    following = ContentsEntry("", 0, blocks)
    for entry in sorted(entries, key=lambda entry: entry.block)[::-1]:
        has_text = entry.block < following.block or entry.depth < following.depth
        if has_text and entry.block < blocks:
            kept.append(entry)
            following = entry
    kept.reverse()
    return _without_jumps(kept)


def _without_jumps(entries: Iterable[ContentsEntry]) -> list[ContentsEntry]:
    smooth: list[ContentsEntry] = []
    chain: list[int] = []  # the depths, as stated, from the top down to the last entry
    for entry in entries:
        while chain and chain[-1] >= entry.depth:
            chain.pop()
        smooth.append(replace(entry, depth=len(chain)))
        chain.append(entry.depth)
    return smooth


def _lifted(entries: list[ContentsEntry]) -> list[ContentsEntry]:
    """Chapters listed below the title page or the page of contents are not parts of it: they stand beside
    it."""
    lifted: list[ContentsEntry] = []
    above: list[ContentsEntry] = []  # entries, as stated, that the current one stands below
    for entry in entries:
        while above and above[-1].depth >= entry.depth:
            above.pop()
        aside = sum(one.role in _ASIDE for one in above) if entry.role not in _ASIDE else 0
        lifted.append(replace(entry, depth=entry.depth - aside))
        above.append(entry)
    return _without_jumps(lifted)


def _from_headings(drafts: Sequence[tuple[int, Draft]]) -> list[ContentsEntry]:
    return _without_jumps(
        ContentsEntry(one_line(draft.text), draft.level, number)
        for number, (_, draft) in enumerate(drafts)
        if draft.kind is BlockKind.HEADING
    )


@dataclass(frozen=True, slots=True)
class _Roles:
    ranges: list[tuple[int, int, SectionRole]]
    starts: dict[int, SectionRole]


def _roles(pages: FlowPages, landmarks: Iterable[tuple[SectionRole, Reference]]) -> _Roles:
    ranges = [
        (positions[found.start], positions[min(found.end, len(positions) - 1)], found.role)
        for flow, positions in zip(pages.flows, pages.placed.position, strict=True)
        for found in flow.roles
    ]
    starts: dict[int, SectionRole] = {}
    for role, reference in landmarks:
        block = pages.block(reference.href, reference.fragment)
        if block is not None and block < pages.end(reference.href):
            starts.setdefault(block, role)
    return _Roles(ranges, starts)


def _role_at(block: int, roles: _Roles) -> SectionRole:
    if role := roles.starts.get(block):
        return role
    return next((role for start, end, role in roles.ranges if start <= block < end), SectionRole.BODY)


def _with_unnamed(pages: FlowPages, entries: list[ContentsEntry], roles: _Roles) -> list[ContentsEntry]:
    """Entries for the pages in which none begins, if they have a role of their own or open with a heading."""
    named = {pages.placed.drafts[entry.block][0] for entry in entries}
    levels = {entry.block: _level(pages.placed.drafts[entry.block][1]) for entry in entries}
    starts = [entry.block for entry in entries]
    found: list[ContentsEntry] = []
    for page, positions in enumerate(pages.placed.position):
        start, end = positions[0], positions[-1]
        if page in named or start >= end:
            continue
        first = pages.placed.drafts[start][1]
        role = _role_at(start, roles)
        place = bisect_left(starts, start)
        nearest = [*entries[max(place - 1, 0) : place], *found[-1:]]
        before = max(nearest, key=lambda one: one.block, default=None)
        if role is not SectionRole.BODY:
            heading = next(
                (d for _, d in pages.placed.drafts[start:end] if d.kind is BlockKind.HEADING), None
            )
            title = one_line(heading.text) if heading else _TITLES[role]
            found.append(ContentsEntry(title, 0, start))
        elif first.kind is BlockKind.HEADING:
            level, above = first.level, levels.get(before.block, 0) if before else 0
            depth = 0 if before is None or level <= 1 else before.depth + (1 if level > above else 0)
            found.append(ContentsEntry(one_line(first.text), depth, start))
            levels[start] = level
    return _without_jumps(sorted([*entries, *found], key=lambda entry: entry.block))


def _level(draft: Draft) -> int:
    return draft.level if draft.kind is BlockKind.HEADING else 0
