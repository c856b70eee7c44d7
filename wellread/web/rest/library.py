"""`/api/v1/library` and `/api/v1/anchors`: what the library holds, down to the place that an anchor opens."""

import asyncio
import hashlib
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response, status
from fastapi.responses import FileResponse

from wellread.content import ProductKind
from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.store.catalog.product_query import Listing
from wellread.store.imports.file_names import file_name
from wellread.web.http.callers import check_admin, current_caller
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.web.http.tagged import tagged
from wellread.wire.library import (
    BlockView,
    Facets,
    FileView,
    PlaceView,
    ProductDetails,
    ProductList,
    ProductView,
    SectionEntry,
    SectionView,
)

router = APIRouter(prefix="/api/v1", tags=["library"], dependencies=[Depends(current_caller)])
# What a browser may show by itself. All else is saved as bytes: HTML and SVG of a stranger could run here.
_MEDIA_TYPES = {
    ".epub": "application/epub+zip",
    ".pdf": "application/pdf",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
}


@router.get("/library", summary="List the library")
async def list_library(
    library: LibraryPart,
    query: Annotated[
        str, Query(max_length=500, description="Words, or parts of words, of title, author or series.")
    ] = "",
    collection: Annotated[str, Query(max_length=200)] = "",
    kind: ProductKind | None = None,
    author: Annotated[str, Query(max_length=200)] = "",
    topic: Annotated[str, Query(max_length=200)] = "",
    facets: Annotated[bool, Query(description="Also count what it can be narrowed by.")] = False,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ProductList:
    """By title, those first that have the words of the query as they are; a misspelt one gives the
    nearest titles."""
    listing = Listing(query, collection, kind, author, topic)
    total, products = await asyncio.to_thread(
        lambda: library.titles.page(listing, offset=offset, limit=limit)
    )
    counts = await asyncio.to_thread(library.titles.facets, listing) if facets else None
    return ProductList(
        total=total,
        offset=offset,
        products=[ProductView.of_product(product) for product in products],
        facets=None if counts is None else Facets.model_validate(counts, from_attributes=True),
    )


@router.get("/library/{product_id}", response_model=ProductDetails, responses={304: {}}, summary="A product")
async def get_product(
    product_id: str, library: LibraryPart, if_none_match: Annotated[str, Header(max_length=1000)] = ""
) -> Response:
    """What is known about it, and the files that it was read from."""
    body = (await asyncio.to_thread(_details, library, product_id)).model_dump_json().encode()
    return tagged(body, "application/json", hashlib.sha256(body).hexdigest()[:32], if_none_match)


@router.delete("/library/{product_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Remove a product")
async def remove_product(product_id: str, caller: CallerPart, library: LibraryPart) -> None:
    """With its files and passages. Only an admin may; it waits while something is being added."""
    await library.product(product_id)
    check_admin(caller, "remove titles")
    await library.remove(product_id)


@router.get("/library/{product_id}/contents", summary="The table of contents")
async def get_contents(product_id: str, library: LibraryPart) -> list[SectionEntry]:
    """Its sections in reading order."""
    return [SectionEntry.of(section) for section in await library.contents(product_id)]


@router.get("/library/{product_id}/sections/{section_id}", summary="A section")
async def get_section(product_id: str, section_id: str, library: LibraryPart) -> SectionView:
    """Its text and blocks. A section of an earlier edition opens too; it has none before or after it."""
    return await asyncio.to_thread(_section, library, product_id, section_id)


@router.get(
    "/library/{product_id}/files/{role}",
    response_class=FileResponse,
    responses={206: {}},
    summary="A source file",
)
async def get_file(product_id: str, role: str, library: LibraryPart) -> FileResponse:
    """The bytes that a product was read from, in full or a `Range` of them."""
    await library.product(product_id)
    files = await asyncio.to_thread(library.titles.files, product_id)
    for its_role, file in files:
        path = library.titles.path(file)
        if its_role == role and await asyncio.to_thread(path.is_file):
            name = file_name(file.name)
            return FileResponse(
                path,
                media_type=_MEDIA_TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream"),
                filename=name,
                headers={"ETag": f'"{file.sha256}"'},
            )
    roles = ", ".join(sorted(its_role for its_role, _ in files))
    raise NotFoundError(f"{product_id!r} has no file {role!r} here.", hint=f"It has {roles}.")


@router.get("/anchors/{anchor:path}", summary="Open an anchor")
async def open_anchor(
    anchor: str,
    library: LibraryPart,
    around: Annotated[int, Query(ge=0, le=50, description="Blocks before and after the quote.")] = 2,
) -> PlaceView:
    """The place that an anchor names, its quote found again where the title has changed since."""
    return (await library.read(anchor)).view(around)


def _details(library: Wellread, product_id: str) -> ProductDetails:
    titles = library.titles
    product = titles.product(product_id)
    return ProductDetails(
        **ProductView.of_product(product).model_dump(),
        warnings=titles.warnings(product),
        files=[
            FileView(role=role, name=file.name, size=file.size) for role, file in titles.files(product_id)
        ],
        edited=titles.edited(product),
    )


def _section(library: Wellread, product_id: str, section_id: str) -> SectionView:
    titles = library.titles
    titles.product(product_id)
    section = titles.section(product_id, section_id)
    ids = [other.section_id for other in titles.contents(product_id)]
    place = ids.index(section.section_id) if section.section_id in ids else None
    return SectionView(
        **SectionEntry.of(section).model_dump(),
        product_id=product_id,
        text=section.text,
        blocks=[BlockView.of_block(placed) for placed in section.blocks],
        previous=ids[place - 1] if place else None,
        next=ids[place + 1] if place is not None and place + 1 < len(ids) else None,
    )
