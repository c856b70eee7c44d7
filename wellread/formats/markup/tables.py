"""A table of a page as lines of text: the header first, cells joined by " | ", spanned rows filled in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from wellread.formats.markup.elements import Display, Displays, Meaning

SEPARATOR = " | "
_EMPTY_CORNER = "—"  # a line that began with a separator would lose it with the white space around the table
_MAX_SPAN = 100  # columns; a wider span is a mistake or an attack
_MAX_REPEATED = 200  # characters of a cell that is said again in each row that it spans
_LOOKED_AT = 5_000  # elements, when it is decided whether a table is one
_STRUCTURAL = (Display.HEADING, Display.PRE, Display.TABLE)


@dataclass(slots=True)
class _Cell:
    text: str
    columns: int
    rows: int


@dataclass(slots=True)
class Grid:
    """A table while it is read. `part` orders rows: 0 a header, 1 the body, 2 a footer."""

    part: int = 1
    _rows: list[tuple[int, list[_Cell]]] = field(default_factory=list)

    def open(self, element: Any, display: Display) -> None:
        """Go on to a row, or to the head, body or foot of the table."""
        if display is Display.ROW:
            self._rows.append((self.part, []))
        else:
            self.part = 0 if element.tag.endswith("thead") else 2 if element.tag.endswith("tfoot") else 1

    def cell(self, text: str, attributes: Any) -> None:
        if not self._rows:
            self._rows.append((self.part, []))
        columns = min(_span(attributes.get("colspan")), _MAX_SPAN)
        self._rows[-1][1].append(_Cell(text, columns, _span(attributes.get("rowspan"))))

    def text(self) -> str:
        """The rows as lines. A cell that spans rows is said again in each, one that spans columns only
        once."""
        lines = []
        for part in (0, 1, 2):
            rows = [cells for row_part, cells in self._rows if row_part == part]
            lines += _lines(rows)
        return "\n".join(lines)


def _lines(rows: list[list[_Cell]]) -> list[str]:
    lines = []
    hanging: dict[int, tuple[str, int]] = {}  # column → text and rows still to fill
    for cells in rows:
        line: list[str] = []
        waiting = iter(cells)
        cell = next(waiting, None)
        last_hanging = max(hanging, default=-1)
        while cell is not None or len(line) <= last_hanging:
            column = len(line)
            if column in hanging:
                text, left = hanging.pop(column)
                line.append(text)
                if left > 1:
                    hanging[column] = (text, left - 1)
            elif cell is None:
                line.append("")
            else:
                line += [cell.text, *[""] * (cell.columns - 1)]
                if cell.rows > 1:
                    said_again = cell.text if len(cell.text) <= _MAX_REPEATED else ""
                    hanging[column] = (said_again, cell.rows - 1)
                cell = next(waiting, None)
        while line and not line[-1]:
            line.pop()
        if line:
            lines.append(SEPARATOR.join([line[0] or _EMPTY_CORNER, *line[1:]]))
    return lines


def is_layout(table: Any, displays: Displays) -> bool:
    """Whether a table only arranges other things on the page, so that its cells are read as blocks.

    It is, if it says so, if it has a single column, or if it has no header cells but holds tables, headings
    or listings.
    """
    if Meaning.of(table.attrib).words & {"presentation", "none"}:
        return True
    widest = 0
    for row in _rows(table, displays):
        cells = [cell for cell in row if displays[cell.tag] is Display.CELL]
        if any(cell.tag.endswith("th") for cell in cells):
            return False
        widest = max(widest, len(cells))
    inside = islice(table.iterdescendants(), _LOOKED_AT)
    return widest <= 1 or any(displays[element.tag] in _STRUCTURAL for element in inside)


def _rows(table: Any, displays: Displays) -> Iterator[Any]:
    """The rows of the table itself, without those of tables in its cells."""
    for part in table:
        display = displays[part.tag]
        if display is Display.ROW:
            yield part
        elif display is Display.TABLE_PART:
            yield from (row for row in part if displays[row.tag] is Display.ROW)


def _span(value: str | None) -> int:
    text = (value or "").strip()
    return max(int(text), 1) if text.isdecimal() and len(text) < 6 else 1
