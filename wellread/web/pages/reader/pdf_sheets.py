"""The pages of a PDF that a section is on: the text of each, and its picture with the quoted lines marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote as escaped

from markupsafe import Markup

from wellread.content import Block, PageBox, PdfOrigin, PlacedBlock
from wellread.web.pages.reader.page_boxes import boxes
from wellread.web.pages.reader.section_html import MarkedRange, SectionHtml


@dataclass(frozen=True, slots=True)
class PdfSheet:
    """A page: what begins on it, and where its picture is; `address` is "" when it cannot be drawn."""

    number: int
    label: str
    text: Markup
    address: str
    width: float  # points
    height: float
    boxes: tuple[PageBox, ...]


def is_paged(blocks: Sequence[PlacedBlock]) -> bool:
    return any(isinstance(one.block.origin, PdfOrigin) for one in blocks)


def sheets(
    product_id: str,
    runs: Iterable[tuple[SectionHtml, Sequence[PlacedBlock]]],
    quoted: Sequence[PlacedBlock],
    quote: MarkedRange | None,
    sizes: Sequence[tuple[float, float]],
    opening: Block | None,
) -> list[PdfSheet]:
    """The pages of runs of blocks, each made into HTML by its own maker, in order.

    `quoted` are the blocks that the quote may touch, `sizes` those of the file's pages in points (none: no pictures),
    `opening` a block whose page is shown even if nothing else stands on it.
    """
    pages: dict[int, tuple[str, list[Markup]]] = {}
    if opening is not None and isinstance(opening.origin, PdfOrigin):
        pages[opening.origin.page] = (opening.origin.label, [])
    for maker, blocks in runs:
        for number, label, group in _by_page(blocks):
            pages.setdefault(number, (label, []))[1].append(maker.blocks(group))
    marks = boxes(quoted, quote) if quote else []
    for box in marks:
        pages.setdefault(box.page, (str(box.page), []))
    made = []
    for number, (label, texts) in sorted(pages.items()):
        width, height = sizes[number - 1] if number <= len(sizes) else (0.0, 0.0)
        address = f"/library/{escaped(product_id)}/pages/{number}.webp" if width > 0 and height > 0 else ""
        on_it = tuple(box for box in marks if box.page == number)
        made.append(PdfSheet(number, label, Markup("\n").join(texts), address, width, height, on_it))
    return made


def _by_page(blocks: Sequence[PlacedBlock]) -> list[tuple[int, str, list[PlacedBlock]]]:
    """Runs of blocks that begin on the same page, with its number and label."""
    runs: list[tuple[int, str, list[PlacedBlock]]] = []
    for one in blocks:
        origin = one.block.origin
        if isinstance(origin, PdfOrigin) and (not runs or runs[-1][0] != origin.page):
            runs.append((origin.page, origin.label, [one]))
        elif runs:
            runs[-1][2].append(one)
    return runs
