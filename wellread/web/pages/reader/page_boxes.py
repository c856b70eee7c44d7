"""Which lines of a PDF's pages hold quoted words, as rectangles to draw over their pictures."""

from collections.abc import Iterator, Sequence

from wellread.content import PageBox, PdfOrigin, PlacedBlock
from wellread.web.pages.reader.section_html import MarkedRange

_MARGIN = 1.5  # points around a line


def boxes(placed: Sequence[PlacedBlock], quote: MarkedRange) -> list[PageBox]:
    """The lines of the blocks that the quote touches. Of a block that is quoted in part, the lines are told by their
    widths: the file does not say which characters each one has."""
    found: list[PageBox] = []
    for one in placed:
        start, end = max(quote.start, one.start), min(quote.end, one.end)
        if start < end and isinstance(one.block.origin, PdfOrigin):
            length = one.end - one.start
            found += _lines(one.block.origin.boxes, (start - one.start) / length, (end - one.start) / length)
    return found


def _lines(lines: Sequence[PageBox], first: float, last: float) -> Iterator[PageBox]:
    """Those between two shares of the text, with a little room around them."""
    total = sum(line.x1 - line.x0 for line in lines) or 1.0
    passed = 0.0
    for line in lines:
        begins, passed = passed / total, passed + line.x1 - line.x0
        if begins < last and passed / total > first:
            yield PageBox(
                line.page, line.x0 - _MARGIN, line.y0 - _MARGIN, line.x1 + _MARGIN, line.y1 + _MARGIN
            )
