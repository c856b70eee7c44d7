"""Tables: rows of cells that keep to the same columns over several lines."""

from collections.abc import Sequence
from itertools import pairwise

from wellread.content import BlockKind
from wellread.formats.pdf.layout import Line
from wellread.formats.pdf.paragraphs import BULLET, LEADER, NUMBER, Paragraph, Typography

_ROWS = 3  # fewer rows of two cells or more may stand below each other by chance
_LONG_CELL = 90  # characters; two columns of which one holds more are terms and their explanations
_Columns = list[tuple[float, float]]


def parts(group: Sequence[Line], style: Typography) -> list[Paragraph | list[Line]]:
    """The stretch of a column as tables and the stretches of lines between them."""
    found: list[Paragraph | list[Line]] = []
    rest: list[Line] = []
    at = 0
    while at < len(group):
        stop = _end(group, at, style) if _has_cells(group[at]) else at
        table = _table(group[at:stop], style) if stop > at else None
        if table:
            if rest:
                found.append(rest)
            found.append(table)
            rest, at = [], stop
        else:
            rest.append(group[at])
            at += 1
    if rest:
        found.append(rest)
    return found


def _has_cells(line: Line) -> bool:
    if len(line.cells) < 2 or line.mono or LEADER.search(line.text):
        return False
    return not (BULLET.match(line.text) or NUMBER.match(line.text))


def _end(group: Sequence[Line], start: int, style: Typography) -> int:
    """How far the lines from `start` keep to the same columns."""
    columns: _Columns = []
    stop = start
    for number in range(start, len(group)):
        line = group[number]
        if number > start:
            distance = (line.y1 - group[number - 1].y1) / (style.pitch * style.body)
            if distance > 2.6 or distance < 0 or LEADER.search(line.text):
                break
        spans = [(x0, x1) for x0, x1, _ in line.cells] or [(line.x0, line.x1)]
        fitted = _fitted(columns, spans, gap=0.4 * style.body)
        if fitted is None:
            break
        if len(spans) > 1:
            if not _has_cells(line):
                break
            columns, stop = fitted, number + 1
        else:
            # A cell that goes on. What follows the table stands further away or across its columns.
            hit = [place for place, column in enumerate(columns) if _overlap(column, spans[0])]
            near = number > start and line.y1 - group[number - 1].y1 < 1.2 * style.pitch * style.body
            if not near or not hit or spans[0][0] < columns[hit[0]][0] - 3:
                break
            if hit == [0] and spans[0][1] > columns[0][1] + 1:
                break
            columns, stop = fitted, number + 1
    return stop


def _fitted(columns: _Columns, spans: Sequence[tuple[float, float]], gap: float) -> _Columns | None:
    """The columns, widened by the cells of one more row; None if a cell stands across two of them."""
    wider = list(columns)
    for span in spans:
        hits = [place for place, column in enumerate(wider) if _overlap(column, span)]
        if len(hits) > 1:
            return None
        if hits:
            column = wider[hits[0]]
            wider[hits[0]] = (min(column[0], span[0]), max(column[1], span[1]))
        else:
            wider.append(span)
    wider.sort()
    if any(after[0] - before[1] < gap for before, after in pairwise(wider)):
        return None
    if columns and len(wider) > len(columns) + 1:
        return None
    return wider


def _overlap(column: tuple[float, float], span: tuple[float, float]) -> bool:
    return min(column[1], span[1]) > max(column[0], span[0])


def _table(lines: Sequence[Line], style: Typography) -> Paragraph | None:
    if sum(len(line.cells) > 1 for line in lines) < _ROWS:
        return None
    columns: _Columns = []
    for line in lines:
        spans = [(x0, x1) for x0, x1, _ in line.cells] or [(line.x0, line.x1)]
        columns = _fitted(columns, spans, 0.0) or columns
    rows: list[list[list[str]]] = []
    for line, begins in zip(lines, _row_starts(lines, len(columns), style), strict=True):
        if begins:
            rows.append([[] for _ in columns])
        for x0, x1, text in line.cells or ((line.x0, line.x1, line.text),):
            place = next(place for place, column in enumerate(columns) if _overlap(column, (x0, x1)))
            rows[-1][place].append(text.strip())
    texts = [[" ".join(cell) for cell in row] for row in rows]
    lengths = sorted(len(row[-1]) for row in texts)
    if len(texts) < 2 or (len(columns) == 2 and lengths[-1] > _LONG_CELL):
        return None
    return Paragraph(BlockKind.TABLE, list(lines), rows=texts)


def _row_starts(lines: Sequence[Line], columns: int, style: Typography) -> list[bool]:
    """For each line whether it begins a row; the others go on with the cells of the row."""
    steps = [after.y1 - before.y1 for before, after in pairwise(lines)]
    overlapping = 0.85 * style.pitch * style.body  # cells of one row that are centred in height
    tightest = min((step for step in steps if step > overlapping), default=0.0)
    counts = [max(len(line.cells), 1) for line in lines]
    tight = [number for number, step in enumerate(steps, 1) if overlapping < step <= 1.15 * tightest]
    partial = sum(counts[number] < columns for number in tight)
    # Rows with white space between them, in which the tight lines are those that go on.
    padded = len(tight) < len(steps) and partial >= 0.5 * len(tight)
    starts = [True]
    for number, step in enumerate(steps, 1):
        line = lines[number]
        if step <= overlapping:
            starts.append(False)
        elif padded:
            starts.append(number not in tight)
        else:
            first = line.cells[0][0] if line.cells else line.x0
            starts.append(first < min(other.x0 for other in lines) + 2 * style.body and counts[number] > 1)
    for number in range(1, len(lines) - 1):
        # The upper part of a cell that is centred beside its row: the row begins with it.
        if not starts[number + 1] and steps[number] <= overlapping and steps[number - 1] > overlapping:
            starts[number] = True
    return starts
