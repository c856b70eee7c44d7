"""A section that is opened, perhaps because of a place in it, made ready to be shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from wellread.content import BlockKind, FileOrigin, PlacedBlock, Product, Section, place_label
from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.library.open_anchor import OpenedPlace
from wellread.library.pictures.book_figures import figures
from wellread.library.pictures.pictures import Pictures
from wellread.store.catalog.outline import OutlineEntry
from wellread.web.pages.reader.book_outline import BookOutline
from wellread.web.pages.reader.pdf_sheets import PdfSheet, is_paged, sheets
from wellread.web.pages.reader.reading_view import ReaderView, Turning, section_address
from wellread.web.pages.reader.section_html import MarkedRange, SectionHtml
from wellread.web.pages.reader.section_parts import part_at, section_parts
from wellread.web.pages.reader.talk_turns import TalkChapter, chapter_of, is_talk, shown_chapters, talk


def first_section(library: Wellread, product: Product) -> Section:
    """Where reading a title begins. Raises NotFoundError for one without any text."""
    entry = BookOutline(library.titles.outline(product.product_id)).first()
    if entry is None:
        raise NotFoundError(f"{product.title} has no text.", hint="Add it again, perhaps in another format.")
    return library.titles.section(product.product_id, entry.section_id)


def talk_chapter(product_id: str, section: Section) -> TalkChapter:
    """A section as a chapter of a talk. Raises NotFoundError for one of a book."""
    chapter = chapter_of(product_id, section)
    if chapter is None:
        raise NotFoundError(f"{section.title!r} is no chapter of a talk.", hint="Open the section itself.")
    return chapter


@dataclass(frozen=True, slots=True)
class OpenedSection:
    """What is to be shown, and how."""

    library: Wellread
    pictures: Pictures
    product: Product
    section: Section
    place: OpenedPlace | None
    start: int  # of a long section, the part with what begins here is shown
    sizes: Sequence[tuple[float, float]]  # of a PDF's pages, in points
    page_words: str  # what a printed page is called, with {page}
    top: int  # the level of the heading over the text

    def view(self) -> ReaderView:
        """Blocks."""
        book = BookOutline(self.library.titles.outline(self.product.product_id))
        at = book.index(self.section.section_id)
        return self._talk(book, at) if is_talk(self.section) else self._book(book, at)

    def _talk(self, book: BookOutline, at: int | None) -> ReaderView:
        """A talk with its chapters, of which a long one shows those around the section; of an earlier edition, the one
        section without the recording."""
        product_id = self.product.product_id
        titles = self.library.titles
        stored = titles.files(product_id) if at is not None else []
        files = {role: file for role, file in stored if titles.path(file).is_file()}
        return ReaderView(
            self.product,
            self.section,
            Markup.escape(self.product.title),
            self.place,
            self._label(self.section.blocks),
            talk=talk(product_id, list(self._chapters(book, at)), self.place, files),
        )

    def _chapters(self, book: BookOutline, at: int | None) -> Iterator[TalkChapter]:
        product_id = self.product.product_id
        if at is None:
            yield talk_chapter(product_id, self.section)
            return
        titles = self.library.titles
        shown = shown_chapters(book.entries, at)
        is_whole = len(shown) == len(book.entries)
        starts = {} if is_whole else titles.starts(product_id)
        sections = titles.sections(product_id) if is_whole else (self._shown(book.entries[n]) for n in shown)
        chapters = {section.ordinal: chapter_of(product_id, section, self.place) for section in sections}
        for entry in book.entries:
            chapter = chapters.get(entry.ordinal)
            if chapter is not None:
                yield chapter
            elif entry.section_id in starts:
                yield TalkChapter(
                    entry.section_id,
                    entry.ordinal,
                    entry.title,
                    starts[entry.section_id],
                    section_address(product_id, entry.section_id),
                    entry.length,
                )

    def _shown(self, entry: OutlineEntry) -> Section:
        if entry.section_id == self.section.section_id:
            return self.section
        return self.library.titles.section(self.product.product_id, entry.section_id)

    def _book(self, book: BookOutline, at: int | None) -> ReaderView:
        parts = section_parts(self.section.blocks)
        number = part_at(parts, self.place.anchor.start if self.place else self.start)
        html = self._html(self.section, parts[number], is_current=at is not None)
        heading, blocks = self._heading(html, parts[number])
        runs = [(html, blocks)]
        passed = book.before(at) if at is not None and not number else ()
        leading = [self._neighbour(entry.section_id) for entry in passed]
        runs_before = [(self._html(one, one.blocks, is_current=True), one.blocks) for one in leading]
        if at is not None and number == len(parts) - 1:
            for entry in book.entries[at + 1 : at + book.stretch(at)]:
                other = self._neighbour(entry.section_id)
                runs.append((self._html(other, other.blocks, is_current=True), other.blocks))
        above = self._above(book, at)
        pages: list[PdfSheet] = []
        text = Markup("")
        if is_paged(self.section.blocks):
            opening = parts[number][0].block if parts[number] else None
            sizes = self.sizes if at is not None else ()  # an earlier edition was of another file
            pages = sheets(
                self.product.product_id, runs_before + runs, self.section.blocks, self._quote, sizes, opening
            )
        else:
            before = Markup("").join(maker.all_figures() for maker, _ in runs_before)
            before += Markup("") if number else html.shown_figures(-1)
            if len(blocks) < len(parts[number]):  # what follows the block that became the heading
                before += html.shown_figures(parts[number][0].start)
            text = before + Markup("\n").join(maker.blocks(run) for maker, run in runs)
        rows = book.rows(at)
        return ReaderView(
            self.product,
            self.section,
            heading,
            self.place,
            self._label(parts[number]),
            above=above,
            before=tuple(entry for entry in passed if entry not in above),
            previous=self._part(parts, number - 1) or self._turning(at is not None and book.previous(at)),
            next=self._part(parts, number + 1) or self._turning(at is not None and book.next(at)),
            rows=tuple(rows),
            lists_all=len(rows) == len(book.entries),
            part=f"{number + 1}/{len(parts)}" if len(parts) > 1 else "",
            text=text,
            sheets=tuple(pages),
        )

    @property
    def _quote(self) -> MarkedRange | None:
        return MarkedRange(self.place.anchor.start, self.place.anchor.end) if self.place else None

    def _label(self, blocks: Sequence[PlacedBlock]) -> str:
        """Where the quote, or else what is shown, begins; the line of a text file says nothing to who reads it."""
        first = self.place.blocks if self.place else blocks
        has_place = first and not isinstance(first[0].block.origin, FileOrigin)
        return place_label(first[0].block) if has_place else ""

    def _above(self, book: BookOutline, at: int | None) -> tuple[OutlineEntry, ...]:
        """A root of the contents that has the title's own name says nothing."""
        above = book.above(at) if at is not None else []
        return tuple(entry for entry in above if entry.depth or not _same(entry.title, self.product.title))

    def _turning(self, entry: OutlineEntry | Literal[False] | None) -> Turning | None:
        if not entry:
            return None
        return Turning(entry.title, section_address(self.product.product_id, entry.section_id))

    def _part(self, parts: Sequence[Sequence[PlacedBlock]], number: int) -> Turning | None:
        """Another part of this section, if there is one."""
        if not 0 <= number < len(parts):
            return None
        start = parts[number][0].start
        address = section_address(self.product.product_id, self.section.section_id, start)
        return Turning(self.section.title, address, f"{number + 1}/{len(parts)}")

    def _neighbour(self, section_id: str) -> Section:
        return self.library.titles.section(self.product.product_id, section_id)

    def _html(self, section: Section, shown: Sequence[PlacedBlock], *, is_current: bool) -> SectionHtml:
        """What makes the blocks of a section that are shown; of the present edition of an EPUB, with its figures."""
        quoted = self._quote if section is self.section else None
        tells_pages = not is_paged(section.blocks)
        html = SectionHtml(section.ordinal, quoted, self.top, self.page_words, tells_pages=tells_pages)
        source = self.pictures.source(self.product) if is_current and self.product.format == "epub" else None
        if source is not None:
            html.figures = figures(
                self.pictures.path(source),
                source.sha256,
                self.product.product_id,
                self._beside(section, -1),
                section,
                self._beside(section, 1),
                shown,
            )
        return html

    def _beside(self, section: Section, step: int) -> Section | None:
        edition = section.section_id.rpartition("-")[0]
        try:
            return self._neighbour(f"{edition}-{section.ordinal + step}")
        except NotFoundError:
            return None

    def _heading(
        self, html: SectionHtml, blocks: Sequence[PlacedBlock]
    ) -> tuple[Markup, Sequence[PlacedBlock]]:
        """The section's title, from its own first block if that is it, and the blocks that follow."""
        first = blocks[0] if blocks else None
        if first and first.block.kind is BlockKind.HEADING and _same(first.block.text, self.section.title):
            return html.text(first.block.text, first.start), blocks[1:]
        return Markup.escape(self.section.title), blocks


def _same(text: str, title: str) -> bool:
    return " ".join(text.split()).casefold() == " ".join(title.split()).casefold()
