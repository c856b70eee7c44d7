"""What is drawn on a page beside its text: without that, text that is white or not drawn at all cannot be seen.

Text recognition puts its words, not drawn, over the picture of a page, and headings stand in white on a coloured box;
so text of either kind is the page's wherever something coloured lies under it.
"""

import ctypes
from collections.abc import Iterator
from functools import cached_property

import pypdfium2 as pdfium
import pypdfium2.raw as c

_WHITE = 250  # of 255 in each colour, from which nothing is seen on paper
_PAINTS = (c.FPDF_PAGEOBJ_IMAGE, c.FPDF_PAGEOBJ_PATH, c.FPDF_PAGEOBJ_SHADING, c.FPDF_PAGEOBJ_FORM)

Box = tuple[float, float, float, float]  # left, bottom, right, top in user space


class PaintedGround:
    """The pictures and coloured shapes of an open page; looked for when they are first asked for."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page

    def lies_under(self, box: Box) -> bool:
        """Whether something is painted where a box is."""
        left, bottom, right, top = box
        return any(x0 < right and left < x1 and y0 < top and bottom < y1 for x0, y0, x1, y1 in self._painted)

    @cached_property
    def _painted(self) -> list[Box]:
        return list(self._found())

    def _found(self) -> Iterator[Box]:
        for thing in self._page.get_objects(filter=list(_PAINTS), max_depth=1):
            if thing.type == c.FPDF_PAGEOBJ_PATH and _is_white(_pointer(thing.raw)):
                continue
            try:
                yield thing.get_bounds()
            except pdfium.PdfiumError:
                continue  # it has no extent


def is_unseen(text_object: int) -> bool:
    """Whether a text object, by its address, is white, wholly transparent or not drawn at all."""
    thing = ctypes.cast(text_object, c.FPDF_PAGEOBJECT)
    mode = c.FPDFTextObj_GetTextRenderMode(thing)
    if mode in (c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP):
        return True
    return bool(mode == c.FPDF_TEXTRENDERMODE_FILL) and _is_white(thing)


def _pointer(thing: object) -> object:
    return ctypes.cast(thing, c.FPDF_PAGEOBJECT)  # type: ignore[arg-type]  # a pointer of another type


def _is_white(thing: object) -> bool:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not c.FPDFPageObj_GetFillColor(thing, red, green, blue, alpha):
        return False
    return alpha.value == 0 or min(red.value, green.value, blue.value) >= _WHITE
