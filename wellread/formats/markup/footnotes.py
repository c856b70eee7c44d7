"""Footnotes put beside what refers to them, and their marks taken out of the text.

A link is a reference to a note if its markup says so (`epub:type`, `role`, the usual classes), or if it
looks like a mark and the note links back, as in EPUB 2. The mark is dropped: the note follows as a block of
its own and carries it as `marker`. A note stands behind its first reference only; one that nobody refers to
stays where it is.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wellread.content import BlockKind
from wellread.formats.markup.block_drafts import Draft, DraftRange, Flow, Link, settled

_MAX_NOTE = 12  # drafts; what is longer is a section
_NOT_IN_NOTES = (BlockKind.HEADING,)
_BECOMES_NOTE = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)

Locate = Callable[[int, str], tuple[int, str] | None]
"""(number of the page a link stands on, its href) → number of the page and the fragment it leads to, or
None."""


@dataclass(frozen=True, slots=True)
class Placed:
    """All drafts of a book in reading order, with the number of the page each came from.

    `position[page][draft]` is where a draft went; for one that was moved or was empty, where the next one
    went.
    """

    drafts: tuple[tuple[int, Draft], ...]
    position: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Reference:
    draft: int
    number: int  # of the link in the draft
    link: Link
    note: DraftRange | None  # in drafts of the whole book


def placed(flows: Sequence[Flow], locate: Locate) -> Placed:
    """Settle the texts of all pages and move the notes. The drafts are changed in place."""
    return _Placing(flows, locate).placed()


class _Placing:
    def __init__(self, flows: Sequence[Flow], locate: Locate) -> None:
        self.flows, self.locate = flows, locate
        self.starts: list[int] = []
        self.drafts: list[Draft] = []
        self.page_of: list[int] = []
        for page, flow in enumerate(flows):
            self.starts.append(len(self.drafts))
            self.drafts += flow.drafts
            self.page_of += [page] * len(flow.drafts)
        self.links = {
            number: self.references(number) for number, draft in enumerate(self.drafts) if draft.links
        }

    def references(self, draft: int) -> list[_Reference]:
        return [
            _Reference(draft, number, link, self.range_of(draft, link.href))
            for number, link in enumerate(self.drafts[draft].links)
        ]

    def range_of(self, draft: int, href: str) -> DraftRange | None:
        target = self.locate(self.page_of[draft], href)
        if target is None:
            return None
        page, fragment = target
        found = self.flows[page].places.get(fragment)
        if found is None:
            return None
        start = self.starts[page]
        return DraftRange(start + found.start, start + found.end, found.whole)

    def is_note(self, reference: _Reference) -> bool:
        note, link = reference.note, reference.link
        if note is None or link.stated == "back" or not 0 < note.end - note.start <= _MAX_NOTE:
            return False
        if note.start <= reference.draft < note.end or note.end > len(self.drafts):
            return False
        inside = self.drafts[note.start : note.end]
        if any(draft.kind in _NOT_IN_NOTES for draft in inside):
            return False
        if not note.whole and (
            inside[0].kind is BlockKind.TABLE or not self.begins_note(inside[0], link.mark)
        ):
            return False
        return link.stated == "reference" or (
            not self.leads(reference) and self.links_back(note, reference.draft)
        )

    def begins_note(self, draft: Draft, mark: str) -> bool:
        bare = draft.text.lstrip("[( ")
        return draft.kind is BlockKind.FOOTNOTE or bare.startswith(("\x02", mark.strip("[]() ")))

    def leads(self, reference: _Reference) -> bool:
        """Whether the link stands at the very beginning of its block, as the mark of a note itself does."""
        return self.drafts[reference.draft].text.lstrip("[( ").startswith(f"\x02{reference.number}\x03")

    def links_back(self, note: DraftRange, draft: int) -> bool:
        return any(
            back.note is not None and back.note.start <= draft < max(back.note.end, back.note.start + 1)
            for number in range(note.start, note.end)
            for back in self.links.get(number, ())
        )

    def placed(self) -> Placed:
        notes: dict[int, list[DraftRange]] = {}  # by the draft that refers to them first
        owner: dict[int, int] = {}
        dropped: dict[int, set[int]] = {}
        for number, references in self.links.items():
            for reference in references:
                accepted = self.is_note(reference)
                if accepted or reference.link.stated:
                    dropped.setdefault(number, set()).add(reference.number)
                if accepted and reference.note is not None:
                    self.take(reference, reference.note, notes, owner, dropped)
        for number, draft in enumerate(self.drafts):
            if draft.links:
                draft.text = settled(draft.text, draft.links, frozenset(dropped.get(number, ())))
            if draft.kind is BlockKind.FOOTNOTE:
                draft.text = _without_mark(draft.text, draft.marker)
        return self.in_order(notes, owner)

    def take(
        self,
        reference: _Reference,
        note: DraftRange,
        notes: dict[int, list[DraftRange]],
        owner: dict[int, int],
        dropped: dict[int, set[int]],
    ) -> None:
        mine = range(note.start, note.end)
        for number in mine:
            for back in self.links.get(number, ()):
                if back.note is not None and back.note.start <= reference.draft < back.note.end:
                    dropped.setdefault(number, set()).add(back.number)
        if any(number in owner for number in mine):
            return
        mark = reference.link.mark.strip("[](){}.: ")
        for number in mine:
            owner[number] = reference.draft
            draft = self.drafts[number]
            if draft.kind in _BECOMES_NOTE:
                draft.kind, draft.level, draft.marker = BlockKind.FOOTNOTE, 0, ""
            if draft.kind is BlockKind.FOOTNOTE:
                draft.marker = "" if reference.link.keep else mark
                mark = mark if not draft.text.strip("[]()\x02\x030123456789 ") else ""
        notes.setdefault(reference.draft, []).append(note)

    def in_order(self, notes: dict[int, list[DraftRange]], owner: dict[int, int]) -> Placed:
        order: list[int] = []
        emitted = [False] * len(self.drafts)

        def emit(first: int) -> Iterator[int]:
            waiting = [first]
            while waiting:
                number = waiting.pop()
                if not emitted[number]:
                    emitted[number] = True
                    yield number
                    following = [n for note in notes.get(number, ()) for n in range(note.start, note.end)]
                    waiting += reversed(following)

        for number in range(len(self.drafts)):
            if number not in owner:
                order += emit(number)
        # Notes that refer only to each other have no place of their own; they come last.
        for number in owner:
            order += emit(number)
        order = [number for number in order if self.drafts[number].text]
        where = {number: place for place, number in enumerate(order)}
        following = len(order)
        positions = [0] * len(self.drafts)
        for number in reversed(range(len(self.drafts))):
            if number not in owner and number in where:
                following = where[number]
            positions[number] = following
        ends = [*self.starts[1:], len(self.drafts)]
        by_page = tuple(
            (*positions[start:end], positions[end] if end < len(positions) else len(order))
            for start, end in zip(self.starts, ends, strict=True)
        )
        return Placed(tuple((self.page_of[number], self.drafts[number]) for number in order), by_page)


def _without_mark(text: str, mark: str) -> str:
    if not mark:
        return text
    return re.sub(rf"\A[\[(]?{re.escape(mark)}[\])]?[.:]?\s+(?=\S)", "", text)
