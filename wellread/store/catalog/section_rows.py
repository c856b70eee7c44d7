"""A section as the row that it is stored in: its blocks compressed, each by its range of the section's text."""

import zlib
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter

from wellread.content import Block, BlockKind, Origin, PlacedBlock, Section, SectionRole

_BLOCK = attrgetter(
    "block.kind",
    "start",
    "end",
    "block.origin",
    "block.level",
    "block.language",
    "block.page",
    "block.marker",
)
_BLOCKS = TypeAdapter(list[tuple[BlockKind, int, int, Origin, int, str, str, str]])


def section_row(section: Section) -> dict[str, object]:
    return {
        "ordinal": section.ordinal,
        "title": section.title,
        "path": list(section.path),
        "role": section.role.value,
        "text": section.text,
        "blocks": zlib.compress(_BLOCKS.dump_json([_BLOCK(placed) for placed in section.blocks]), 3),
    }


def section_of(row: Any, text: str = "", blocks: bytes = b"") -> Section:
    """The section of a row; without `blocks` and `text`, what a table of contents wants of it."""
    placed = []
    if blocks:
        for kind, start, end, origin, level, language, page, marker in _BLOCKS.validate_json(
            zlib.decompress(blocks)
        ):
            block = Block(kind, text[start:end], origin, level, language, page, marker)
            placed.append(PlacedBlock(block, start, end))
    return Section(
        section_id=f"{row.edition_id}-{row.ordinal}",
        ordinal=row.ordinal,
        title=row.title,
        path=tuple(row.path),
        role=SectionRole(row.role),
        text=text,
        blocks=tuple(placed),
    )
