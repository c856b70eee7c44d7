"""The reader of PDF files."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pypdfium2 as pdfium

from wellread.content import Block
from wellread.errors import UnreadableError
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.pdf.blocks import BlockFlow, block
from wellread.formats.pdf.glyphs import FontCase, PageGlyphs
from wellread.formats.pdf.layout import lines
from wellread.formats.pdf.margins import body_size, without_margins
from wellread.formats.pdf.metadata import largest_text, metadata
from wellread.formats.pdf.outline import bookmarks, entries, outlined, typeset
from wellread.formats.pdf.paragraphs import Paragraph, typography
from wellread.formats.pdf.segments import Sheet
from wellread.formats.pdf.slides import final_slides, is_slides, slide_titles
from wellread.formats.pdf.vocabulary import Vocabulary

_UNMAPPED = re.compile(r"[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
_OPENING = 8  # pages on which the book's number (ISBN) is looked for
_SAMPLE = 80  # stretches of columns by which the typography of a document is judged
_REASONS = {
    pdfium.raw.FPDF_ERR_PASSWORD: (
        "The PDF is locked with a password.",
        "Save a copy without a password (open it, then print or export it to PDF) and add that.",
    ),
    pdfium.raw.FPDF_ERR_SECURITY: (
        "The PDF is locked by a scheme of rights management that Wellread does not know.",
        "Ask where it was bought for a copy without that, and add it.",
    ),
}


@dataclass(slots=True)
class _Pages:
    """What the pages of a file gave."""

    count: int
    sheets: list[Sheet] = field(default_factory=list)
    main: set[int] = field(default_factory=set)  # ids of the sheets with a page's running text
    labels: dict[int, str] = field(default_factory=dict)
    words: Vocabulary = field(default_factory=Vocabulary)
    opening: str = ""
    pictures: list[int] = field(default_factory=list)
    unmapped: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)


class PdfReader:
    """Reads PDF files that hold text: books, manuals, papers and slides."""

    name: ClassVar[str] = "pdf"
    version: ClassVar[int] = 1
    suffixes: ClassVar[frozenset[str]] = frozenset({".pdf"})

    def accepts(self, path: Path, head: bytes) -> bool:
        return b"%PDF-" in head[:1100] or (path.suffix.lower() == ".pdf" and bool(head))

    def read(self, source: Source) -> Document:
        with _opened(source.path) as document:
            pages = _pages(document)
            if not pages.sheets:
                raise _without_text(pages)
            marks = bookmarks(document)
            body = body_size(pages.sheets)
            slides = is_slides(pages.sheets)
            paragraphs = _paragraphs(pages, body, [mark.title for mark in marks], slides=slides)
            style = paragraphs.style
            found = paragraphs.paragraphs
            if slides:
                found = final_slides(found)
                slide_titles(found, style)
            first = [
                (line.size, line.text)
                for paragraph in found
                for line in paragraph.lines
                if line.page == pages.sheets[0].page
            ]
            known = metadata(document, source.path, pages.opening, largest_text(first, style.body))
            headings = outlined(found, marks, style) if marks else typeset(found, style)
            listed = entries(found, headings, style)
            blocks, contents = _blocks(found, listed, pages)
        if not blocks:
            raise _without_text(pages)
        return Document(known, blocks, contents, tuple(_warnings(pages)))


def _opened(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        message, hint = _REASONS.get(
            error.err_code,
            (
                "The PDF is damaged and cannot be opened, or is no PDF.",
                "Open it in a PDF viewer; if that works, save or print it to a new PDF there and add that.",
            ),
        )
        raise UnreadableError(message, hint=hint) from error


def _pages(document: pdfium.PdfDocument) -> _Pages:
    pages = _Pages(len(document))
    fonts = FontCase()
    for index in range(pages.count):
        number = index + 1
        label = "".join(char for char in document.get_page_label(index) if char.isprintable()).strip()
        pages.labels[number] = label or str(number)
        try:
            with closing(document[index]) as page, closing(page.get_textpage()) as text_page:
                _add(pages, number, page, PageGlyphs(page, text_page, fonts))
        except pdfium.PdfiumError:
            pages.broken.append(number)
    return pages


def _add(pages: _Pages, number: int, page: pdfium.PdfPage, glyphs: PageGlyphs) -> None:
    strange = len(_UNMAPPED.findall(glyphs.text))
    if strange > 0.4 * len(glyphs.text.split()) + 0.3 * len(glyphs.text):
        pages.unmapped.append(number)
        return
    sheets = [sheet for sheet in glyphs.sheets(number, pages.labels[number]) if sheet.segments]
    pages.words.add(glyphs.text)
    if number <= _OPENING:
        pages.opening += glyphs.text[:6000] + "\n"
    if sheets:
        pages.main.add(id(sheets[0]))
        pages.sheets += sheets
    elif _has_picture(page):
        pages.pictures.append(number)


def _has_picture(page: pdfium.PdfPage) -> bool:
    kinds = (pdfium.raw.FPDF_PAGEOBJ_IMAGE, pdfium.raw.FPDF_PAGEOBJ_PATH, pdfium.raw.FPDF_PAGEOBJ_SHADING)
    objects = [thing.type for thing in page.get_objects(max_depth=3)]
    return kinds[0] in objects or sum(kind in kinds for kind in objects) > 20


def _paragraphs(pages: _Pages, body: float, names: list[str], *, slides: bool) -> BlockFlow:
    kept = without_margins(pages.sheets, body, names)
    step = max(1, len(pages.sheets) // _SAMPLE)
    sample = [
        group
        for sheet, segments in zip(pages.sheets[::step], kept[::step], strict=True)
        for group in lines(sheet, segments)
    ]
    flow = BlockFlow(typography(sample, body))
    for sheet, segments in zip(pages.sheets, kept, strict=True):
        flow.add(sheet, lines(sheet, segments), main=id(sheet) in pages.main and not slides)
    return flow


def _blocks(
    paragraphs: list[Paragraph], listed: list[ContentsEntry], pages: _Pages
) -> tuple[tuple[Block, ...], tuple[ContentsEntry, ...]]:
    blocks: list[Block] = []
    places = []
    for paragraph in paragraphs:
        places.append(len(blocks))
        made = block(paragraph, pages.words, pages.labels)
        if made:
            blocks.append(made)
    contents = [
        ContentsEntry(entry.title, entry.depth, places[entry.block], entry.role)
        for entry in listed
        if places[entry.block] < len(blocks)
    ]
    return tuple(blocks), tuple(contents)


def _without_text(pages: _Pages) -> UnreadableError:
    if pages.pictures:
        count = len(pages.pictures)
        what = "1 page that is a picture" if count == 1 else f"{count} pages that are pictures"
        return UnreadableError(
            f"The PDF has no text, but {what}.",
            hint="Run text recognition (OCR) over it, for instance with OCRmyPDF, and add the result.",
        )
    if pages.unmapped:
        return UnreadableError(
            "The text of the PDF cannot be read: its fonts do not say which letters their shapes stand for.",
            hint="Run text recognition (OCR) over it, for instance with OCRmyPDF, and add the result.",
        )
    if pages.broken:
        return UnreadableError(
            f"None of the PDF's pages can be read; {len(pages.broken)} are damaged.",
            hint="Get the file again, or print it to a new PDF in a viewer that shows it.",
        )
    return UnreadableError(
        f"The PDF has no text on its {pages.count} pages." if pages.count > 1 else "The PDF has no text.",
        hint="Check that it is the right file; text in forms and drawings is not read.",
    )


def _warnings(pages: _Pages) -> Iterator[str]:
    # The picture on a cover is no loss of text.
    pictures = [number for number in pages.pictures if pages.count < 4 or number not in (1, pages.count)]
    if pictures:
        yield f"{_named(pictures)} only a picture; run text recognition (OCR) to have the text."
    if pages.unmapped:
        yield f"{_named(pages.unmapped)} text in fonts that do not tell their letters; it was left out."
    if pages.broken:
        yield f"{_named(pages.broken, verb='is', verbs='are')} damaged and was left out."


def _named(numbers: list[int], verb: str = "holds", verbs: str = "hold") -> str:
    """ "Pages 3–5 and 9 hold": physical pages, so that a viewer finds them."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    texts = [f"{first}–{last}" if last > first else str(first) for first, last in spans]
    if len(texts) > 12:
        texts = [*texts[:12], f"{len(texts) - 12} more stretches"]
    if len(numbers) == 1:
        return f"Page {texts[0]} {verb}"
    return f"Pages {', '.join(texts[:-1])}{' and ' if len(texts) > 1 else ''}{texts[-1]} {verbs}"
