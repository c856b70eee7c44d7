"""Pages of a PDF as they look."""

from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

Size = tuple[float, float]
_MOST_PIXELS = 4_000_000  # of a page that is drawn


def page_sizes(path: Path) -> list[Size]:
    """Width and height of every page in points, as it is shown (that is, turned)."""
    with closing(pdfium.PdfDocument(path)) as document:
        return [document.get_page_size(index) for index in range(len(document))]


def page_image(path: Path, number: int, *, width: int, most_down: int) -> Image.Image | None:
    """A page, from 1, so many pixels wide unless it would have too many, and at most `most_down` high; None when there
    is no such page."""
    with closing(pdfium.PdfDocument(path)) as document:
        if not 0 < number <= len(document):
            return None
        across, down = document.get_page_size(number - 1)
        if across <= 0 or down <= 0:
            return None
        scale = min(width / across, (_MOST_PIXELS / (across * down)) ** 0.5, most_down / down)
        with closing(document[number - 1]) as page, closing(page.render(scale=scale)) as bitmap:
            image: Image.Image = bitmap.to_pil()
            return image.convert("RGB")
