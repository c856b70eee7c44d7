"""What a snippet's text is made of: prose, lists, tables, listings and headings, told from the text alone.

A snippet is a range of canonical text, in which blocks are separated by blank lines and carry no marks, so a
list is recognised by the sentence that introduces it and a listing by its looks.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from wellread.events import Snippet
from wellread.text.sentences import sentences

_BLOCK = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_CELL_BORDER = re.compile(r"(?:^|(?<=\s))\|(?=\s|$)")
_ITEM_MARK = re.compile(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_CODE_LINE = re.compile(
    r"^(?:\$|#|>>>|%|C:\\>)\s|[;{}]\s*$|^\s*[})\]]|\s(?:=|==|:=|->|=>|\|\||&&)\s|::|</?\w+[^>]*>|\s--?\w"
    r"|^(?:sudo|apt|apt-get|pip|git|npm|cd|ls|def|class|import|from|return|SELECT|CREATE)\s|^\s{2,}\S|\(\)|^\w+\(.*\)$"
)
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]*]*$")
_COUNTS = {
    word: number
    for number, word in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=2
    )
}
_COUNT = re.compile(r"\b(?:" + "|".join(_COUNTS) + r"|[2-9]|1[0-2])\b", re.I)
_ITEM_WORDS = 60
_HEADING_WORDS = 14


class Shape(StrEnum):
    PROSE = "prose"
    ITEM = "item"
    TABLE = "table"
    CODE = "code"
    LINE = "line"  # a heading, a caption, a line of a slide: nothing to quote on its own


@dataclass(frozen=True, slots=True)
class TextPart:
    """A range of a snippet's text with one shape. The items of one list have the same `group`, which is the
    index of the part that introduces them; for other shapes it is −1."""

    shape: Shape
    start: int
    end: int
    group: int = -1


@dataclass(frozen=True, slots=True)
class Quote:
    """A range of a snippet's text, to be quoted as it stands."""

    snippet: Snippet
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.snippet.text[self.start : self.end]


def parts(text: str) -> tuple[TextPart, ...]:
    """The parts of a snippet's text in their order, not overlapping."""
    found: list[TextPart] = []
    for match in _BLOCK.finditer(text):
        found += _block(text, match.start(), match.end() - (len(match[0]) - len(match[0].rstrip())))
    return tuple(_with_lists(text, _with_listings(found)))


def rows(text: str, table: TextPart) -> list[tuple[int, int]]:
    """The ranges of a table's lines, the first being its header if the snippet holds it."""
    ranges, position = [], table.start
    for line in text[table.start : table.end].split("\n"):
        if line.strip():
            ranges.append((position, position + len(line)))
        position += len(line) + 1
    return ranges


def cells(line: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in _CELL_BORDER.split(line)]


def _block(text: str, start: int, end: int) -> list[TextPart]:
    block = text[start:end]
    lines = block.split("\n")
    borders = [len(_CELL_BORDER.findall(line)) for line in lines]
    if all(borders) and (len(lines) > 1 or (borders[0] > 1 and not _SENTENCE_END.search(block))):
        return [TextPart(Shape.TABLE, start, end)]
    if _is_code(lines):
        return [TextPart(Shape.CODE, start, end)]
    if len(lines) > 1 and sum(bool(_ITEM_MARK.match(line)) for line in lines) >= len(lines) / 2:
        return _lines(start, lines)
    if not _SENTENCE_END.search(block) and not block.endswith((":", "：", ";", ",")):
        last = sentences(block)[-1]
        if last[0] == 0 and len(block.split()) <= _HEADING_WORDS:
            return [TextPart(Shape.LINE, start, end)]
    return [TextPart(Shape.PROSE, start, end)]


def _lines(start: int, lines: list[str]) -> list[TextPart]:
    """A block whose lines carry list marks: an item for each, without its mark."""
    found: list[TextPart] = []
    for line in lines:
        mark = _ITEM_MARK.match(line)
        begin = start + (mark.end() if mark else 0)
        end = start + len(line.rstrip())
        if begin < end:
            found.append(TextPart(Shape.ITEM if mark else Shape.LINE, begin, end, group=0 if mark else -1))
        start += len(line) + 1
    return found


def _is_code(lines: list[str]) -> bool:
    likely = sum(bool(_CODE_LINE.search(line)) for line in lines)
    if len(lines) == 1:
        return bool(re.match(r"(?:\$|#|>>>)\s", lines[0]))
    prose = sum(len(line.split()) > 9 and bool(_SENTENCE_END.search(line)) for line in lines)
    return likely * 2 >= len(lines) and prose * 4 <= len(lines)


def _with_listings(found: list[TextPart]) -> list[TextPart]:
    """Listings with blank lines in them, whole again."""
    joined: list[TextPart] = []
    for part in found:
        if joined and part.shape is joined[-1].shape is Shape.CODE:
            joined[-1] = TextPart(Shape.CODE, joined[-1].start, part.end)
        else:
            joined.append(part)
    return joined


def _with_lists(text: str, found: list[TextPart]) -> list[TextPart]:
    marked: list[TextPart] = []
    index = 0
    while index < len(found):
        part = found[index]
        marked.append(part)
        index += 1
        if part.shape is Shape.ITEM:
            continue
        introduces = len(marked) - 1
        length = 0
        if part.shape in (Shape.LINE, Shape.PROSE):
            length = _length_of_list(text, part, found[index:])
        for item in found[index : index + length]:
            marked.append(TextPart(Shape.ITEM, item.start, item.end, group=introduces))
        index += length
    return marked


def _length_of_list(text: str, lead: TextPart, after: list[TextPart]) -> int:
    """How many of the parts after `lead` are the items of a list that it introduces; 0 if none."""
    already = 0
    while already < len(after) and after[already].shape is Shape.ITEM:
        already += 1
    if already:
        return already
    introduction = text[lead.start : lead.end]
    if lead.shape is not Shape.PROSE or not introduction.endswith((":", "：")):
        return 0
    start, end = sentences(introduction)[-1]
    items: list[str] = []
    for part in after:
        item = text[part.start : part.end]
        if part.shape not in (Shape.PROSE, Shape.LINE) or len(item.split()) > _ITEM_WORDS:
            break
        items.append(item)
    count = _COUNT.search(introduction, start, end)
    if count:
        number = _COUNTS.get(count[0].lower()) or int(count[0])
        if number <= len(items):
            return number
    return _alike(items)


def _alike(items: list[str]) -> int:
    """How many of the first items are of one kind: as many sentences and the same end; 0 if not even two."""
    length = 0
    for index, item in enumerate(items):
        if item.endswith(":"):
            break
        if index:
            before = items[index - 1]
            ends_list = before.endswith(".") and index > 1 and items[index - 2].endswith((";", ","))
            changes = not _SENTENCE_END.search(item) and bool(_SENTENCE_END.search(items[0]))
            grows = len(sentences(item)) > max(2, len(sentences(items[0])))
            if ends_list or changes or grows:
                break
        length = index + 1
    return length if length > 1 else 0
