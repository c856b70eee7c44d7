"""One table of contents for many pages: the index's list, and below each line what its page lists in its
turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wellread.formats.markup.navigation import Reference

_MAX_DEPTH = 12

_Place = tuple[str, str]


@dataclass(slots=True)
class _Line:
    reference: Reference
    below: list["_Line"] = field(default_factory=list)

    @property
    def place(self) -> _Place:
        return self.reference.href, self.reference.fragment


def table_of_contents(listed: Mapping[str, Sequence[Reference]], index: str) -> list[Reference]:
    """The lines of a whole site in reading order; `listed` gives for each page the list of contents on it.

    A line stands once, where the index has it if it has it.
    """
    return _Sitemap(listed, index).lines()


def reading_order(
    pages: Sequence[str], lines: Sequence[Reference], following: Mapping[str, str], index: str
) -> tuple[list[str], list[str]]:
    """The pages as the table of contents lists them, each with those that say to follow it; then the
    remaining ones.

    `following` gives the page that a page calls its next.
    """
    known = set(pages)
    named = dict.fromkeys(name for name in (index, *(line.href for line in lines)) if name in known)
    order: dict[str, None] = {}
    for start in named:
        name = start
        while name in known and name not in order and (name == start or name not in named):
            order[name] = None
            name = following.get(name, "")
    return list(order), [name for name in pages if name not in order]


class _Sitemap:
    def __init__(self, listed: Mapping[str, Sequence[Reference]], index: str) -> None:
        self.listed = listed
        self.expanded = {index}
        self.top = _tree(listed.get(index, ()))
        self.at_top = {(line.href, line.fragment) for line in listed.get(index, ())}
        self.seen: set[_Place] = {(index, "")}

    def lines(self) -> list[Reference]:
        found: list[Reference] = []
        stack = [(iter(self.top), 0)]
        while stack:
            lines, depth = stack[-1]
            line = next(lines, None)
            if line is None:
                stack.pop()
                continue
            href = line.reference.href
            if href and (line.place in self.seen or href not in self.listed):
                continue
            self.seen.add(line.place)
            found.append(replace(line.reference, depth=depth))
            stack.append((iter(self.below(line)), min(depth + 1, _MAX_DEPTH)))
        return found

    def below(self, line: _Line) -> list[_Line]:
        href, fragment = line.place
        if not href or fragment or href in self.expanded:
            return line.below
        self.expanded.add(href)
        own = [one for one in _tree(self.listed[href]) if one.reference.href]
        return self.merged(line.below, own)

    def merged(self, above: list[_Line], own: list[_Line]) -> list[_Line]:
        """What the table above says of a page and what the page itself says, in the order of the fuller
        one."""
        by_place = {line.place: line for line in above}
        wanted = [one for one in own if one.place in by_place or one.place not in self.at_top]
        for one in wanted:
            if known := by_place.pop(one.place, None):
                one.reference = known.reference
                one.below = self.merged(known.below, one.below)
        return [*wanted, *by_place.values()] if len(by_place) < len(above) or not above else [*above, *wanted]


def _tree(references: Sequence[Reference]) -> list[_Line]:
    top: list[_Line] = []
    chain: list[_Line] = []
    for reference in references:
        line = _Line(reference)
        while chain and chain[-1].reference.depth >= reference.depth:
            chain.pop()
        (chain[-1].below if chain else top).append(line)
        chain.append(line)
    return top
