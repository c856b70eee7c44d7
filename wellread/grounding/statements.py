"""Statements: the parts of an answer's Markdown that may claim something, and what they cite."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token

from wellread.grounding.inline import Inline, Mark, read_inline
from wellread.text.languages import found as found_pattern
from wellread.text.sentences import sentences

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
# A paragraph that is set in italics or bold as a whole.
_NOTE = re.compile(r"(\*{1,3}|_{1,3})(?=\S)(?:\\.|(?!\1).)+\1[.:]?\s*", re.S)
_BOLD_HEAD = re.compile(r"(\*\*|__)(?=\S)(?:(?!\1).){1,120}?(?:[.:!?–—]\1|\1\s*[:–—.-])(?=\s+\S)")
_CLOSERS = "*_~`\"'”’)"
_QUOTE_MARKS = "\"“”„«»‘’'"


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A table cell's visible text and the numbers that it cites itself."""

    text: str
    numbers: tuple[int, ...]
    column: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement before it has a verdict. `start` and `end` are code points of the Markdown and include the
    citation marks; `text` is what a reader sees of it, without them; `numbers` are the knowledge numbers
    cited, in order and once. `parts` are the cells, when it is the row of a table. `head` code points of the text are
    bold words that name what it is about and claim nothing."""

    start: int
    end: int
    text: str
    numbers: tuple[int, ...]
    parts: tuple[AnswerPart, ...] = ()
    head: int = 0

    @property
    def spoken(self) -> str:
        """What it claims, as a sentence: a row's cells with the names of their columns."""
        if not self.parts:
            return self.text[self.head :].strip(" :–—") or self.text
        cells = (
            f"{part.column}: {part.text}" if part.column else part.text for part in self.parts if part.text
        )
        return "; ".join(cells)


@dataclass(slots=True)
class _StatementWalk:
    """Where in the Markdown the lines begin, and inside what the walk over its tokens is."""

    markdown: str
    starts: list[int] = field(default_factory=list)
    items: int = 0  # open list items and block quotes
    heading: bool = False

    def __post_init__(self) -> None:
        position = 0
        for line in self.markdown.split("\n"):
            self.starts.append(position)
            position += len(line) + 1
        self.starts.append(position)

    def line(self, number: int) -> str:
        return self.markdown[self.starts[number] : self.starts[number + 1] - 1]


def claims(markdown: str) -> tuple[Claim, ...]:
    """The statements of an answer in their order.

    Each sentence of a paragraph is one, a whole list item or block quote when it cites only at its end, a row
    of a table, and a code listing with the line of citations after it. No statement are: headings, rules,
    tables' headers, and, when they cite nothing, questions, offers to go on, notes set in italics, lines
    that end in a colon, and the bold words that head an item.
    """
    walk = _StatementWalk(markdown)
    found: list[Claim] = []
    tokens = _MARKDOWN.parse(markdown)
    listing: Token | None = None
    rows = _rows(tokens)
    for index, token in enumerate(tokens):
        if token.type in ("list_item_open", "blockquote_open"):
            walk.items += 1
        elif token.type in ("list_item_close", "blockquote_close"):
            walk.items -= 1
        elif token.type in ("heading_open", "heading_close"):
            walk.heading = token.type == "heading_open"
        elif token.type in ("fence", "code_block"):
            listing = token
            continue
        elif token.type == "inline" and not walk.heading:
            if index in rows:
                found += rows[index].claim(walk)
            elif token.map and tokens[index - 1].type == "paragraph_open":
                found += _of_paragraph(walk, token, listing)
        if token.type != "paragraph_open":
            listing = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table's body: its line and its cells."""

    line: int
    cells: tuple[str, ...]
    columns: tuple[str, ...] = ()

    def claim(self, walk: _StatementWalk) -> Iterator[Claim]:
        parts: list[AnswerPart] = []
        for cell, column in zip_longest(self.cells, self.columns[: len(self.cells)], fillvalue=""):
            inline = read_inline(cell)
            parts.append(AnswerPart(inline.text.strip(), _numbers(inline.marks), column))
        numbers = tuple(dict.fromkeys(number for part in parts for number in part.numbers))
        raw = walk.line(self.line)
        start = walk.starts[self.line] + len(raw) - len(raw.lstrip())
        text = " | ".join(part.text for part in parts)
        if text.strip(" |"):
            yield Claim(start, walk.starts[self.line] + len(raw.rstrip()), text, numbers, tuple(parts))


def _rows(tokens: list[Token]) -> dict[int, _Row]:
    """The rows of all tables' bodies, each at the index of its first cell's token; other cells have an entry
    that claims nothing."""
    rows: dict[int, _Row] = {}
    in_body = False
    cells: list[int] = []
    columns: tuple[str, ...] = ()
    line = 0
    for index, token in enumerate(tokens):
        if token.type in ("tbody_open", "tbody_close"):
            in_body = token.type == "tbody_open"
        elif token.type == "tr_open" and token.map:
            cells, line = [], token.map[0]
        elif token.type == "inline" and tokens[index - 1].type in ("td_open", "th_open"):
            cells.append(index)
            rows[index] = _Row(line, ())
        elif token.type == "tr_close" and cells:
            contents = tuple(tokens[cell].content for cell in cells)
            if in_body:
                rows[cells[0]] = _Row(line, contents, columns)
            else:
                columns = tuple(read_inline(content).text.strip() for content in contents)
    return rows


def _of_paragraph(walk: _StatementWalk, token: Token, listing: Token | None) -> Iterator[Claim]:
    content = token.content
    at = _places(walk, token)
    inline = read_inline(content)
    if not inline.text.strip(" .,;") and inline.marks:
        if listing is not None and listing.map:
            yield Claim(
                walk.starts[listing.map[0]],
                at[inline.marks[-1].end - 1] + 1,
                listing.content.rstrip("\n"),
                _numbers(inline.marks),
            )
        return
    head = _head(content, inline)
    for start, end, marks in _ranges(inline, whole=walk.items > 0):
        text = " ".join(inline.text[start:end].split())
        numbers = _numbers(marks)
        if not any(map(str.isalnum, text)) or (end <= head and not numbers):
            continue
        if not numbers and (
            _NOTE.fullmatch(content)
            or text.rstrip(_CLOSERS).endswith((":", "?", "：", "？", "؟"))
            or found_pattern("wording", "offer", text)
        ):
            continue
        first, last = _extent(content, inline, start, end, marks)
        named = len(" ".join(inline.text[start:head].split())) if start < head < end else 0
        yield Claim(at[first], at[last - 1] + 1, text, numbers, head=named)


def _head(content: str, inline: Inline) -> int:
    """Where the bold words end in the visible text that a paragraph or an item begins with, if they are followed by
    more and end in a mark, or one stands behind them; else 0."""
    match = _BOLD_HEAD.match(content)
    if match is None:
        return 0
    return sum(1 for start, _ in inline.spans if start < match.end())


def _places(walk: _StatementWalk, token: Token) -> list[int]:
    """For each character of a paragraph's content its place in the Markdown: list marks and the like precede
    each line, so a line of the content is looked for within its line of the Markdown."""
    places: list[int] = []
    assert token.map
    for offset, line in enumerate(token.content.split("\n")):
        number = token.map[0] + offset
        start = walk.starts[number] + max(walk.line(number).find(line), 0)
        places.extend(range(start, start + len(line) + 1))
    return places


def _ranges(inline: Inline, *, whole: bool) -> Iterator[tuple[int, int, tuple[Mark, ...]]]:
    """The ranges of the visible text that are a statement each, with the marks that belong to it: those
    inside it and those between it and the next."""
    text = inline.text
    length = len(text.rstrip())
    if whole and inline.marks and all(mark.at >= length - _trailing(text[:length]) for mark in inline.marks):
        yield 0, length, inline.marks
        return
    found = _outside_quotes(text, sentences(text), inline.marks)
    left = list(inline.marks)
    for index, (start, end) in enumerate(found):
        limit = found[index + 1][0] if index + 1 < len(found) else len(text) + 1
        marks = [
            mark for mark in left if mark.at <= limit and (mark.at < limit or text[limit - 1 : limit] == " ")
        ]
        left = left[len(marks) :]
        yield start, end, tuple(marks)


def _outside_quotes(
    text: str, found: list[tuple[int, int]], marks: tuple[Mark, ...]
) -> list[tuple[int, int]]:
    """The sentences, those within one pair of quotation marks joined: “One. Two.” [3] is one statement."""
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined:
            before = joined[-1]
            quoted = text[before[0] : before[1]]
            cited = any(before[0] < mark.at <= start for mark in marks)
            if not cited and quoted.startswith("“") and quoted.count("“") > quoted.count("”"):
                joined[-1] = (before[0], end)
                continue
        joined.append((start, end))
    return joined


def _trailing(text: str) -> int:
    return len(text) - len(text.rstrip(" .,;:!?)" + _QUOTE_MARKS))


def _extent(content: str, inline: Inline, start: int, end: int, marks: tuple[Mark, ...]) -> tuple[int, int]:
    """A statement's range in the paragraph's content, with its marks and the emphasis around it."""
    visible = inline.text[start:end]
    start += len(visible) - len(visible.lstrip())
    end -= len(visible) - len(visible.rstrip())
    first, last = inline.spans[start][0], inline.spans[end - 1][1]
    if marks:
        first, last = min(first, marks[0].start), max(last, marks[-1].end)
    while first and content[first - 1] in "*_~":
        first -= 1
    while last < len(content) and content[last] in "*_~":
        last += 1
    return first, last


def _numbers(marks: tuple[Mark, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for mark in marks for number in mark.numbers))
