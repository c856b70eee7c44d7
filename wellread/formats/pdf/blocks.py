"""From paragraphs to blocks: joined lines, boxes, listings with their indentation, footnotes in place."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise

from wellread.content import Block, BlockKind, PdfOrigin
from wellread.formats.pdf.layout import Line
from wellread.formats.pdf.paragraphs import LEADER, Paragraph, Typography, footnotes, goes_on, paragraphs
from wellread.formats.pdf.segments import Sheet
from wellread.formats.pdf.tables import parts
from wellread.formats.pdf.vocabulary import Vocabulary

_SPACES = re.compile(r"\s+")
_DOMAIN = re.compile(r"[\w-]+[./]\w")  # how an address goes on after the dot at which it was broken
_CONTINUED = re.compile(r"\(?continue[sd] (?:on next|from previous) page\)?", re.IGNORECASE)
_FLOATS = (BlockKind.TABLE, BlockKind.CAPTION)


class BlockFlow:
    """The paragraphs of a document, grown sheet by sheet; what a page's end cuts is put together again."""

    def __init__(self, style: Typography):
        self.style = style
        self.paragraphs: list[Paragraph] = []
        self._tail: Paragraph | None = None  # the last paragraph of the running text

    def add(self, sheet: Sheet, groups: Sequence[Sequence[Line]], *, main: bool) -> None:
        """Add the lines of a sheet. `main`: it holds the running text and not notes set at an angle."""
        begin = len(self.paragraphs)
        notes: list[Paragraph] = []
        marks = {mark for group in groups for line in group for _, mark in line.marks()}
        for group in groups:
            kept = [line for line in group if not _CONTINUED.fullmatch(line.text.strip())]
            lines, found = footnotes(kept, marks, self.style, sheet.height)
            notes += found
            fresh: list[Paragraph] = []
            for part in parts(lines, self.style):
                fresh += [part] if isinstance(part, Paragraph) else paragraphs(part, self.style)
            if main:
                self._join(fresh)
            self.paragraphs += fresh
            if fresh and main:
                self._tail = fresh[-1]
        self._place(notes, begin)

    def _join(self, fresh: list[Paragraph]) -> None:
        """Let the first paragraph that can be the rest of the last one be that. Figures may stand between."""
        if not self._tail:
            return
        for number, paragraph in enumerate(fresh):
            between = number > 0
            if goes_on(self._tail, paragraph, self.style) and not (
                between and not paragraph.first.text[:1].islower()
            ):
                self._tail.lines += paragraph.lines
                del fresh[number]
                return
            if paragraph.kind not in _FLOATS:
                return

    def _place(self, notes: list[Paragraph], begin: int) -> None:
        """Footnotes go after the paragraph with their mark, or to the end of what the page has added."""
        for note in notes:
            page = note.first.page
            at = len(self.paragraphs)
            for number in range(max(0, begin - 3), len(self.paragraphs)):
                paragraph = self.paragraphs[number]
                if paragraph.kind is not BlockKind.FOOTNOTE and any(
                    mark == note.marker
                    for line in paragraph.lines
                    if line.page == page
                    for _, mark in line.marks()
                ):
                    paragraph.notes.append(note.marker)
                    at = number + 1
                    while at < len(self.paragraphs) and self.paragraphs[at].kind is BlockKind.FOOTNOTE:
                        at += 1
                    break
            self.paragraphs.insert(at, note)


def block(paragraph: Paragraph, words: Vocabulary, labels: Mapping[int, str]) -> Block | None:
    """The block of a paragraph; None if it has no text."""
    if paragraph.kind is BlockKind.CODE:
        text = _listing(paragraph.lines)
    elif paragraph.kind is BlockKind.TABLE:
        text = unicodedata.normalize("NFC", "\n".join(" | ".join(row) for row in paragraph.rows))
    else:
        text = _prose(paragraph, words)
    text = unicodedata.normalize("NFC", text).strip("\n") if paragraph.kind is BlockKind.CODE else text
    if not text.strip():
        return None
    page = paragraph.first.page
    label = labels[page]
    origin = PdfOrigin(page, label, tuple(line.box for line in paragraph.lines))
    return Block(paragraph.kind, text.strip(), origin, paragraph.level, page=label, marker=paragraph.marker)


def _prose(paragraph: Paragraph, words: Vocabulary) -> str:
    text = ""
    for number, line in enumerate(paragraph.lines):
        piece = _without_marks(line, paragraph.notes)
        if number == 0 and paragraph.marker:
            piece = piece.lstrip().removeprefix("(").removeprefix("[")
            piece = piece.removeprefix(paragraph.marker.removeprefix("(")).lstrip(
                " ]).:" if paragraph.kind is BlockKind.FOOTNOTE else " ])"
            )
        piece = _SPACES.sub(" ", piece).strip()
        if not text:
            text = piece
        elif text.endswith(("-", "\u2010", "\u00ad")) and piece:
            text = words.join(text, piece)
        elif piece:
            text += _between(text, piece) + piece
    text = text.replace("\u00ad", "")
    if paragraph.entry:
        text = LEADER.sub(" … ", text).strip(" …") if text.endswith(".") else LEADER.sub(" … ", text)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()


def _between(before: str, after: str) -> str:
    """What joins two lines: nothing in scripts that are written without spaces and within addresses."""
    if ord(before[-1]) >= 0x2E80 and ord(after[0]) >= 0x2E80 and not "\uac00" <= before[-1] <= "\ud7a3":
        return ""
    last = before.rsplit(maxsplit=1)[-1]
    if "://" in last and (last[-1] in "/?&=_#%" or (last[-1] == "." and _DOMAIN.match(after))):
        return ""
    return " "


def _without_marks(line: Line, notes: Sequence[str]) -> str:
    if not notes:
        return line.text
    gone = {number for number, mark in line.marks() if mark in notes}
    return "".join(run.text for number, run in enumerate(line.runs) if number not in gone)


def _listing(lines: Sequence[Line]) -> str:
    """The lines of a listing, indented by their place, with an empty line for every gap."""
    widths = sorted((line.x1 - line.x0) / len(line.text) for line in lines if line.text)
    width = widths[len(widths) // 2] if widths else 5.0
    left = {line.page: min(other.x0 for other in lines if other.page == line.page) for line in lines}
    pitches = sorted(after.y1 - before.y1 for before, after in pairwise(lines) if after.page == before.page)
    text = ""
    for number, line in enumerate(lines):
        if number:
            before = lines[number - 1]
            gap = line.page == before.page and line.y1 - before.y1 > 1.6 * pitches[0] and pitches[0] > 0
            text += "\n\n" if gap else "\n"
        text += " " * min(60, max(0, round((line.x0 - left[line.page]) / (width or 5.0)))) + line.text.strip()
    return text
