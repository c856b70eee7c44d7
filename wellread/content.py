"""The vocabulary of a library: products, blocks, sections, anchors, passages. Values only, no I/O.

Every offset in this module counts Unicode code points of a section's canonical text (Python's own
string index), start inclusive, end exclusive.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Literal, NamedTuple


class ProductKind(StrEnum):
    BOOK = "book"
    VIDEO = "video"
    RECORDING = "recording"


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"
    CAPTION = "caption"
    FOOTNOTE = "footnote"
    CUE = "cue"


class SectionRole(StrEnum):
    """What a section is for. Only BODY and GLOSSARY are indexed; the others are navigation or boilerplate."""

    BODY = "body"
    GLOSSARY = "glossary"
    CONTENTS = "contents"
    INDEX = "index"
    FRONT = "front"  # cover, title page, copyright page


@dataclass(frozen=True, slots=True)
class EpubOrigin:
    """A place in an EPUB: `href` of the content document inside the archive, `cfi` an EPUB CFI of the block."""

    href: str
    cfi: str
    type: Literal["epub"] = "epub"


@dataclass(frozen=True, slots=True)
class PageBox:
    """A rectangle on a PDF page, in points from the page's top left corner, y growing downwards."""

    page: int  # from 1
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PdfOrigin:
    """Where a block stands in a PDF: a box for each of its lines, in reading order; it may cross pages."""

    page: int  # the page it starts on, from 1
    label: str  # the page's own label ("iv", "12"), or its number
    boxes: tuple[PageBox, ...]
    type: Literal["pdf"] = "pdf"


class CueTime(NamedTuple):
    """When a part of a block's text is said, in milliseconds: from `offset` up to where the next part begins."""

    offset: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class TimeOrigin:
    """A stretch of a recording, in milliseconds. `cues` are the times of the parts of the block's text, by caption or
    by word, in order; none where only the stretch is known."""

    start_ms: int
    end_ms: int
    speaker: str = ""
    cues: tuple[CueTime, ...] = ()
    type: Literal["time"] = "time"

    def within(self, start: int, end: int, length: int) -> "TimeOrigin":
        """The stretch in which a range of the block's text, which has `length` code points, is said."""
        cues = self.cues or (CueTime(0, self.start_ms, self.end_ms),)
        begins = time_at(cues, max(start, 0), length)
        ends = time_at(cues, min(end, length), length, until=True)
        return TimeOrigin(begins, max(begins, ends), self.speaker)


def time_at(cues: Sequence[CueTime], offset: int, length: int, *, until: bool = False) -> int:
    """When the character at `offset` of a text of `length` is said, or with `until` the one before it has been, in
    milliseconds: between the times of a part by its characters."""
    number = max(bisect_right(cues, offset - until, key=attrgetter("offset")) - 1, 0)
    part = cues[number]
    following = cues[number + 1].offset if number + 1 < len(cues) else length
    size = max(following - part.offset, 1)
    place = min(max(offset - part.offset, 0), size)
    return part.start_ms + (part.end_ms - part.start_ms) * place // size


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """A place in an HTML, Markdown or text file: `href` within its folder (or file name), the id of the
    nearest enclosing or preceding element if there is one, and the line it starts on (from 1, 0 unknown).

    `paragraph` is the block's number in its section (from 1, headings not counted) where a line is one of markup that
    readers do not see, else 0."""

    href: str
    fragment: str = ""
    line: int = 0
    paragraph: int = 0
    type: Literal["file"] = "file"


Origin = EpubOrigin | PdfOrigin | TimeOrigin | FileOrigin


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a product. Only `title` is always there; dates are ISO 8601, perhaps shortened."""

    title: str
    kind: ProductKind = ProductKind.BOOK
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    publisher: str = ""
    date: str = ""
    language: str = ""  # BCP 47, "" unknown
    description: str = ""
    topics: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()  # as found: "urn:isbn:…", "urn:uuid:…", "doi:…"
    series: str = ""
    series_index: str = ""
    rights: str = ""
    product_id: str = ""  # set by a sidecar or a publisher; otherwise derived when it is added


class BlockLink(NamedTuple):
    """A link in the text of a block, from `start` to `end` of it, to another block of the same product: the one that
    begins at `offset` in the text of the section with this ordinal."""

    start: int
    end: int
    section: int
    offset: int


@dataclass(frozen=True, slots=True)
class Block:
    """One unit of text in reading order. `text` is NFC, without leading or trailing white space.

    A table's rows are lines, its cells joined by " | " (first line: the header). A code listing keeps its
    lines. A footnote follows the block that refers to it. A cue is one speaker's turn or part of it.
    """

    kind: BlockKind
    text: str
    origin: Origin
    level: int = 0  # HEADING: 1 to 6; LIST_ITEM: nesting, from 1
    language: str = ""  # CODE: the programming language, if stated
    page: str = ""  # label of the printed page on which it starts, if the source tells
    marker: str = ""  # LIST_ITEM: "1." or "•"; FOOTNOTE: its mark
    links: tuple[BlockLink, ...] = ()  # in a section of the role INDEX only: where its entries lead


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block with its range in its section's canonical text."""

    block: Block
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A node of the table of contents with its own text (without that of its subsections)."""

    section_id: str
    ordinal: int  # reading order within the product, from 0
    title: str
    path: tuple[str, ...]  # titles from the top down to this section's own
    role: SectionRole
    text: str
    blocks: tuple[PlacedBlock, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A book, video or recording of the library, as the catalog knows it."""

    product_id: str
    metadata: Metadata
    edition_id: str  # which reading of which source file its text is
    format: str = ""  # name of the reader that read it: "epub", "pdf", …
    collection: str = ""
    passages: int = 0
    words: int = 0

    @property
    def title(self) -> str:
        return self.metadata.title

    @property
    def kind(self) -> ProductKind:
        return self.metadata.kind


def place_label(block: Block, offset: int = 0) -> str:
    """Where the text at `offset` of a block stands, for people: "p. 12", "00:03:12", "¶ 4" (of its section), or ""
    when there is nothing better."""
    match block.origin:
        case TimeOrigin() as origin:
            return clock(origin.within(offset, len(block.text), len(block.text)).start_ms)
        case PdfOrigin(label=label):
            return f"p. {label}"
        case EpubOrigin():
            return f"p. {block.page}" if block.page else ""
        case FileOrigin(line=line, paragraph=paragraph):
            return f"¶ {paragraph}" if paragraph else f"line {line}" if line else ""


def clock(milliseconds: int) -> str:
    """ "00:03:12" """
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


PlaceState = Literal["exact", "moved", "changed", "superseded"]
_ANCHOR = re.compile(r"([A-Za-z0-9_.-]{1,80})/([0-9a-f]{8}-\d{1,6})/(\d{1,9})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A range of a section. Its string form, `PRODUCT/SECTION/START-END`, is what people and programs pass on.

    A section id begins with its edition's id, so an anchor names the text it was made on; when the product has
    been replaced since, the quote is taken from the old text and found again in the new (library.reading).
    """

    product_id: str
    section_id: str
    start: int
    end: int

    def overlap(self, other: "Anchor") -> float:
        """The shared part of two ranges, 0 to 1 of the shorter one; 0 in different sections."""
        if (self.product_id, self.section_id) != (other.product_id, other.section_id):
            return 0.0
        shared = min(self.end, other.end) - max(self.start, other.start)
        return max(0, shared) / min(self.end - self.start, other.end - other.start)

    def __str__(self) -> str:
        return f"{self.product_id}/{self.section_id}/{self.start}-{self.end}"

    @classmethod
    def parse(cls, text: str) -> "Anchor | None":
        """The anchor that `text` spells, or None."""
        match = _ANCHOR.fullmatch(text.strip())
        if not match:
            return None
        start, end = int(match[3]), int(match[4])
        return cls(match[1], match[2], start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Passage:
    """What is indexed: a range of one section's canonical text, 80 to 220 words where the section has them."""

    passage_id: str
    product_id: str
    section_id: str
    start: int
    end: int
    text: str
    heading: str  # the section's path, " › " between
    language: str  # of the product, BCP 47 primary subtag, "" unknown

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.product_id, self.section_id, self.start, self.end)
