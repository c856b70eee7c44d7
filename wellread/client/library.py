"""What the library holds, down to the place that an anchor opens; and questions put to it without a run."""

from collections.abc import Sequence
from typing import TypedDict, Unpack
from urllib.parse import quote

from wellread.client.protocol import Call, HttpRequest, nothing, reading
from wellread.wire.library import (
    Amendments,
    Cell,
    Matrix,
    PlaceView,
    ProductDetails,
    ProductList,
    ProductView,
    SectionEntry,
    SectionView,
)

_PATH = "api/v1/library"
_MATRIX = reading(Matrix)


class Narrowed(TypedDict, total=False):
    """What a list of the library is narrowed by, and whether it is counted what it could be narrowed by."""

    collection: str
    kind: str
    author: str
    topic: str
    facets: bool


def listing(
    query: str = "", *, offset: int = 0, limit: int = 50, **narrowed: Unpack[Narrowed]
) -> Call[ProductList]:
    """The titles that fit a query, or all, by title; `narrowed` to a collection, kind, author or topic."""
    params: dict[str, str | int | list[str]] = {"query": query, "offset": offset, "limit": limit}
    chosen = {
        "collection": narrowed.get("collection", ""),
        "kind": narrowed.get("kind", ""),
        "author": narrowed.get("author", ""),
        "topic": narrowed.get("topic", ""),
        "facets": "true" if narrowed.get("facets") else "",
    }
    params |= {name: value for name, value in chosen.items() if value}
    return Call(HttpRequest("GET", _PATH, params=params), reading(ProductList))


def product(product_id: str) -> Call[ProductDetails]:
    return Call(HttpRequest("GET", _path(product_id)), reading(ProductDetails))


def contents(product_id: str) -> Call[tuple[SectionEntry, ...]]:
    """The sections of a product in reading order, without their text."""
    return Call(HttpRequest("GET", _path(product_id, "contents")), reading(tuple[SectionEntry, ...]))


def section(product_id: str, section_id: str) -> Call[SectionView]:
    return Call(HttpRequest("GET", _path(product_id, "sections", section_id)), reading(SectionView))


def amend(product_id: str, amendments: Amendments) -> Call[ProductView]:
    """Correct what is known about a product: `title="…"`, `topics=[…]`; None takes it back. Only an admin may."""
    body = amendments.model_dump(exclude_unset=True)
    return Call(HttpRequest("PATCH", _path(product_id), json=body), reading(ProductView))


def remove(product_id: str) -> Call[None]:
    """Take a product out of the library. Only an admin may."""
    return Call(HttpRequest("DELETE", _path(product_id)), nothing)


def open(anchor: str, *, around: int = 2) -> Call[PlaceView]:
    """What an anchor opens, with so many blocks before and after."""
    request = HttpRequest("GET", f"api/v1/anchors/{quote(anchor)}", params={"around": around})
    return Call(request, reading(PlaceView))


def search(questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5) -> Call[list[Cell]]:
    """The matrix of questions × titles. Without `product_ids` the titles are those that fit best."""
    body = {"questions": list(questions), "product_ids": list(product_ids), "limit": limit}
    return Call(HttpRequest("POST", "api/v1/search", json=body), lambda reply: _MATRIX(reply).cells)


def _path(product_id: str, *further: str) -> str:
    return "/".join((_PATH, *(quote(part, safe="") for part in (product_id, *further))))
