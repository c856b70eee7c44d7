"""What the library holds, down to the place that an anchor opens; and questions put to it without a run."""

from collections.abc import Sequence
from typing import Annotated, TypedDict
from urllib.parse import quote

from pydantic import Field

from wellread.client.protocol import Call, HttpRequest, View, nothing, reading
from wellread.content import EpubOrigin, FileOrigin, PdfOrigin, TimeOrigin

_PATH = "api/v1/library"
Origin = Annotated[EpubOrigin | PdfOrigin | TimeOrigin | FileOrigin, Field(discriminator="type")]


class Product(View):
    """A title with what is known about it."""

    product_id: str
    title: str
    kind: str
    subtitle: str
    authors: tuple[str, ...]
    contributors: tuple[str, ...]
    publisher: str
    date: str
    language: str
    description: str
    topics: tuple[str, ...]
    identifiers: tuple[str, ...]
    series: str
    series_index: str
    rights: str
    collection: str
    format: str
    words: int
    passages: int


class FacetCount(View):
    """A value by which a list can be narrowed, and how many of its titles have it."""

    value: str
    products: int


class Facets(View):
    """The values that most titles of a list have."""

    kind: tuple[FacetCount, ...]
    topic: tuple[FacetCount, ...]
    author: tuple[FacetCount, ...]
    collection: tuple[FacetCount, ...]


class ProductList(View):
    """A part of the library, and how long all of it is; `facets` when they were asked for."""

    total: int
    offset: int
    products: tuple[Product, ...]
    facets: Facets | None = None


class Amendments(TypedDict, total=False):
    """What is to be known about a product in place of what its files say; None takes back what was said."""

    title: str | None
    subtitle: str | None
    authors: Sequence[str] | None
    publisher: str | None
    date: str | None
    language: str | None
    description: str | None
    topics: Sequence[str] | None
    series: str | None
    series_index: str | None
    collection: str | None


class Narrowed(TypedDict, total=False):
    """What a list of the library is narrowed by, and whether it is counted what it could be narrowed by."""

    collection: str
    kind: str
    author: str
    topic: str
    facets: bool


class SourceFile(View):
    role: str
    name: str
    size: int


class ProductDetails(Product):
    """With what came of reading it."""

    warnings: tuple[str, ...]
    files: tuple[SourceFile, ...]
    edited: tuple[str, ...] = ()  # what a person said of it in place of what its files say


class SectionEntry(View):
    """A line of a table of contents."""

    section_id: str
    ordinal: int
    title: str
    path: tuple[str, ...]
    role: str


class Block(View):
    """A block by its range in its section's text."""

    kind: str
    start: int
    end: int
    place: str
    level: int
    language: str
    page: str
    marker: str
    origin: Origin


class TextBlock(Block):
    text: str


class Section(SectionEntry):
    """A section with its text; offsets count Unicode code points."""

    product_id: str
    text: str
    blocks: tuple[Block, ...]
    previous: str | None
    next: str | None


class Place(View):
    """What an anchor opens."""

    anchor: str
    state: str  # exact, moved, changed or superseded
    product_id: str
    title: str
    section_id: str
    section: str
    place: str
    quote: str
    prefix: str
    suffix: str
    origins: tuple[Origin, ...]
    around: tuple[TextBlock, ...]


class Finding(View):
    """A snippet of a title for a question."""

    anchor: str
    section: str
    place: str
    text: str
    score: float


class Cell(View):
    """A question put to a title. `best` is told also when nothing was found."""

    question: str
    product_id: str
    title: str
    best: float
    found: tuple[Finding, ...]


class Matrix(View):
    cells: tuple[Cell, ...]


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


def section(product_id: str, section_id: str) -> Call[Section]:
    path = f"{_PATH}/{quote(product_id, safe='')}/sections/{quote(section_id, safe='')}"
    return Call(HttpRequest("GET", path), reading(Section))


def amend(product_id: str, amendments: Amendments) -> Call[Product]:
    path = f"{_PATH}/{quote(product_id, safe='')}"
    body = {name: list(value) if isinstance(value, tuple) else value for name, value in amendments.items()}
    return Call(HttpRequest("PATCH", path, json=body), reading(Product))


def remove(product_id: str) -> Call[None]:
    path = f"{_PATH}/{quote(product_id, safe='')}"
    return Call(HttpRequest("DELETE", path), nothing)


def anchor(anchor: str, around: int) -> Call[Place]:
    return Call(
        HttpRequest("GET", f"api/v1/anchors/{quote(anchor)}", params={"around": around}), reading(Place)
    )


def search(questions: Sequence[str], product_ids: Sequence[str], limit: int) -> Call[Matrix]:
    body = {"questions": list(questions), "product_ids": list(product_ids), "limit": limit}
    return Call(HttpRequest("POST", "api/v1/search", json=body), reading(Matrix))
