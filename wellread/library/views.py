"""Products, sections, cells and places as they are printed and sent: the JSON of the command line and of the server."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from wellread.content import (
    BlockKind,
    EpubOrigin,
    FileOrigin,
    PdfOrigin,
    PlacedBlock,
    Product,
    ProductKind,
    Section,
    SectionRole,
    TimeOrigin,
)
from wellread.library.matrix import CellFindings
from wellread.library.open_anchor import OpenedPlace, State, place_label

AnyOrigin = Annotated[EpubOrigin | PdfOrigin | TimeOrigin | FileOrigin, Field(discriminator="type")]
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


class ProductView(BaseModel):
    """A product with what is known about it."""

    model_config = ConfigDict(json_schema_extra={"example": _PRODUCT})

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
    def of(cls, product: Product) -> "ProductView":
        return cls(
            **{name: value for name, value in asdict(product.metadata).items() if name != "product_id"},
            product_id=product.product_id,
            collection=product.collection,
            format=product.format,
            words=product.words,
            passages=product.passages,
        )


class SectionEntry(BaseModel):
    """A line of a product's table of contents."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "section_id": "0a1b2c3d-4",
                "ordinal": 4,
                "title": "Delegation",
                "path": ["Part I", "Delegation"],
                "role": "body",
            }
        }
    )

    section_id: str
    ordinal: int
    title: str
    path: tuple[str, ...]
    role: SectionRole

    @classmethod
    def of(cls, section: Section) -> "SectionEntry":
        return cls(
            section_id=section.section_id,
            ordinal=section.ordinal,
            title=section.title,
            path=section.path,
            role=section.role,
        )


class BlockView(BaseModel):
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
    def of(cls, placed: PlacedBlock) -> "BlockView":
        return cls(**_block(placed))


class TextBlockView(BlockView):
    """A block with its text."""

    text: str

    @classmethod
    def of(cls, placed: PlacedBlock) -> "TextBlockView":
        return cls(**_block(placed), text=placed.block.text)


class FindingView(BaseModel):
    """A snippet of a title for a question."""

    anchor: str
    section: str
    place: str
    text: str
    score: float


class CellView(BaseModel):
    """A question put to a title. `best` is told also when nothing was found."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "question": "What is delegation?",
                "product_id": "steady-hands",
                "title": "Steady Hands",
                "best": 0.71,
                "found": [
                    {
                        "anchor": _ANCHOR,
                        "section": "Part I › Delegation",
                        "place": "p. 31",
                        "text": "Delegation is …",
                        "score": 0.71,
                    }
                ],
            }
        }
    )

    question: str
    product_id: str
    title: str
    best: float
    found: tuple[FindingView, ...]

    @classmethod
    def of(cls, cell: CellFindings, title: str) -> "CellView":
        return cls(
            question=cell.question,
            product_id=cell.product_id,
            title=title,
            best=round(cell.best, 3),
            found=tuple(
                FindingView(
                    anchor=str(finding.anchor),
                    section=finding.section,
                    place=finding.place,
                    text=finding.text,
                    score=round(finding.score, 3),
                )
                for finding in cell.findings
            ),
        )


class PlaceView(BaseModel):
    """What an anchor opens."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "anchor": _ANCHOR,
                "state": "exact",
                "product_id": "steady-hands",
                "title": "Steady Hands",
                "section_id": "0a1b2c3d-4",
                "section": "Part I › Delegation",
                "place": "p. 31",
                "quote": "Delegation is …",
                "prefix": "",
                "suffix": "",
                "origins": [{"type": "epub", "href": "chapter-4.xhtml", "cfi": "/6/10!/4/6"}],
                "around": [],
            }
        }
    )

    anchor: str = Field(description="Where the quote is now.")
    state: State
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

    @classmethod
    def of(cls, place: OpenedPlace, *, around: int) -> "PlaceView":
        return cls(
            anchor=str(place.anchor),
            state=place.state,
            product_id=place.product.product_id,
            title=place.product.title,
            section_id=place.section.section_id,
            section=" › ".join(place.section.path),
            place=place.label,
            quote=place.quote,
            prefix=place.prefix,
            suffix=place.suffix,
            origins=place.origins,
            around=tuple(map(TextBlockView.of, place.around(around, around))),
        )


def _block(placed: PlacedBlock) -> dict[str, Any]:
    block = placed.block
    return {
        "kind": block.kind,
        "start": placed.start,
        "end": placed.end,
        "place": place_label(block),
        "level": block.level,
        "language": block.language,
        "page": block.page,
        "marker": block.marker,
        "origin": block.origin,
    }
