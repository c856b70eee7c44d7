"""From a page of pdfium to segments: stretches of words on one line, with their box and their fonts.

pdfium finds the words (it also puts spaces where a file has only gaps). Asking it for the box and font of
every character would cost more than all the rest: a line is asked for its fonts by halves until both ends of
a stretch are of one text object; a word for its first character, and its last only where a gap is in doubt.
"""

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from wellread.formats.pdf.painted_ground import PaintedGround, is_unseen
from wellread.formats.pdf.segments import Font, FontRun, Segment, Sheet, plain

_LINE = re.compile(r"[^\r\n\ufffe]+")
_WORD = re.compile(r"[^\s\ufffe]+")
_HYPHEN = "\ufffe"  # what pdfium gives for a hyphen at the end of a line, together with the line's end
_BOLD = re.compile(r"bold|black|heavy|demi|\bbd|cmbx|cmssbx|sfbx|-b$|,b$|medi$", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|slant|cmti|cmsl|sfti|-it$", re.IGNORECASE)
_MONO = re.compile(
    r"mono|courier|consol|typewriter|cmtt|cmsltt|sftt|cmvtt|menlo|code|inconsol|fixed|nimbusmon", re.I
)
_ORNAMENT = re.compile(r"l?circlew?\d|line\d+$", re.IGNORECASE)  # TeX's fonts of pieces of frames
_FIXED_PITCH, _ITALIC_FLAG, _FORCE_BOLD = 1, 1 << 6, 1 << 18


@dataclass(frozen=True, slots=True)
class _Style:
    """What is the same for all characters of one text object."""

    font: Font
    size: float
    quarter: int  # direction of the text: 0 to the right, 1 upwards, 2 to the left, 3 downwards; −1 aslant
    unseen: bool = False  # on paper: it is white or not drawn at all


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Words of one style on one line: where each begins and ends. `spaced`: white space stands before it."""

    style: _Style
    spans: list[tuple[int, int]]
    spaced: bool


class _OpenSegment:
    """A segment that still grows; when it closes it goes to the end of `done`, and the next one begins."""

    def __init__(self, quarter: int, done: list[Segment]):
        self.quarter, self.done = quarter, done
        self.runs: list[FontRun] = []
        self.x0 = self.y0 = self.x1 = self.y1 = 0.0

    def add(self, text: str, style: _Style, x0: float, y0: float, x1: float, y1: float) -> None:
        if not self.runs:
            text = text.lstrip()
            if text:
                self.runs = [FontRun(text, style.font, style.size, y1)]
                self.x0, self.y0, self.x1, self.y1 = x0, y0, x1, y1
            return
        last = self.runs[-1]
        if last.font is style.font and last.size == style.size:
            self.runs[-1] = FontRun(last.text + text, last.font, last.size, last.bottom)
        else:
            self.runs.append(FontRun(text, style.font, style.size, y1))
        self.x0, self.y0 = min(self.x0, x0), min(self.y0, y0)
        self.x1, self.y1 = max(self.x1, x1), max(self.y1, y1)

    def close(self, hyphen: bool = False) -> None:
        if self.runs:
            if hyphen:
                last = self.runs[-1]
                self.runs[-1] = FontRun(last.text + "-", last.font, last.size, last.bottom)
            runs, box = tuple(self.runs), (self.x0, self.y0, self.x1, self.y1)
            self.done.append(Segment(runs, *box, len(self.done), hyphen))
        self.runs = []


class PageGlyphs:
    """The characters of one open page. Closed by the one who opened `page` and `text_page`."""

    def __init__(self, page: pdfium.PdfPage, text_page: pdfium.PdfTextPage, fonts: "FontCase"):
        self._page = page
        self._fonts = fonts
        self._raw = text_page.raw
        self._handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
        self._styles: dict[int, _Style] = {}
        self._page_fonts: dict[int, Font] = {}
        self._matrix = c.FS_MATRIX()
        self._rect = c.FS_RECTF()
        self._rect_at = ctypes.addressof(self._rect)
        self._ground = PaintedGround(page)
        self._edges = tuple(ctypes.c_double() for _ in range(4))
        self.text = self._read()

    def _read(self) -> str:
        """The page's text; its positions are pdfium's character indexes."""
        count = c.FPDFText_CountChars(self._raw)
        if count <= 0:
            return ""
        buffer = (ctypes.c_ushort * (count + 1))()
        written = c.FPDFText_GetText(self._raw, 0, count, buffer)
        text = bytes(memoryview(buffer)[:count]).decode("utf-16-le", "surrogatepass")
        if written == count + 1 and len(text) == count and "\0" not in text:
            return text
        # pdfium left some out, or some are beyond the basic plane: one by one, to keep the positions.
        codes = (c.FPDFText_GetUnicode(self._raw, index) for index in range(count))
        return "".join(chr(code) if 0 < code < 0x110000 else "\ufffd" for code in codes)

    def sheets(self, number: int, label: str) -> list[Sheet]:
        """The page's text, one sheet for each direction it runs in, the main one first."""
        left, bottom, right, top = self._page.get_bbox()
        frames = {quarter: _PageFrame(max(quarter, 0), left, bottom, right, top) for quarter in range(-1, 4)}
        segments: dict[int, list[Segment]] = {}
        for line in _LINE.finditer(self.text):
            hyphen = self.text[line.end() : line.end() + 1] == _HYPHEN
            open_segment: _OpenSegment | None = None
            for chunk in self._chunks(line.start(), line.end()):
                if chunk.style.unseen and not self._ground.lies_under(
                    self._box(*chunk.spans[0], chunk.style)
                ):
                    continue
                quarter = chunk.style.quarter
                if open_segment is None or open_segment.quarter != quarter:
                    if open_segment:
                        open_segment.close()
                    found = segments.setdefault(quarter, [])
                    open_segment = _OpenSegment(quarter, found)
                self._extend(open_segment, frames[quarter], chunk)
            if open_segment:
                if hyphen:
                    box = self._box(line.end(), line.end() + 1, chunk.style)
                    open_segment.x1 = max(open_segment.x1, frames[quarter].box(*box)[2])
                open_segment.close(hyphen)
        weights = {quarter: sum(len(part.text) for part in found) for quarter, found in segments.items()}
        if len(weights) > 1:
            weights.pop(-1, None)  # aslant: a watermark or stamp; kept only where it is all there is
        shown = c.FPDFPage_GetRotation(self._page.raw) % 4
        return [
            Sheet(
                number,
                label,
                frames[quarter].width,
                frames[quarter].height,
                (frames[quarter].quarter - shown) % 4,
                tuple(part for part in segments[quarter] if frames[quarter].shows(part)),
            )
            for quarter in sorted(weights, key=lambda quarter: -weights[quarter])
        ]

    def _chunks(self, start: int, stop: int) -> list["_Chunk"]:
        """The words between two characters of one line, joined to stretches of one style."""
        spans = [match.span() for match in _WORD.finditer(self.text, start, stop)]
        ends = [end for first, last in spans for end in (first, last - 1)]
        objects = [0] * len(ends)
        self._fill(objects, ends, 0, len(ends) - 1)
        chunks: list[_Chunk] = []
        current = 0
        for number, span in enumerate(spans):
            text_object = objects[2 * number]
            if text_object != objects[2 * number + 1]:
                parts = self._parts(*span)
                current = 0
            elif text_object == current:
                chunks[-1].spans.append(span)
                continue
            else:
                parts = [(*span, text_object)]
                current = text_object
            for begin, end, part in parts:
                if part and not _ORNAMENT.match(self._style(part, begin).font.name):
                    chunks.append(
                        _Chunk(self._style(part, begin), [(begin, end)], begin > start and begin == span[0])
                    )
        return chunks

    def _fill(self, objects: list[int], at: list[int], low: int, high: int) -> None:
        """Set `objects[low:high + 1]` to the text objects of the characters `at`; what lies between two
        characters of one object belongs to it."""
        if low > high:
            return
        find = self._fonts.text_object
        first = find(self._handle, at[low]) or 0
        last = first if low == high else find(self._handle, at[high]) or 0
        if first == last:
            objects[low : high + 1] = [first] * (high + 1 - low)
        else:
            objects[low], objects[high] = first, last
            middle = (low + high) // 2
            self._fill(objects, at, low + 1, middle)
            self._fill(objects, at, middle + 1, high - 1)

    def _parts(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        objects = [self._fonts.text_object(self._handle, index) or 0 for index in range(start, stop)]
        known = next((found for found in objects if found), 0)
        parts: list[tuple[int, int, int]] = []
        for index, found in enumerate(objects, start):
            text_object = found or (parts[-1][2] if parts else known)  # pdfium made the character up
            if parts and (
                parts[-1][2] == text_object
                or self._style(parts[-1][2], parts[-1][0]) == self._style(text_object, index)
            ):
                parts[-1] = (parts[-1][0], index + 1, parts[-1][2])
            else:
                parts.append((index, index + 1, text_object))
        return parts

    def _style(self, text_object: int, index: int) -> "_Style":
        style = self._styles.get(text_object)
        if style is None:
            matrix = self._matrix
            c.FPDFText_GetMatrix(self._raw, index, matrix)
            size = c.FPDFText_GetFontSize(self._raw, index) * math.hypot(matrix.c, matrix.d)
            turns = math.atan2(matrix.b, matrix.a) / (math.pi / 2)
            quarter = round(turns) % 4 if abs(turns - round(turns)) < 0.1 else -1
            handle = self._fonts.font_of(text_object) or 0
            font = self._page_fonts.get(handle)
            if font is None:
                font = self._page_fonts[handle] = self._fonts.font(handle)
            unseen = is_unseen(text_object)
            style = self._styles[text_object] = _Style(font, round(abs(size), 1) or 1.0, quarter, unseen)
        return style

    def _extend(self, segment: "_OpenSegment", frame: "_PageFrame", chunk: "_Chunk") -> None:
        """Add the chunk's words to `segment`, which closes itself at every wide gap and shift of the line."""
        style = chunk.style
        upright, mono, size = style.quarter == 0, style.font.mono, style.size
        limit = (3.2 if mono else 1.0) * size
        left, top, right, bottom = frame.box(*self._box(*chunk.spans[0], style))
        shift = left - segment.x1
        if segment.runs and (
            shift > limit
            or left < segment.x0 - size
            or min(bottom, segment.y1) - max(top, segment.y0)
            < 0.25 * min(bottom - top, segment.y1 - segment.y0)
        ):
            segment.close()
        space = " " if chunk.spaced else ""
        if space and mono and segment.runs:
            space *= max(1, min(40, round(shift / ((right - left) or size))))
        begin = chunk.spans[0][0]
        text, width = "", right - left
        before = chunk.spans[0]
        rect, rect_at, handle, loose_box = self._rect, self._rect_at, self._handle, self._fonts.loose_box
        shown = frame.left
        reach = left + (width if mono else 0.4 * size) * (before[1] - before[0]) if upright else right
        for span in chunk.spans[1:]:
            if upright:
                loose_box(handle, span[0], rect_at)
                at = rect.left - shown
                until = at + (width if mono else 0.4 * size) * (span[1] - span[0])
            else:
                at, _, until, _ = frame.box(*self._box(*span, style))
            gap = at - reach
            if upright and gap > limit:
                # Where the word before ends was a guess from its length; now it matters.
                loose_box(handle, before[1] - 1, rect_at)
                reach = max(left, rect.right - shown)
                gap = at - reach
            if gap > limit or at < left - size:
                segment.add(
                    space + text + plain(self.text[begin : before[1]]), style, left, top, reach, bottom
                )
                segment.close()
                begin, left, text, space = span[0], at, "", ""
            elif mono and span[0] - before[1] == 1 and width and gap > 1.5 * width:
                text += plain(self.text[begin : before[1]]) + " " * (min(40, round(gap / width)) - 1)
                begin = before[1]
            before, reach = span, until
        if upright:
            loose_box(handle, before[1] - 1, rect_at)
            reach = max(left, rect.right - shown)
        segment.add(space + text + plain(self.text[begin : before[1]]), style, left, top, reach, bottom)

    def _box(self, start: int, stop: int, style: "_Style") -> tuple[float, float, float, float]:
        """Left, bottom, right, top in user space: of the first character where the text is upright (pdfium's
        loose boxes, which hold only for such), else of all characters (their tight boxes)."""
        if style.quarter == 0:
            rect = self._rect
            self._fonts.loose_box(self._handle, start, self._rect_at)
            return rect.left, rect.bottom, rect.right, rect.top
        x0, x1, y0, y1 = self._edges
        boxes = []
        for index in range(start, stop):
            c.FPDFText_GetCharBox(self._raw, index, x0, x1, y0, y1)
            boxes.append((x0.value, y0.value, x1.value, y1.value))
        return (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )


class FontCase:
    """The fonts of one document, each one object, and pdfium's cheapest ways to ask about characters.

    The functions are pdfium's own, bound once more with plain integers for pointers: through the types of
    pypdfium2 a call takes twice as long.
    """

    def __init__(self) -> None:
        self._fonts: dict[tuple[str, int], Font] = {}
        self.text_object = _bound(c.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
        self.font_of = _bound(c.FPDFTextObj_GetFont, ctypes.c_void_p, ctypes.c_void_p)
        self.loose_box = _bound(
            c.FPDFText_GetLooseCharBox, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
        )
        self._name = _bound(
            c.FPDFFont_GetBaseFontName, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
        )
        self._flags = _bound(c.FPDFFont_GetFlags, ctypes.c_int, ctypes.c_void_p)

    def font(self, handle: int) -> Font:
        name, flags = "", 0
        if handle:
            buffer = ctypes.create_string_buffer(200)
            self._name(handle, buffer, 200)
            name = buffer.value.decode("latin-1").split("+")[-1]
            flags = max(0, self._flags(handle))
        known = self._fonts.get((name, flags))
        if known is None:
            known = self._fonts[name, flags] = Font(
                name,
                bool(_BOLD.search(name) or flags & _FORCE_BOLD),
                bool(_ITALIC.search(name) or flags & _ITALIC_FLAG),
                bool(_MONO.search(name) or flags & _FIXED_PITCH),
            )
        return known


def _bound(function: Any, result: Any, *arguments: Any) -> Any:
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.CFUNCTYPE(result, *arguments)(address)


class _PageFrame:
    """Turns boxes of user space into a frame in which text of direction `quarter` is upright, y downwards."""

    def __init__(self, quarter: int, left: float, bottom: float, right: float, top: float):
        self.quarter, self.left, self._bottom, self._right, self._top = quarter, left, bottom, right, top
        self.width, self.height = (
            (top - bottom, right - left) if quarter % 2 else (right - left, top - bottom)
        )

    def shows(self, segment: Segment) -> bool:
        """Whether any of it lies on the page."""
        return segment.x1 > 0 and segment.y1 > 0 and segment.x0 < self.width and segment.y0 < self.height

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        if self.quarter == 0:
            return left - self.left, self._top - top, right - self.left, self._top - bottom
        if self.quarter == 1:
            return bottom - self._bottom, left - self.left, top - self._bottom, right - self.left
        if self.quarter == 2:
            return self._right - right, bottom - self._bottom, self._right - left, top - self._bottom
        return self._top - top, self._right - right, self._top - bottom, self._right - left
