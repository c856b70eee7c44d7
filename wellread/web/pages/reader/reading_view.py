"""What the reader shows: a section of a book, the pages of a PDF, or a talk, with what leads on from there."""

from dataclasses import dataclass, field
from urllib.parse import quote

from markupsafe import Markup

from wellread.content import Product, Section
from wellread.library.open_anchor import OpenedPlace
from wellread.store.catalog.outline import OutlineEntry
from wellread.web.pages.book_language import language_tag, text_direction
from wellread.web.pages.reader.book_outline import Row
from wellread.web.pages.reader.pdf_sheets import PdfSheet
from wellread.web.pages.reader.talk_turns import Talk


@dataclass(frozen=True, slots=True)
class Turning:
    """What comes before or behind: another section, or (`part`, as in "2/5") another part of this one."""

    title: str
    address: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class ReaderView:
    """What `reader_article.html` shows. One of `text`, `sheets` and `talk` is there."""

    product: Product
    section: Section
    heading: Markup
    place: OpenedPlace | None  # what an anchor opened
    label: str  # where that is, for people
    above: tuple[OutlineEntry, ...] = ()
    before: tuple[OutlineEntry, ...] = ()  # headings without text of their own that lead to this
    previous: Turning | None = None
    next: Turning | None = None
    rows: tuple[Row, ...] = ()
    lists_all: bool = True  # whether these are all sections
    part: str = ""  # of a long section, as in "2/5"
    text: Markup = field(default_factory=Markup)
    sheets: tuple[PdfSheet, ...] = ()
    talk: Talk | None = None

    @property
    def language(self) -> str:
        return language_tag(self.product.metadata.language)

    @property
    def direction(self) -> str:
        return text_direction(self.product.metadata.language)

    @property
    def form(self) -> str:
        return "talk" if self.talk else "sheets" if self.sheets else "text"


def section_address(product_id: str, section_id: str, start: int = 0) -> str:
    """Where a section is read, or the part of it with what begins at `start`."""
    address = f"/library/{quote(product_id)}/sections/{section_id}"
    return f"{address}?from={start}" if start else address
