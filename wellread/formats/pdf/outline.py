"""Headings and the table of contents of a PDF: from bookmarks that are of use, else from its type."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium

from wellread.content import BlockKind, SectionRole
from wellread.formats.document import ContentsEntry
from wellread.formats.pdf.paragraphs import Paragraph, Typography

_ALNUM = re.compile(r"[\W_]+")
_NUMBERING = re.compile(
    r"^(?:(?i:chapter|part|appendix|section|kapitel|teil|anhang|chapitre)\s+)?(?:(?:\d+|[A-Z])(?:\.\d+)*|[IVXL]+)[.:)]?\s+"
)
_ORDINAL = re.compile(
    r"(?:chapter|part|appendix|section|kapitel|teil|anhang|chapitre)\s+\w+[.:]?|\d{1,2}|[IVXL]{1,5}|[A-H]|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty(?:[ -]\w+)?",
    re.I,
)
_USELESS = re.compile(
    r"(?:page|seite|p\.?)?\s*[\divxlc]+|untitled.*|.*\.(?:pdf|docx?|indd|eps)|blank page", re.I
)
_CONTENTS = re.compile(
    r"(?:(?:table|list) of (?:contents|figures|tables|examples|listings)|(?:brief |short )?contents|"
    r"inhalt(?:sverzeichnis)?|"
    r"table des matières|sommaire|índice general|indice generale)\s*",
    re.I,
)
_GLOSSARY = re.compile(r".*\bglossar(?:y|ies)?", re.I)
_STOP = re.compile(r"[.!?;,]$")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the file's outline. `page` from 1, 0 without one; `y` in points from the page's top."""

    title: str
    depth: int
    page: int
    y: float


def bookmarks(document: pdfium.PdfDocument) -> list[Bookmark]:
    """The file's outline, if it tells more than page numbers or file names; else an empty list."""
    found = []
    count = len(document)
    for bookmark in document.get_toc():
        title = " ".join(bookmark.get_title().replace("\0", "").split())
        target = bookmark.get_dest()
        index = target.get_index() if target else None
        if index is None or not 0 <= index < count or not title:
            found.append(Bookmark(title, bookmark.level, 0, 0.0))
            continue
        mode, view = target.get_view()
        height = _height(document, index)
        at = {
            pdfium.raw.PDFDEST_VIEW_XYZ: 1,
            pdfium.raw.PDFDEST_VIEW_FITH: 0,
            pdfium.raw.PDFDEST_VIEW_FITR: 3,
        }.get(mode)
        y = height - view[at] if at is not None and len(view) > at and view[at] else 0.0
        found.append(Bookmark(title, bookmark.level, index + 1, max(0.0, min(y, height))))
    placed = [bookmark for bookmark in found if bookmark.page and bookmark.title]
    speaking = [bookmark for bookmark in placed if not _USELESS.fullmatch(bookmark.title)]
    if len(speaking) < 2 or len(speaking) < 0.5 * len(found):
        return []
    if count > 3 and len({bookmark.page for bookmark in speaking}) == 1:
        return []
    return speaking


def _height(document: pdfium.PdfDocument, index: int) -> float:
    """The height of a page; 0 for a broken one, so that its bookmarks point to its top."""
    size = pdfium.raw.FS_SIZEF()
    return float(size.height) if pdfium.raw.FPDF_GetPageSizeByIndexF(document.raw, index, size) else 0.0


def outlined(
    paragraphs: list[Paragraph], marks: Sequence[Bookmark], style: Typography
) -> list[tuple[str, int, int]]:
    """Mark as headings what the bookmarks name. Their titles, depths and paragraphs, in reading order."""
    starts = [paragraph.first.page for paragraph in paragraphs]
    used: set[int] = set()
    found: list[tuple[str, int, int]] = []
    for mark in marks:
        at = _destination(paragraphs, starts, mark, used)
        if at is None:
            continue
        if found and at < found[-1][2]:
            at = found[-1][2]
        else:
            named = _names(paragraphs[at], mark.title)
            if named or is_display(paragraphs[at], style):
                _as_heading(paragraphs[at], mark.depth + 1)
                used.add(at)
            while at and _introduces(paragraphs[at - 1], paragraphs[at], style) and at - 1 not in used:
                at -= 1
                _as_heading(paragraphs[at], mark.depth + 1)
        found.append((mark.title, mark.depth, at))
    levels = {_look(paragraphs[number]): paragraphs[number].level for number in used}
    for paragraph in paragraphs:
        # Headings that the outline leaves out, because they have no number or are too small for it.
        if (
            paragraph.first.size >= 1.12 * style.body
            and len(paragraph.text.strip()) > 1  # the letters of an index are not headings
            and is_display(paragraph, style)
        ):
            look = _look(paragraph)
            larger = [level for other, level in levels.items() if other[0] <= look[0]]
            _as_heading(paragraph, levels.get(look, min(larger, default=6)))
    return found


def typeset(paragraphs: list[Paragraph], style: Typography) -> list[tuple[str, int, int]]:
    """Mark as headings what is set like one. Their titles, depths and paragraphs, in reading order."""
    display = [
        number
        for number, paragraph in enumerate(paragraphs)
        if is_display(paragraph, style) and len(paragraph.text.strip()) > 1
    ]
    looks = Counter(_look(paragraphs[number]) for number in display)
    title = None
    if display and paragraphs[display[0]].first.page <= 2:
        # The largest type on the first pages, used nowhere else, is the book's title and no chapter.
        largest = max(looks)
        if looks[largest] <= 2 and len(looks) > 1 and _look(paragraphs[display[0]]) == largest:
            title = display[0]
            del looks[largest]
    levels = {look: level for level, look in enumerate(sorted(looks, reverse=True), 1)}
    found: list[tuple[str, int, int]] = []
    for number in display:
        if number == title:
            _as_heading(paragraphs[number], 1)
            continue
        level = min(levels.get(_look(paragraphs[number]), 1), 6)
        _as_heading(paragraphs[number], level)
        text = " ".join(paragraphs[number].text.split())
        if found and found[-1][2] == number - 1 and _ORDINAL.fullmatch(found[-1][0]):
            found[-1] = (f"{found[-1][0]} {text}", *found[-1][1:])
        else:
            found.append((text, level - 1, number))
    return found


def entries(
    paragraphs: Sequence[Paragraph], found: Sequence[tuple[str, int, int]], style: Typography
) -> list[ContentsEntry]:
    """The table of contents with its roles, completed by what outlines leave out: the list of contents itself
    and the pages before it."""
    result: list[ContentsEntry] = []
    for title, depth, number in found:
        result.append(ContentsEntry(title, depth, number, _role(title)))
    first = result[0].block if result else len(paragraphs)
    before = _before(paragraphs, first, style) if result else []
    return [*before, *result]


def is_display(paragraph: Paragraph, style: Typography) -> bool:
    """Whether a paragraph is set as a heading: larger than the text, or bold on its own."""
    line = paragraph.first
    text = paragraph.text.strip()
    if paragraph.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) or paragraph.entry:
        return False
    if len(paragraph.lines) > 4 or len(text) > 180 or not any(char.isalpha() for char in text):
        return False
    if line.size >= 1.12 * style.body:
        return not (text.endswith((".", ",", ";")) and len(text) > 60)
    if paragraph.kind is BlockKind.LIST_ITEM and not paragraph.marker[:1].isalnum():
        return False
    alone = all(part.bold for part in paragraph.lines) and line.size > 0.95 * style.body
    if len(text) < 2:
        return False
    return (
        alone
        and len(paragraph.lines) <= 2
        and paragraph.above > 1.2
        and not _STOP.search(text)
        and len(text) > 2
    )


def _as_heading(paragraph: Paragraph, level: int) -> None:
    if paragraph.kind is BlockKind.LIST_ITEM:
        paragraph.marker = ""  # "1." of a heading belongs to it
    paragraph.kind, paragraph.level = BlockKind.HEADING, min(max(level, 1), 6)


def _look(paragraph: Paragraph) -> tuple[float, bool]:
    return round(paragraph.first.size * 2) / 2, paragraph.first.bold


def _introduces(before: Paragraph, heading: Paragraph, style: Typography) -> bool:
    """Whether `before` is the "Chapter 5" above the title of chapter 5."""
    return (
        before.first.page == heading.first.page
        and (is_display(before, style) or len(before.text) > 5)
        and bool(_ORDINAL.fullmatch(before.text.strip()))
    )


def _destination(
    paragraphs: Sequence[Paragraph], starts: Sequence[int], mark: Bookmark, used: set[int]
) -> int | None:
    begin, end = bisect_left(starts, mark.page), bisect_left(starts, mark.page + 1)
    near = sorted(range(begin, end), key=lambda number: abs(paragraphs[number].first.box.y0 - mark.y))
    for number in near:
        if number not in used and _names(paragraphs[number], mark.title):
            return number
    for number in range(end, bisect_left(starts, mark.page + 2)):
        if number not in used and number < end + 3 and _names(paragraphs[number], mark.title):
            return number
    for number in range(begin, end):
        if (
            paragraphs[number].first.box.y0 >= mark.y - 4
            and paragraphs[number].kind is not BlockKind.FOOTNOTE
        ):
            return number
    return end if end < len(paragraphs) else None


def _names(paragraph: Paragraph, title: str) -> bool:
    if paragraph.entry or paragraph.kind in (BlockKind.CODE, BlockKind.FOOTNOTE) or len(paragraph.lines) > 5:
        return False
    wanted, text = _letters(title), _letters(paragraph.text)
    bare = _letters(_NUMBERING.sub("", title))
    if not wanted or not text:
        return False
    return text in (wanted, bare) or (len(bare) > 2 and _letters(_NUMBERING.sub("", paragraph.text)) == bare)


def _letters(text: str) -> str:
    return _ALNUM.sub("", text).casefold()


def _role(title: str) -> SectionRole:
    bare = _NUMBERING.sub("", title).strip()
    if _CONTENTS.fullmatch(title) or _CONTENTS.fullmatch(bare):
        return SectionRole.CONTENTS
    if _GLOSSARY.fullmatch(bare):
        return SectionRole.GLOSSARY
    return SectionRole.BODY


def _before(paragraphs: Sequence[Paragraph], first: int, style: Typography) -> Iterator[ContentsEntry]:
    """Entries for what stands before the first one: the title page, the list of contents, a preface."""
    role: SectionRole | None = None
    for number in range(first):
        paragraph = paragraphs[number]
        text = " ".join(paragraph.text.split())
        if _CONTENTS.fullmatch(text) and role is not SectionRole.CONTENTS:
            fresh, title = SectionRole.CONTENTS, text
        elif paragraph.entry and role is not SectionRole.CONTENTS and _entries_from(paragraphs, number) >= 4:
            fresh, title = SectionRole.CONTENTS, "Contents"
        elif (
            role is SectionRole.CONTENTS
            and not _CONTENTS.fullmatch(text)
            and is_display(paragraph, style)
            and _prose_from(paragraphs, number, first)
        ):
            fresh, title = SectionRole.BODY, text
        elif role is None:
            fresh, title = SectionRole.FRONT, "Title page"
        else:
            continue
        if fresh is SectionRole.BODY or role is not fresh:
            yield ContentsEntry(title, 0, number, fresh)
            role = fresh


def _entries_from(paragraphs: Sequence[Paragraph], number: int) -> int:
    return sum(paragraph.entry for paragraph in paragraphs[number : number + 6])


def _prose_from(paragraphs: Sequence[Paragraph], number: int, end: int) -> bool:
    following = paragraphs[number + 1 : min(number + 4, end)]
    return any(len(paragraph.text.split()) > 12 and not paragraph.entry for paragraph in following)
