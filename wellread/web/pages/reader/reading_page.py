"""`/read/ANCHOR` and `/library/ID/read`, `…/sections/ID`, `…/find`: the reader.

Each is a page by itself and, with `?part=reader`, the article alone, for a pane beside an answer. Programs get the
place that an anchor opens as text.
"""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from wellread.content import Product, Section
from wellread.library.open_anchor import OpenedPlace
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.web.pages.book_language import language_tag, text_direction
from wellread.web.pages.page import Page, PagePart, wants_page
from wellread.web.pages.reader.answer_citations import AnswerCitations, answer_citations, beside
from wellread.web.pages.reader.reading_search import search_title
from wellread.web.pages.reader.reading_text import reading_text
from wellread.web.pages.reader.reading_view import section_address
from wellread.web.pages.reader.section_view import OpenedSection, first_section, talk_chapter
from wellread.web.pages.translations import translations

router = APIRouter(tags=["reading"])
ReaderPart = Literal["", "reader"]
RunPart = Annotated[str, Query(max_length=80, description="The run whose citations lead on from here.")]
CitationPart = Annotated[int, Query(ge=0, le=100_000, description="Which of them this is, from 0.")]


@router.get(
    "/read/{anchor:path}",
    summary="Read a place",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {}, "text/html": {}}}},
)
async def read(
    anchor: str,
    request: Request,
    caller: CallerPart,
    library: LibraryPart,
    page: PagePart,
    part: Annotated[
        Literal["", "reader", "card"], Query(description="Of the page, the article or a small card alone.")
    ] = "",
    run: RunPart = "",
    citation: CitationPart = 0,
) -> Response:
    """The place with its quote between « and », as `wellread read` prints it; for browsers the page to read on."""
    place = await library.read(anchor)
    if part == "card":
        return page.html("card.html", place=place, **_language(place.product))
    if not part and not wants_page(request):
        return PlainTextResponse(reading_text(place), headers={"Cache-Control": "no-store", "Vary": "Accept"})
    citations = await _citations(library, caller, run, citation)
    is_cited = citations is not None and citations.is_at(anchor)
    return await _reader(
        page, library, place.product, place.section, part, place=place, citations=citations, is_cited=is_cited
    )


@router.get("/library/{product_id}/read", include_in_schema=False)
async def read_title(
    product_id: str,
    caller: CallerPart,
    library: LibraryPart,
    page: PagePart,
    part: ReaderPart = "",
    run: RunPart = "",
    citation: CitationPart = 0,
) -> Response:
    """The first section of the body. Where the reader left off is known to the browser, whose script goes there."""
    product = await library.product(product_id)
    section = await asyncio.to_thread(first_section, library, product)
    citations = await _citations(library, caller, run, citation)
    return await _reader(
        page, library, product, section, part, citations=citations, goes_on=citations is None
    )


@router.get("/library/{product_id}/sections/{section_id}", include_in_schema=False)
async def read_section(
    product_id: str,
    section_id: str,
    caller: CallerPart,
    library: LibraryPart,
    page: PagePart,
    part: Annotated[Literal["", "reader", "chapter"], Query(description="For the reader's script.")] = "",
    start: Annotated[int, Query(alias="from", ge=0, le=1_000_000_000)] = 0,
    run: RunPart = "",
    citation: CitationPart = 0,
) -> Response:
    """A section of any edition; of a long one, the part with what begins at the code point `from`."""
    product = await library.product(product_id)
    section = await asyncio.to_thread(library.titles.section, product_id, section_id)
    citations = await _citations(library, caller, run, citation)
    if part == "chapter":
        chapter = await asyncio.to_thread(talk_chapter, product_id, section)
        return page.html(
            "reader_cues.html", chapter=chapter, citations=citations, beside=beside, **_language(product)
        )
    return await _reader(page, library, product, section, part, start=start, citations=citations)


@router.get("/library/{product_id}/find", include_in_schema=False)
async def find_in_title(
    product_id: str,
    caller: CallerPart,
    library: LibraryPart,
    page: PagePart,
    q: Annotated[str, Query(max_length=500)] = "",
    part: ReaderPart = "",
    run: RunPart = "",
    citation: CitationPart = 0,
) -> HTMLResponse:
    """Where in a title some words stand, and which places are about them."""
    product = await library.product(product_id)
    found = await search_title(library, product_id, q)
    template = "reader_found_article.html" if part else "reader_found.html"
    return page.html(
        template,
        product=product,
        found=found,
        top=2 if part else 1,
        part=part,
        citations=await _citations(library, caller, run, citation),
        is_cited=False,
        beside=beside,
        **_language(product),
    )


async def _citations(
    library: LibraryPart, caller: CallerPart, run: str, citation: int
) -> AnswerCitations | None:
    if not run:
        return None
    return await asyncio.to_thread(answer_citations, library, run, caller.account_id, citation)


async def _reader(
    page: Page,
    library: LibraryPart,
    product: Product,
    section: Section,
    part: str,
    *,
    place: OpenedPlace | None = None,
    start: int = 0,
    citations: AnswerCitations | None = None,
    is_cited: bool = False,
    goes_on: bool = False,
) -> HTMLResponse:
    pictures = library.pictures
    sizes = await pictures.sizes(product)
    words = translations(page.language).gettext("Page {page}")
    top = 2 if part else 1
    opened = OpenedSection(library, pictures, product, section, place, start, sizes, words, top)
    reader = await asyncio.to_thread(opened.view)
    return page.html(
        "reader_article.html" if part else "reader.html",
        reader=reader,
        product=product,
        citations=citations,
        is_cited=is_cited,
        beside=beside,
        goes_on=goes_on,
        part=part,
        top=top,
        section_address=section_address,
    )


def _language(product: Product) -> dict[str, Any]:
    language = product.metadata.language
    return {"book_language": language_tag(language), "book_direction": text_direction(language)}
