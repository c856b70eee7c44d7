"""From lines to paragraphs: where one ends and what it is, and which go on over a page or column."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from wellread.content import BlockKind
from wellread.formats.pdf.layout import Line

BULLET = re.compile(r"([•‣⁃◦○●■□▪▫▶►▸➢❖✓✔–—*·∙\-])(?:\s+|(?<=[•●▪■▶])(?=\w))(?=\S)")
NUMBER = re.compile(r"(\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,5})[.)])\s+(?=\S)")
CAPTION = re.compile(
    r"(?:figure|fig\.|table|listing|example|diagram|plate|abbildung|abb\.|tabelle|tableau|figura|tabla)\s+"
    r"(?:[A-Z]|[IVX]+|\d+)(?:[.\-–]\d+)*(?P<stop>[:.]?)(?:\s|$)",
    re.IGNORECASE,
)
LEADER = re.compile(r"(?:\s*[.…·]){4,}\s*(?=\S*$)|(?:\s*[.…·]){6,}\s*")
_FOOTNOTE = re.compile(r"[\[(]?(\d{1,3}|[*†‡§¶]{1,3})[\])]?\s*(?=\S)")
_TERMINAL = re.compile(r"[.!?:;…。！？]['\"”’»)\]]*\s*(?:\d{1,3})?$")
_PAGE = re.compile(r"\s[\divxlc]+$")  # the end of an entry in a table of contents
_NUMBERED_TITLE = re.compile(
    r"(?:chapter|part|appendix|kapitel|teil|anhang)?\s*(?:\d+|[A-Z])(?:\.\d+)*\.?\s", re.I
)


@dataclass(frozen=True, slots=True)
class Typography:
    """How a document is set: the size of its text (points), the distance of its lines in sizes, whether new
    paragraphs are indented, whether its text is monospaced (so that such a font means nothing)."""

    body: float
    pitch: float
    indents: bool
    typewriter: bool


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together. `hang` is where the text of a list item begins, after its marker."""

    kind: BlockKind
    lines: list[Line]
    marker: str = ""
    level: int = 0
    hang: float = 0.0
    entry: bool = False  # a line of a table of contents
    above: float = 0.0  # white space above, in pitches; large where it begins a column
    notes: list[str] = field(default_factory=list)  # marks of its footnotes
    rows: list[list[str]] = field(default_factory=list)  # of a table

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def last(self) -> Line:
        return self.lines[-1]

    @property
    def text(self) -> str:
        """Its lines, as they are; enough to look at how it begins."""
        return " ".join(line.text for line in self.lines)


def typography(groups: Sequence[Sequence[Line]], body: float) -> Typography:
    """What the lines of (a sample of) the document tell about how it is set."""
    pitches, indents, mono, letters = Counter[float](), 0, 0, 0
    paragraphs = 0
    for group in groups:
        for line in group:
            letters += len(line.text)
            mono += len(line.text) if line.mono else 0
        for before, line in pairwise(group):
            if abs(before.size - body) < 0.6 and abs(line.size - body) < 0.6 and not line.mono:
                pitches[round((line.y1 - before.y1) / body, 1)] += 1
        for before, line, after in zip(group, group[1:], group[2:], strict=False):
            if before.x0 == after.x0 and _TERMINAL.search(before.text) and not _marker(line):
                paragraphs += 1
                indents += 0.8 < (line.x0 - before.x0) / body < 4
    usual = {pitch: count for pitch, count in pitches.items() if 0.9 <= pitch <= 3.2}
    pitch = max(usual, key=lambda pitch: usual[pitch]) if usual else 1.2
    return Typography(body, pitch, indents > 0.2 * paragraphs, mono > 0.7 * letters)


def paragraphs(group: Sequence[Line], style: Typography) -> list[Paragraph]:
    """The paragraphs of one stretch of a column."""
    found: list[Paragraph] = []
    for number, line in enumerate(group):
        after = group[number + 1] if number + 1 < len(group) else None
        before = group[number - 1] if number else None
        current = found[-1] if found else None
        if current and before and not _breaks(current, before, line, after, style, group):
            current.lines.append(line)
            continue
        paragraph = _begin(line, before, after, style)
        paragraph.above = _distance(before, line, style) if before else 9.0
        found.append(paragraph)
    _settle(found, style)
    return found


def footnotes(
    group: Sequence[Line], marks: Collection[str], style: Typography, height: float
) -> tuple[list[Line], list[Paragraph]]:
    """The lines without the footnotes at the column's end, and those. `marks` are the raised marks of its
    page.

    A footnote is in small type and begins with a mark that is raised itself or was met in the text.
    """
    notes: list[Paragraph] = []
    rest: list[Line] = []
    number = len(group)
    while number and group[number - 1].size < 0.93 * style.body and group[number - 1].y0 > 0.3 * height:
        number -= 1
        line = group[number]
        rest.insert(0, line)
        match = None if line.mono else _FOOTNOTE.match(line.text)
        raised = len(line.runs) > 1 and line.runs[0].size < 0.9 * line.size
        if match and (raised or match[1] in marks) and all(note.marker != match[1] for note in notes):
            notes.insert(0, Paragraph(BlockKind.FOOTNOTE, rest, match[1]))
            rest = []
    return [*group[:number], *rest], notes


def goes_on(before: Paragraph, after: Paragraph, style: Typography) -> bool:
    """Whether `after`, which begins a page or column, is the rest of `before`, which ends the one before."""
    last, first = before.last, after.first
    if abs(last.size - first.size) > 0.12 * last.size or after.marker or after.entry or before.entry:
        return False
    if before.kind is BlockKind.CODE or after.kind is BlockKind.CODE:
        return before.kind is after.kind
    prose = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.FOOTNOTE)
    if before.kind not in prose or after.kind not in prose or last.bold != first.bold:
        return False
    if last.hyphen or last.text.endswith(("-", "\u00ad", ",", ";")):
        return True
    if first.text[:1].islower():
        aligned = abs((first.x0 - first.left) - (last.x0 - last.left)) < 0.7 * last.size
        return not _TERMINAL.search(last.text) or (aligned and _full(last, first))
    if last.x1 - last.left < 12 * last.size:
        return False  # too short a line to say that it is full
    if first.mono != last.mono and _TERMINAL.search(last.text):
        return False  # a term that begins the page
    if (first.text[:1].isalpha() or first.text[:1] in "([“‘\"'«„") and not _TERMINAL.search(last.text):
        return _full(last, first)
    if not _full(last, first) or last.text.rstrip().endswith(":"):
        return False
    if before.kind is BlockKind.LIST_ITEM:
        return after.first.x0 - after.first.left > 0.8 * style.body or len(before.lines) > 1
    indented = first.x0 - first.left > 0.8 * first.size
    return not indented and (style.indents or last.right - last.x1 < 0.5)


def _begin(line: Line, before: Line | None, after: Line | None, style: Typography) -> Paragraph:
    if LEADER.search(line.text):
        return Paragraph(BlockKind.PARAGRAPH, [line], entry=True)
    if line.mono and not style.typewriter:
        return Paragraph(BlockKind.CODE, [line])
    match = _marker(line)
    if match and (match.re is BULLET or _is_enumerated(line, before, after, match, style)):
        hang = line.x0 + (line.x1 - line.x0) * match.end() / max(len(line.text), 1)
        if len(line.cells) > 1 and line.cells[0][2] == match[1]:
            hang = line.cells[1][0]
        return Paragraph(BlockKind.LIST_ITEM, [line], match[1], hang=hang)
    if (match := CAPTION.match(line.text)) and (match["stop"] or line.bold or line.centred or line.italic):
        return Paragraph(BlockKind.CAPTION, [line])
    return Paragraph(BlockKind.PARAGRAPH, [line])


def _marker(line: Line) -> re.Match[str] | None:
    return BULLET.match(line.text) or NUMBER.match(line.text)


def _is_enumerated(
    line: Line, before: Line | None, after: Line | None, match: re.Match[str], style: Typography
) -> bool:
    if line.size > 1.1 * style.body or (line.bold and not (after and not after.bold)):
        return False
    if match[1][0].isalpha() and match[1][-1] == "." and match[1].isupper():
        return False  # somebody's initial
    indented = line.x0 > line.left + 0.8 * line.size
    hangs = (
        after is not None and after.x0 > line.x0 + 0.8 * line.size and _distance(line, after, style) < 1.25
    )
    listed = after is not None and _marker(after) is not None
    return before is None or indented or hangs or listed or _distance(before, line, style) > 1.25


def _distance(before: Line, line: Line, style: Typography) -> float:
    """How far `line` is below `before`, in usual distances of lines of its size."""
    return (line.y1 - before.y1) / (style.pitch * min(max(line.size, before.size), 1.5 * style.body))


def _breaks(
    current: Paragraph, before: Line, line: Line, after: Line | None, style: Typography, group: Sequence[Line]
) -> bool:
    distance = _distance(before, line, style)
    limit = 1.25
    if len(current.lines) > 1:
        own = (before.y1 - current.lines[-2].y1) / (before.size * style.pitch)
        limit = max(limit, 1.2 * own)
    if current.kind is BlockKind.CODE:
        inline = not line.mono or abs(line.size - before.size) > 0.3
        return inline or distance > 2.4
    if abs(line.size - before.size) > 0.12 * before.size or distance > limit or distance < 0:
        return True
    if current.entry or (LEADER.search(line.text) and not _is_wrapped_entry(before, line)):
        return True
    full = _full(before, line)
    open_end = full and not _TERMINAL.search(before.text)
    if line.mono and not before.mono and not style.typewriter:
        return not (open_end and abs(line.x0 - before.x0) < 0.5 * line.size and not (after and after.mono))
    if line.bold != before.bold and not open_end:
        return True
    match = _marker(line)
    if match and (match.re is BULLET or _is_enumerated(line, before, after, match, style)):
        return not (match[1] in "–—-*·" and open_end and line.x0 <= before.x0)
    if before.size > 1.1 * style.body:
        return bool(_NUMBERED_TITLE.match(line.text)) and not open_end
    if before.hyphen:
        return False
    if CAPTION.match(line.text) and not open_end:
        return True
    shift = (line.x0 - before.x0) / line.size
    if current.kind is BlockKind.LIST_ITEM:
        if len(current.lines) == 1:
            if line.x0 < before.x0 + 0.4 * line.size and not open_end:
                return True
        elif abs(shift) > 0.7:
            return True
    elif shift > 0.7:
        if before.centred and line.centred:
            return not full
        hanging = len(current.lines) == 1 and full and after is not None and abs(after.x0 - line.x0) < 1
        return not (hanging or (len(current.lines) == 1 and open_end))
    elif shift < -0.7 and not (before.centred or line.centred):
        return len(current.lines) > 1 or -shift > 5 or not full
    if full:
        return False
    # The first word would have gone on the line before: its end was meant.
    if not _TERMINAL.search(before.text):
        share = (before.x1 - before.left) / max(before.right - before.left, 1.0)
        if share > (0.5 if line.text[:1].islower() else 0.75) and not before.centred:
            return False
    return not _is_narrow(before, group, style)


def _is_wrapped_entry(before: Line, line: Line) -> bool:
    return (
        not LEADER.search(before.text)
        and not _PAGE.search(before.text)
        and line.x0 > before.x0 + 0.5 * line.size
        and _full(before, line, 0.75)
    )


def _full(before: Line, line: Line, share: float = 1.0) -> bool:
    """Whether the first word of `line` would not have fitted at the end of `before`."""
    word = line.text.split(maxsplit=1)[0] if line.text.strip() else ""
    width = (line.x1 - line.x0) / max(len(line.text), 1)
    right = before.left + (before.right - before.left) * share
    return before.x1 + (len(word) + 1) * width > right - 0.2 * before.size


def _is_narrow(before: Line, group: Sequence[Line], style: Typography) -> bool:
    """Whether `before` fills a narrower measure: that of a block quotation or of an indented list."""
    at = next(number for number, line in enumerate(group) if line is before)
    first, last = at, at
    while first and _is_close(group[first - 1], group[first], style):
        first -= 1
    while last + 1 < len(group) and _is_close(group[last], group[last + 1], style):
        last += 1
    ends = [line.x1 for line in group[first : last + 1]]
    flush = sum(max(ends) - end < 0.1 * before.size for end in ends)
    return len(ends) > 2 and 2 * flush >= len(ends) and max(ends) - before.x1 < 0.1 * before.size


def _is_close(before: Line, line: Line, style: Typography) -> bool:
    return (
        abs(before.x0 - line.x0) < 1
        and before.size == line.size
        and 0 < _distance(before, line, style) < 1.25
    )


def _settle(found: list[Paragraph], style: Typography) -> None:
    """Second thoughts, with all paragraphs of the column known: terms are not code; levels of list items."""
    for paragraph, after in pairwise(found):
        if (
            paragraph.kind is BlockKind.CODE
            and len(paragraph.lines) <= 2
            and after.kind is BlockKind.PARAGRAPH
            and after.above < 1.3
            and after.first.x0 > paragraph.first.x0 + 0.8 * style.body
        ):
            paragraph.kind = BlockKind.PARAGRAPH  # a term that is defined below it
    steps: list[float] = []
    for paragraph in found:
        if paragraph.kind is not BlockKind.LIST_ITEM:
            if paragraph.first.x0 <= paragraph.first.left + 0.5 * style.body:
                steps = []
            continue
        x0 = paragraph.first.x0
        while steps and steps[-1] > x0 + 0.5 * style.body:
            steps.pop()
        if not steps or steps[-1] < x0 - 0.5 * style.body:
            steps.append(x0)
        paragraph.level = len(steps)
