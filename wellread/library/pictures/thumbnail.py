"""Small pictures made of a title's files: a cover, a page of a PDF, a picture of an EPUB. Run it in `drawing_process`.

Every picture is decoded and encoded anew, so nothing of the file's bytes reaches a browser. All functions give None
for what is not there or may not be decoded.
"""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from wellread.formats.archive import Archive
from wellread.formats.epub.package import CONTAINER, Package, packages
from wellread.formats.markup.parse import children, local_name, parse_xhtml, resolved
from wellread.formats.pdf.page_image import page_image
from wellread.library.pictures.picture_sizes import FORMATS, MOST_PIXELS

COVER_WIDTH = 480  # pixels
PAGE_WIDTH = 1100
FIGURE_WIDTH = 1400
_TALLEST = 4  # times its width
_MOST_DOWN = 16_383  # pixels: no WebP is higher
_QUALITY = 82


def epub_cover(path: Path) -> bytes | None:
    """The picture that the package calls the cover, else the first one of the page that it calls so."""
    with Archive(path) as archive:
        opened = _package(archive)
        entry = archive.find(_cover_entry(opened, archive)) if opened else None
        return encoded(archive.read(entry), COVER_WIDTH) if entry else None


def epub_picture(path: Path, entry: str) -> bytes | None:
    """A picture of the archive."""
    with Archive(path) as archive:
        found = archive.find(entry)
        return encoded(archive.read(found), FIGURE_WIDTH) if found else None


def pdf_cover(path: Path) -> bytes | None:
    """The first page."""
    return _drawn(path, 1, COVER_WIDTH)


def pdf_page(path: Path, number: int) -> bytes | None:
    """A page, from 1."""
    return _drawn(path, number, PAGE_WIDTH)


def encoded(raw: bytes, width: int) -> bytes | None:
    """A picture as WebP, at most so many pixels wide and 16,383 high; of a moving one, its beginning."""
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            if not 0 < image.width * image.height <= MOST_PIXELS:
                return None
            image.draft("RGB", (width, width * _TALLEST))  # a JPEG is decoded no larger than it need be
            return _webp(image.convert("RGBA" if _is_transparent(image) else "RGB"), width)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _webp(image: Image.Image, width: int) -> bytes:
    scale = min(width / image.width, _MOST_DOWN / image.height)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    made = io.BytesIO()
    image.save(made, "WEBP", quality=_QUALITY, method=2)
    return made.getvalue()


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _drawn(path: Path, number: int, width: int) -> bytes | None:
    image = page_image(path, number, width=width, most_down=_MOST_DOWN)
    return _webp(image, width) if image else None


def _package(archive: Archive) -> Package | None:
    found = archive.find(CONTAINER) or next((n for n in archive if n.endswith(f"/{CONTAINER}")), None)
    return next(packages(archive, found.removesuffix(CONTAINER)), None) if found else None


def _cover_entry(opened: Package, archive: Archive) -> str:
    """The name of the cover's picture, "" without one."""
    items = opened.manifest
    for item in items.values():
        if "cover-image" in item.properties:
            return item.href
    named = _named_cover(opened)
    if named in items and items[named].media_type.startswith("image/"):
        return items[named].href
    pages = [
        resolved(opened.href, reference)[0] for kind, reference in opened.guide if kind.lower() == "cover"
    ]
    pages += [items[named].href] if named in items else []
    for page in filter(None, map(archive.find, pages)):
        picture = _first_picture(parse_xhtml(archive.read(page), page).root, page)
        if picture:
            return picture
    for identifier, item in items.items():
        if item.media_type.startswith("image/") and "cover" in identifier.lower():
            return item.href
    return ""


def _named_cover(opened: Package) -> str:
    """The id that `<meta name="cover">` of EPUB 2 has."""
    for element in children(opened.root, "metadata"):
        for meta in element.iter():
            if local_name(meta) == "meta" and (meta.get("name") or "").lower() == "cover":
                return (meta.get("content") or "").strip()
    return ""


def _first_picture(root: Any, page: str) -> str:
    for element in root.iter() if root is not None else ():
        if local_name(element) in ("img", "image"):
            source = element.get("src") or element.get("{http://www.w3.org/1999/xlink}href") or ""
            return resolved(page, source)[0]
    return ""
