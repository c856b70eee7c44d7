"""From the segments of a sheet to lines in reading order: columns found, segments of a row joined."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from wellread.content import PageBox
from wellread.formats.pdf.segments import FontRun, Segment, Sheet

_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_MARK = re.compile(r"\s*[\[(]?(\d{1,3}|[*†‡§¶]{1,3}|[a-z])[\])]?\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in its sheet's frame (points, y down). `left` and `right` are the margins of its column.

    `cells` are its parts with wide gaps between: (x0, x1, text). `bold`, `italic` and `mono` are true when
    all its letters are; `centred` when it stands in the middle of its column without filling it.
    """

    text: str
    runs: tuple[FontRun, ...]
    cells: tuple[tuple[float, float, str], ...]
    x0: float
    y0: float
    x1: float
    y1: float
    left: float
    right: float
    size: float
    bold: bool
    italic: bool
    mono: bool
    hyphen: bool
    box: PageBox

    @property
    def page(self) -> int:
        return self.box.page

    @property
    def centred(self) -> bool:
        before, after = self.x0 - self.left, self.right - self.x1
        return before > 2 * self.size and abs(before - after) < 0.15 * (before + after) + 2

    def marks(self) -> Iterable[tuple[int, str]]:
        """Raised small marks that follow a word: the number of the run, the mark."""
        for number, run in enumerate(self.runs):
            if number and run.size < 0.85 * self.size and run.bottom < self.y1 - 0.12 * self.size:
                match = _MARK.fullmatch(run.text)
                if match and not self.runs[number - 1].text[-1:].isspace():
                    yield number, match[1]


def rows(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Segments that stand beside each other, from the top down and in each row in reading direction."""
    found: list[list[Segment]] = []
    top = bottom = 0.0
    for segment in sorted(segments, key=lambda segment: (segment.y0 + segment.y1, segment.x0)):
        overlap = min(bottom, segment.y1) - max(top, segment.y0)
        if found and overlap > 0.5 * min(bottom - top, segment.y1 - segment.y0):
            found[-1].append(segment)
            if segment.y1 - segment.y0 > bottom - top:
                top, bottom = segment.y0, segment.y1
        else:
            found.append([segment])
            top, bottom = segment.y0, segment.y1
    for row in found:
        if len(row) > 1:
            row.sort(key=lambda segment: segment.x0)
            if _RIGHT_TO_LEFT.search(row[0].text) and _RIGHT_TO_LEFT.search(row[-1].text):
                row.reverse()
    return found


def lines(sheet: Sheet, segments: Sequence[Segment]) -> list[list[Line]]:
    """The lines of `segments` (those of the sheet, without its head and foot), by stretches of columns."""
    found = []
    for group in columns(segments):
        left, right = min(part.x0 for part in group), max(part.x1 for part in group)
        found.append([_line(sheet, row, left, right) for row in rows(group)])
    return found


def columns(segments: Sequence[Segment], depth: int = 0) -> list[list[Segment]]:
    """Split `segments` into stretches of columns in reading order; one stretch where there is one column."""
    if not segments:
        return []
    middle = _gutter(segments) if depth < 3 else None
    if middle is None:
        return [list(segments)]
    spanning = sorted((part for part in segments if part.x0 < middle < part.x1), key=lambda part: part.y0)
    left = [part for part in segments if part.x1 <= middle]
    right = [part for part in segments if part.x0 >= middle]
    groups: list[list[Segment]] = []
    above = float("-inf")
    wide: list[Segment] = []
    for bar in [*spanning, None]:
        below = bar.y0 if bar else float("inf")
        sides = [
            [part for part in side if above <= (part.y0 + part.y1) / 2 < below] for side in (left, right)
        ]
        if any(sides):
            if wide:
                groups.append(wide)
                wide = []
            for side in sides:
                groups += columns(side, depth + 1)
        if bar:
            wide.append(bar)
            above = (bar.y0 + bar.y1) / 2
    if wide:
        groups.append(wide)
    return groups


def _gutter(segments: Sequence[Segment]) -> float | None:
    """The x of a white stripe with a column of text on either side, or None.

    Two columns of a table look the same; they are told apart by the order of the file (a table goes row by
    row) or, where the file goes row by row anyway, by lines that fill their column.
    """
    x0, x1 = min(part.x0 for part in segments), max(part.x1 for part in segments)
    width = x1 - x0
    if len(segments) < 8 or sum(part.x0 > x0 + 0.25 * width for part in segments) < 4:
        return None
    size = median(part.size for part in segments)
    edges = sorted(
        {x0 + 0.2 * width, *(part.x1 for part in segments if x0 + 0.2 * width < part.x1 < x0 + 0.8 * width)}
    )
    best: tuple[float, float] | None = None
    for edge in edges:
        crossing = sum(part.x0 < edge + 0.1 and part.x1 > edge + 0.1 for part in segments)
        if crossing > 0.25 * len(segments):
            continue
        starts = [part.x0 for part in segments if part.x0 > edge]
        if not starts:
            continue
        gap = min(starts) - edge
        score = min(gap, 2 * size) - size * crossing
        if gap >= 0.7 * size and (best is None or score > best[0]):
            best = (score, max(edge + gap / 2, min(starts) - size))
    if best is None:
        return None
    middle = best[1]
    left = [part for part in segments if part.x1 <= middle]
    right = [part for part in segments if part.x0 >= middle]
    across = sum(len(part.text) for part in segments if part.x0 < middle < part.x1)
    if across > 0.4 * sum(len(part.text) for part in segments):
        return None
    return middle if _both_columns(left, right) else None


def _both_columns(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    if len(left) < 4 or len(right) < 4:
        return False
    beside = sum(any(part.y0 < other.y1 and other.y0 < part.y1 for other in right) for part in left)
    if beside < max(3, 0.4 * min(len(left), len(right))):
        return False
    sides = sorted([(part.order, 0) for part in left] + [(part.order, 1) for part in right])
    changes = sum(before[1] != after[1] for before, after in pairwise(sides))
    height = min(max(part.y1 for part in side) - min(part.y0 for part in side) for side in (left, right))
    if changes <= max(1, 0.1 * min(len(left), len(right))):
        # Column by column in the file. A few words beside a list of them are a table all the same.
        return height > 6 * median(part.size for part in left)
    return all(
        median(part.x1 - part.x0 for part in side)
        > 0.7 * (max(part.x1 for part in side) - min(part.x0 for part in side))
        and median(len(part.text) for part in side) > 18
        for side in (left, right)
    )


def _line(sheet: Sheet, row: list[Segment], left: float, right: float) -> Line:
    runs: list[FontRun] = []
    for part in row:
        if runs and runs[-1].text[-1:] != " ":
            first = part.runs[0]
            runs.append(FontRun(" " + first.text, first.font, first.size, first.bottom))
            runs += part.runs[1:]
        else:
            runs += part.runs
    if len(runs) == 1:
        run = runs[0]
        size, bold, italic, mono = run.size, run.font.bold, run.font.italic, run.font.mono
    else:
        sizes: dict[float, int] = {}
        bold = italic = mono = True
        for run in runs:
            length = len(run.text.strip())
            sizes[run.size] = sizes.get(run.size, 0) + length
            if any(char.isalnum() for char in run.text):
                bold, italic = bold and run.font.bold, italic and run.font.italic
                mono = mono and run.font.mono
            elif length:
                mono = mono and run.font.mono
        size = max(sizes, key=lambda size: sizes[size])
    x0, y0 = min(part.x0 for part in row), min(part.y0 for part in row)
    x1, y1 = max(part.x1 for part in row), max(part.y1 for part in row)
    return Line(
        "".join(run.text for run in runs),
        tuple(runs),
        tuple((part.x0, part.x1, part.text.strip()) for part in row) if len(row) > 1 else (),
        x0, y0, x1, y1, left, right, size, bold, italic, mono, row[-1].hyphen,
        sheet.page_box(x0, y0, x1, y1),
    )  # fmt: skip
