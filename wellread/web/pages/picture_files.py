"""`/library/ID/cover`, `…/pages/N.webp`, `…/pictures/NAME`: the pictures of titles."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from wellread.errors import NotFoundError
from wellread.library.pictures.covers import drawn_cover, neutral_cover
from wellread.library.pictures.picture_sizes import DRAWINGS
from wellread.library.pictures.pictures import Picture, Pictures
from wellread.web.http.callers import current_caller
from wellread.web.http.dependencies import LibraryPart
from wellread.web.http.state import server_of
from wellread.web.http.tagged import tagged

router = APIRouter(include_in_schema=False, dependencies=[Depends(current_caller)])
_WEBP = "image/webp"
_SVG = "image/svg+xml"
# An SVG that is opened by itself is a document: in a sandbox, with nothing that it may load.
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

Tags = Annotated[str, Header(alias="if-none-match", max_length=1000)]


def _pictures(request: Request) -> Pictures:
    return server_of(request).library.pictures


PicturesPart = Annotated[Pictures, Depends(_pictures)]


@router.get("/library/{product_id}/cover")
async def get_cover(
    product_id: str, request: Request, library: LibraryPart, pictures: PicturesPart, tags: Tags = ""
) -> Response:
    """The cover that a title brings, else one that is drawn of its words; of what is not there, one without words,
    because answers keep sources whose titles were removed."""
    try:
        product = await library.product(product_id)
    except NotFoundError:
        return _drawn(neutral_cover().encode(), tags)
    cover = await pictures.cover(product, is_gone=request.is_disconnected)
    if cover is not None:
        return _shown(cover, tags)
    return _drawn(drawn_cover(product).encode(), tags)


@router.get("/library/{product_id}/pages/{number}.webp")
async def get_page(
    product_id: str,
    number: Annotated[int, Path(ge=1, le=1_000_000)],
    request: Request,
    library: LibraryPart,
    pictures: PicturesPart,
    tags: Tags = "",
) -> Response:
    """A page of a PDF."""
    product = await library.product(product_id)
    return _shown(await pictures.page(product, number, is_gone=request.is_disconnected), tags)


@router.get("/library/{product_id}/pictures/{entry:path}")
async def get_picture(
    product_id: str,
    entry: Annotated[str, Path(max_length=2000)],
    request: Request,
    library: LibraryPart,
    pictures: PicturesPart,
    tags: Tags = "",
) -> Response:
    """A picture of an EPUB."""
    product = await library.product(product_id)
    if entry.lower().endswith(DRAWINGS):
        drawn = await pictures.drawing(product, entry)
        return _drawn(drawn, tags) if drawn else _shown(None, tags)
    return _shown(await pictures.figure(product, entry, is_gone=request.is_disconnected), tags)


def _drawn(data: bytes, tags: str) -> Response:
    tag = hashlib.sha256(data).hexdigest()[:24]
    return tagged(data, _SVG, tag, tags, **{"Content-Security-Policy": _SANDBOX})


def _shown(picture: Picture | None, tags: str) -> Response:
    if picture is None:
        raise NotFoundError("There is no such picture.", hint="Read on without it.")
    return tagged(picture.data, _WEBP, picture.tag, tags)
