"""A section as the row that it is stored in: its blocks compressed, each by its range of the section's text."""

import json
import zlib
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter

from wellread.content import Block, BlockKind, BlockLink, Origin, PlacedBlock, Section, SectionRole

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
_LINKS = TypeAdapter(list[tuple[BlockLink, ...]])
_JSON = json.JSONDecoder()
_FIRST_BLOCK = 2000  # bytes, in which that of a transcript mostly ends
_BETWEEN = b"\n"  # the blocks of a section and, where it has any, their links: JSON of Pydantic is one line


def section_row(section: Section) -> dict[str, object]:
    return {
        "ordinal": section.ordinal,
        "title": section.title,
        "path": list(section.path),
        "role": section.role.value,
        "text": section.text,
        "blocks": zlib.compress(_packed(section), 3),
    }


def _packed(section: Section) -> bytes:
    blocks = _BLOCKS.dump_json([_BLOCK(placed) for placed in section.blocks])
    links = [placed.block.links for placed in section.blocks]
    return _BETWEEN.join([blocks, _LINKS.dump_json(links)]) if any(links) else blocks


def start_of(blocks: bytes) -> int | None:
    """When the first cue among the blocks of a section is said, in milliseconds; None for a section without any. Of a
    transcript, whose first block is a cue, no more is unpacked than that."""
    beginning = zlib.decompressobj().decompress(blocks, _FIRST_BLOCK)
    try:
        first, _ = _JSON.raw_decode(beginning.decode("utf-8", "replace"), 1)
    except json.JSONDecodeError:  # it is a longer one, or there is none
        first = None
    if first is None or "start_ms" not in first[3]:
        listed, _, _ = zlib.decompress(blocks).partition(_BETWEEN)
        first = next((values for values in json.loads(listed) if "start_ms" in values[3]), None)
    return int(first[3]["start_ms"]) if first is not None else None


def section_of(row: Any, text: str = "", blocks: bytes = b"") -> Section:
    """The section of a row; without `blocks` and `text`, what a table of contents wants of it."""
    placed = []
    if blocks:
        listed, _, linked = zlib.decompress(blocks).partition(_BETWEEN)
        links = _LINKS.validate_json(linked) if linked else []
        for values, leading in zip(_BLOCKS.validate_json(listed), chain(links, repeat(())), strict=False):
            kind, start, end, origin, level, language, page, marker = values
            block = Block(kind, text[start:end], origin, level, language, page, marker, leading)
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
