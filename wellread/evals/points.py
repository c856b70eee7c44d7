"""The points of an answer: its paragraphs, list items, rows, listings and quotations that cite something."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from wellread.events import AnswerCompleted, Citation

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_UNITS = ("list_item_open", "tr_open")
_TOP_UNITS = ("paragraph_open", "fence", "code_block")
_CITATION = re.compile(r"\[\d+(?:\s*,\s*\d+)*\](?!\()")
_NOTE = re.compile(r"\s*_.*_\s*")  # a line of Wellread's own

_Lines = tuple[int, int]  # of the Markdown: the first, and the one after the last


@dataclass(frozen=True, slots=True)
class QuotedPoint:
    """What a reader takes as one point: its text without citation marks, and what it cites."""

    text: str
    citations: tuple[Citation, ...]


def quoted_points(answer: AnswerCompleted) -> list[QuotedPoint]:
    """The points of an answer that cite something, in their order. A quotation is one, whatever stands in it."""
    lines = answer.markdown.split("\n")
    blocks = _blocks(_MARKDOWN.parse(answer.markdown))
    cited: dict[_Lines, list[int]] = {}
    for statement in answer.statements:
        if statement.citations:
            line = answer.markdown.count("\n", 0, statement.start)
            last = answer.markdown.count("\n", 0, statement.end)
            block = next((b for b in blocks if b[0] <= line < b[1]), (line, last + 1))
            cited.setdefault(block, []).extend(statement.citations)
    return [
        QuotedPoint(
            without_marks("\n".join(lines[first:after])),
            tuple(answer.citations[position] for position in dict.fromkeys(positions)),
        )
        for (first, after), positions in cited.items()
    ]


def own_words(markdown: str) -> str:
    """What an answer says, without citation marks and without Wellread's notes on it."""
    return without_marks("\n".join(line for line in markdown.split("\n") if not _NOTE.fullmatch(line)))


def without_marks(markdown: str) -> str:
    return _CITATION.sub("", markdown)


def _blocks(tokens: list[Token]) -> list[_Lines]:
    """Quotations, then the others, the smallest first."""
    quotations: list[_Lines] = []
    others: list[_Lines] = []
    for token in tokens:
        if token.map is None:
            continue
        block = (token.map[0], token.map[1])
        if token.type == "blockquote_open":
            quotations.append(block)
        elif token.type in _UNITS or (token.type in _TOP_UNITS and token.level == 0):
            others.append(block)
    return quotations + sorted(others, key=lambda block: block[1] - block[0])
