"""`/library/{product_id}`: a title with what is known about it, its contents and what was asked of it."""

import asyncio
from typing import Any

from babel import Locale, UnknownLocaleError
from fastapi import APIRouter, Response

from wellread.content import Product, ProductKind, TimeOrigin
from wellread.engine import Wellread
from wellread.store.runs.questions_about import LOOKED_AT
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.web.pages.book_language import language_tag, text_direction
from wellread.web.pages.contents_page import ContentsList
from wellread.web.pages.dates import clock_for
from wellread.web.pages.page import PagePart

router = APIRouter(include_in_schema=False)
_OPEN_UP_TO = 60  # sections that are shown without being asked for
_QUESTIONS = 8


@router.get("/library/{product_id}")
async def product(product_id: str, page: PagePart, caller: CallerPart, library: LibraryPart) -> Response:
    """404 for a title that is not there."""
    values = await asyncio.to_thread(_values, library, product_id, caller.account_id)
    language = _language_name(values["lang"], page.language)
    return page.html(
        "product.html", language_name=language, clock=clock_for(page.request, page.language), **values
    )


def _language_name(tag: str, language: str) -> str:
    """What a language is called in the reader's; the tag itself, where that is not known."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(language) or tag
    except (ValueError, UnknownLocaleError):
        return tag


def _seconds(library: Wellread, product: Product) -> float:
    """Until when something is said in a recording, as its last section tells; 0 for a book."""
    product_id = product.product_id
    outline = library.titles.outline(product_id) if product.kind is not ProductKind.BOOK else ()
    if not outline:
        return 0
    origins = (
        placed.block.origin for placed in library.titles.section(product_id, outline[-1].section_id).blocks
    )
    return max((origin.end_ms for origin in origins if isinstance(origin, TimeOrigin)), default=0) / 1000


def _values(library: Wellread, product_id: str, caller: str) -> dict[str, Any]:
    titles = library.titles
    product = titles.product(product_id)
    metadata = product.metadata
    contents = ContentsList.of(library, product_id)
    editions = titles.editions(product_id)
    return {
        "product": product,
        "metadata": metadata,
        "identifiers": [
            identifier.removeprefix("urn:")
            for identifier in metadata.identifiers
            if not identifier.startswith("urn:uuid:")  # which says nothing to anybody
        ],
        "edited": titles.edited(product),
        "lang": language_tag(metadata.language),
        "dir": text_direction(metadata.language),
        "contents": contents,
        "seconds": _seconds(library, product),
        "is_open_contents": contents.total <= _OPEN_UP_TO,
        "edition": editions[0],
        "earlier": editions[1:],
        "missing": {role for role, file in editions[0].files if not titles.path(file).is_file()},
        "questions": titles.questions(product_id, caller, limit=_QUESTIONS),
        "looked_at": LOOKED_AT,
    }
