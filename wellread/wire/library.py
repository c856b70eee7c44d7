"""What the library holds, down to the place that an anchor opens; questions put to it without a run."""

import datetime
import re
from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from wellread.content import (
    BlockKind,
    EpubOrigin,
    FileOrigin,
    PdfOrigin,
    PlacedBlock,
    PlaceState,
    Product,
    ProductKind,
    SectionRole,
    TimeOrigin,
    place_label,
)
from wellread.events import FoundPassage
from wellread.wire.view import View, example

AnyOrigin = Annotated[EpubOrigin | PdfOrigin | TimeOrigin | FileOrigin, Field(discriminator="type")]


# Scores are told to three digits, whatever they are compared with.
Rounded = Annotated[float, PlainSerializer(lambda value: round(value, 3), return_type=float)]
_PRODUCT: JsonDict = {
    "product_id": "steady-hands",
    "title": "Steady Hands",
    "kind": "book",
    "subtitle": "A Field Guide for New Engineering Leads",
    "authors": ["The Wellread Project"],
    "contributors": [],
    "publisher": "The Wellread Project",
    "date": "2026-11-01",
    "language": "en",
    "description": "",
    "topics": ["leadership"],
    "identifiers": [],
    "series": "",
    "series_index": "",
    "rights": "CC0-1.0",
    "collection": "demo",
    "format": "epub",
    "words": 18000,
    "passages": 140,
}


_ANCHOR = "steady-hands/0a1b2c3d-4/120-310"


class ProductView(View):
    """A product with what is known about it."""

    model_config = example(**_PRODUCT)

    product_id: str
    title: str
    kind: ProductKind
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
    format: str = Field(description="The reader that read it: `epub`, `pdf`, `transcript`, …")
    words: int
    passages: int

    @classmethod
    def of_product(cls, product: Product) -> Self:
        return cls.of(product, **{**asdict(product.metadata), "product_id": product.product_id})


class SectionEntry(View):
    """A line of a product's table of contents."""

    model_config = example(
        section_id="0a1b2c3d-4", ordinal=4, title="Delegation", path=["Part I", "Delegation"], role="body"
    )

    section_id: str
    ordinal: int
    title: str
    path: tuple[str, ...]
    role: SectionRole


class BlockView(View):
    """A block by its range in its section's text."""

    kind: BlockKind
    start: int
    end: int
    place: str = Field(description="For people: `p. 12`, `00:03:12`, or empty.")
    level: int
    language: str
    page: str
    marker: str
    origin: AnyOrigin

    @classmethod
    def of_block(cls, placed: PlacedBlock) -> Self:
        return cls.of(placed.block, start=placed.start, end=placed.end, place=place_label(placed.block))


class TextBlockView(BlockView):
    """A block with its text."""

    text: str


class Cell(View):
    """A question put to a title. `best` is told also when nothing was found."""

    model_config = example(
        question="What is delegation?",
        product_id="steady-hands",
        title="Steady Hands",
        best=0.71,
        found=[
            {
                "anchor": _ANCHOR,
                "section": "Part I › Delegation",
                "place": "p. 31",
                "text": "Delegation is …",
                "score": 0.71,
            }
        ],
    )

    question: str
    product_id: str
    title: str
    best: Rounded
    found: tuple[FoundPassage, ...]
    nearest: tuple[FoundPassage, ...] = ()  # what came closest, when nothing was found


class PlaceView(View):
    """What an anchor opens."""

    model_config = example(
        anchor=_ANCHOR,
        state="exact",
        product_id="steady-hands",
        title="Steady Hands",
        section_id="0a1b2c3d-4",
        section="Part I › Delegation",
        place="p. 31",
        quote="Delegation is …",
        prefix="",
        suffix="",
        origins=[{"type": "epub", "href": "chapter-4.xhtml", "cfi": "/6/10!/4/6"}],
        around=[],
    )

    anchor: str = Field(description="Where the quote is now.")
    state: PlaceState
    product_id: str
    title: str
    section_id: str
    section: str
    place: str
    quote: str
    prefix: str
    suffix: str
    origins: tuple[AnyOrigin, ...]
    around: tuple[TextBlockView, ...] = Field(description="The blocks of the quote, with those around them.")


class FacetCount(View):
    """A value by which a list can be narrowed, and how many of its titles have it."""

    value: str
    products: int


class Facets(View):
    """The values that most titles of a list have. Of a facet that the list is narrowed by already, those that it could
    have instead are there too."""

    kind: list[FacetCount]
    topic: list[FacetCount]
    author: list[FacetCount]
    collection: list[FacetCount]


class ProductList(View):
    """A part of a list, and how long all of it is."""

    total: int
    offset: int
    products: list[ProductView]
    facets: Facets | None = Field(None, description="When they were asked for.")


class FileView(View):
    """A source file; its bytes are at `/library/{product_id}/files/{role}`."""

    model_config = example(role="text", name="steady-hands.epub", size=73440)

    role: str = Field(description="`text`: what was read; else `media`, `sidecar`, `chapters`.")
    name: str
    size: int


class ProductDetails(ProductView):
    """A product with what came of reading it."""

    warnings: list[str] = Field(description="What could not be read and was left out.")
    files: list[FileView]
    edited: list[str] = Field(description="What a person said of it in place of what its files say.")


class SectionView(SectionEntry):
    """A section with its text; offsets count Unicode code points of `text`."""

    product_id: str
    text: str
    blocks: list[BlockView]
    previous: str | None = Field(description="Id of the section before it.")
    next: str | None = Field(description="Id of the section after it.")


class Matrix(View):
    """A cell for each question and title, those of a question together."""

    cells: list[Cell]


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


Line = Annotated[str, Field(max_length=500)]


Name = Annotated[str, Field(max_length=200)]


class Amendments(BaseModel, extra="forbid"):
    """What is to be known about a product in place of what its files say. What is left out stays as it is; `null`
    takes back what was said, so that the files are believed again."""

    model_config = example(title="Steady Hands", topics=["leadership"], subtitle=None)

    title: Line | None = None
    subtitle: Line | None = None
    authors: list[Name] | None = Field(None, max_length=50)
    publisher: Name | None = None
    date: str | None = Field(None, max_length=10, description="`2026`, `2026-11` or `2026-11-01`.")
    language: str | None = Field(None, max_length=35, description="As in BCP 47: `en`, `pt-BR`.")
    description: str | None = Field(None, max_length=20_000)
    topics: list[Name] | None = Field(None, max_length=50)
    series: Line | None = None
    series_index: str | None = Field(None, max_length=20, description="Its place in the series.")
    collection: Name | None = Field(None, description="`null` or empty: of none.")

    @field_validator("*", mode="after")
    @classmethod
    def _tidy(cls, value: Any, known: ValidationInfo) -> Any:
        if isinstance(value, str) and known.field_name == "description":
            return "\n".join(" ".join(line.split()) for line in value.strip().split("\n"))
        if isinstance(value, str):
            return " ".join(value.split())
        if isinstance(value, list):
            return list(dict.fromkeys(text for text in (" ".join(item.split()) for item in value) if text))
        return value

    @field_validator("title")
    @classmethod
    def _titled(cls, value: str | None) -> str | None:
        if value == "":
            raise PydanticCustomError("title", "A title has at least one character.")
        return value

    @field_validator("date")
    @classmethod
    def _dated(cls, value: str | None) -> str | None:
        if value and not _is_date(value):
            raise PydanticCustomError("date", 'A date looks like "2026", "2026-11" or "2026-11-01".')
        return value

    @field_validator("language")
    @classmethod
    def _spoken(cls, value: str | None) -> str | None:
        if value and not _LANGUAGE.fullmatch(value):
            raise PydanticCustomError("language", 'A language is a code such as "en", "de" or "pt-BR".')
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "Nothing is to be changed.")
        return self

    def changes(self) -> dict[str, object]:
        """What is said of the product's metadata."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"collection"}}


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if not match:
        return False
    try:
        datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return False
    return True
