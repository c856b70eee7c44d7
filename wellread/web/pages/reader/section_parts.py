"""A section that is too long to be shown at once, in parts: a book without headings is one section."""

from collections.abc import Sequence

from wellread.content import PlacedBlock

_LONGEST = 60_000  # code points of a part, if no block is longer


def section_parts(blocks: Sequence[PlacedBlock]) -> list[tuple[PlacedBlock, ...]]:
    """The blocks in runs of about that length; one, perhaps empty, for most sections."""
    found: list[tuple[PlacedBlock, ...]] = []
    first = 0
    for i, placed in enumerate(blocks):
        if i > first and placed.end - blocks[first].start > _LONGEST:
            found.append(tuple(blocks[first:i]))
            first = i
    return [*found, tuple(blocks[first:])]


def part_at(parts: Sequence[Sequence[PlacedBlock]], offset: int) -> int:
    """Which part the code point at `offset` of the section is in; the last that begins before it."""
    return max((i for i, part in enumerate(parts) if part and part[0].start <= offset), default=0)
