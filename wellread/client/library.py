"""What the library holds, down to the place that an anchor opens; and questions put to it without a run."""

from collections.abc import Sequence
from typing import TypedDict
from urllib.parse import quote

from wellread.client.protocol import Call, HttpRequest, nothing, reading
from wellread.wire.library import (
    Amendments,
    Matrix,
    PlaceView,
    ProductDetails,
    ProductList,
    ProductView,
    SectionEntry,
    SectionView,
)

_PATH = "api/v1/library"


class Narrowed(TypedDict, total=False):
    """What a list of the library is narrowed by, and whether it is counted what it could be narrowed by."""

    collection: str
    kind: str
    author: str
    topic: str
    facets: bool


def listing(query: str, narrowed: Narrowed, offset: int, limit: int) -> Call[ProductList]:
    params: dict[str, str | int | list[str]] = {"query": query, "offset": offset, "limit": limit}
    chosen = {
        "collection": narrowed.get("collection", ""),
        "kind": narrowed.get("kind", ""),
        "author": narrowed.get("author", ""),
        "topic": narrowed.get("topic", ""),
    }
    params |= {name: value for name, value in chosen.items() if value}
    if narrowed.get("facets"):
        params["facets"] = "true"
    return Call(HttpRequest("GET", _PATH, params=params), reading(ProductList))


def product(product_id: str) -> Call[ProductDetails]:
    return Call(HttpRequest("GET", f"{_PATH}/{quote(product_id, safe='')}"), reading(ProductDetails))


def contents(product_id: str) -> Call[tuple[SectionEntry, ...]]:
    path = f"{_PATH}/{quote(product_id, safe='')}/contents"
    return Call(HttpRequest("GET", path), reading(tuple[SectionEntry, ...]))


def section(product_id: str, section_id: str) -> Call[SectionView]:
    path = f"{_PATH}/{quote(product_id, safe='')}/sections/{quote(section_id, safe='')}"
    return Call(HttpRequest("GET", path), reading(SectionView))


def amend(product_id: str, amendments: Amendments) -> Call[ProductView]:
    path = f"{_PATH}/{quote(product_id, safe='')}"
    body = amendments.model_dump(exclude_unset=True)
    return Call(HttpRequest("PATCH", path, json=body), reading(ProductView))


def remove(product_id: str) -> Call[None]:
    path = f"{_PATH}/{quote(product_id, safe='')}"
    return Call(HttpRequest("DELETE", path), nothing)


def anchor(anchor: str, around: int) -> Call[PlaceView]:
    return Call(
        HttpRequest("GET", f"api/v1/anchors/{quote(anchor)}", params={"around": around}), reading(PlaceView)
    )


def search(questions: Sequence[str], product_ids: Sequence[str], limit: int) -> Call[Matrix]:
    body = {"questions": list(questions), "product_ids": list(product_ids), "limit": limit}
    return Call(HttpRequest("POST", "api/v1/search", json=body), reading(Matrix))
