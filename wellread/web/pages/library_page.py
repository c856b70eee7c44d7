"""`/library`: the titles as covers or as a list, searched and narrowed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from wellread.content import Product, ProductKind
from wellread.store.catalog.facets import FACETS, Facet, FacetValue
from wellread.store.catalog.product_query import Listing
from wellread.web.http.dependencies import LibraryPart
from wellread.web.pages.book_language import language_tag, text_direction
from wellread.web.pages.page import PagePart

router = APIRouter(include_in_schema=False)
SHELF_COOKIE = "wellread_shelf"
Shelf = Literal["covers", "list"]
Part = Literal["", "found", "shelf", "facets", "more"]
_TEMPLATES: dict[Part, str] = {
    "": "library.html",
    "found": "library_found.html",
    "shelf": "library_shelf.html",  # what is found by the letters that are typed so far
    "facets": "library_facets.html",  # what that can be narrowed by, when typing rests
    "more": "library_cards.html",
}
_AT_ONCE = 48  # titles: whole rows of 2, 3, 4, 6 and 8
_VALUES = 12  # of a facet that are offered
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """Addresses of a listing, as it is and with one thing changed."""

    listing: Listing

    def address(self, **changes: str | int) -> str:
        chosen = {str(facet): value for facet, value in self.listing.chosen.items()}
        values: dict[str, str | int] = {"query": self.listing.query, **chosen, **changes}
        kept = urlencode({name: value for name, value in values.items() if value})
        return f"/library?{kept}" if kept else "/library"

    def with_value(self, facet: Facet, value: str) -> str:
        return self.address(**{facet: value})

    def without(self, facet: Facet) -> str:
        return self.address(**{facet: ""})


@dataclass(frozen=True, slots=True)
class Card:
    """A title as it stands on the shelf."""

    product: Product

    @property
    def year(self) -> str:
        return self.product.metadata.date[:4]

    @property
    def lang(self) -> str:
        return language_tag(self.product.metadata.language)

    @property
    def dir(self) -> str:
        return text_direction(self.product.metadata.language)


@router.get("/library")
async def library(
    page: PagePart,
    library: LibraryPart,
    query: Annotated[str, Query(max_length=500)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    topic: Annotated[str, Query(max_length=200)] = "",
    author: Annotated[str, Query(max_length=200)] = "",
    collection: Annotated[str, Query(max_length=200)] = "",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    shelf: Annotated[Literal["", "covers", "list"], Query()] = "",
    part: Annotated[Part, Query(description="For the script of the page.")] = "",
) -> Response:
    """What is found from `offset` on; a kind that is none narrows nothing."""
    listing = Listing(query.strip(), collection, _kind(kind), author, topic)
    is_empty = not await asyncio.to_thread(library.titles.count)
    if is_empty and not part:
        return page.html("library_empty.html")

    def found() -> tuple[int, list[Product], Mapping[Facet, list[FacetValue]]]:
        limit = 0 if part == "facets" else _AT_ONCE
        total, products = library.titles.page(listing, offset=offset, limit=limit)
        counts = library.titles.facets(listing, limit=_VALUES) if part not in ("shelf", "more") else {}
        return total, products, counts

    total, products, counts = await asyncio.to_thread(found)
    shown, until = Shown(listing), offset + len(products)
    response = page.html(
        _TEMPLATES[part],
        listing=listing,
        shown=shown,
        total=total,
        offset=offset,
        cards=[Card(product) for product in products],
        facets=[(facet, _offered(listing, facet, counts[facet], total)) for facet in FACETS if counts],
        shelf=shelf or _shelf(page.request.cookies.get(SHELF_COOKIE, "")),
        further=shown.address(offset=until) if until < total and products else "",
        left=total - until,
    )
    if shelf:
        response.set_cookie(SHELF_COOKIE, shelf, max_age=_YEAR, samesite="lax")
    return response


def _offered(listing: Listing, facet: Facet, values: list[FacetValue], total: int) -> list[FacetValue]:
    """What is worth a choice: values that all titles have would narrow nothing."""
    worth = facet in listing.chosen or any(one.products < total for one in values)
    return values if worth else []


def _kind(text: str) -> ProductKind | None:
    return next((kind for kind in ProductKind if kind.value == text), None)


def _shelf(text: str) -> Shelf:
    return "list" if text == "list" else "covers"
