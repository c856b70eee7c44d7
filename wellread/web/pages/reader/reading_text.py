"""The place that a citation opens, as text for programs."""

from wellread.content import BlockKind, PlacedBlock, PlaceState
from wellread.library.open_anchor import OpenedPlace
from wellread.library.scope import describe

_AROUND = 1  # blocks before and after the quote
_NOTES: dict[PlaceState, str] = {
    "moved": "This title was added anew since; the same words are now here.",
    "changed": "This title was changed since; these words are the nearest to those quoted.",
    "superseded": "This title was changed since and no longer has these words; this is the earlier text.",
}


def reading_text(place: OpenedPlace) -> str:
    """The place with its quote between « and »."""
    label = f", {place.label}" if place.label else ""
    head = f"{describe(place.product.title, ' › '.join(place.section.path))}{label}"
    note = _NOTES.get(place.state)
    blocks = (_block(placed, place) for placed in place.around(_AROUND, _AROUND))
    return "\n\n".join(filter(None, (head, note, *blocks))) + "\n"


def _block(placed: PlacedBlock, place: OpenedPlace) -> str:
    block = placed.block
    text = block.text
    start = max(0, place.anchor.start - placed.start)
    end = min(len(text), place.anchor.end - placed.start)
    if placed in place.blocks and start < end:
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    if block.kind is BlockKind.LIST_ITEM:
        return "  " * (block.level - 1) + f"{block.marker or '•'} {text}"
    return text
