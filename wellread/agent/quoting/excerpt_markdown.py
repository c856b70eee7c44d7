"""Excerpts as Markdown: quotations with their number, the telling sentence in bold, tables and listings whole."""

import re
from collections.abc import Iterator

from wellread.agent.quoting.excerpt import Excerpt
from wellread.agent.quoting.text_shape import Shape, TextPart, cells, rows
from wellread.grounding.inline import inert


def markdown(excerpt: Excerpt) -> Iterator[str]:
    """One excerpt, a block at a time. Every block has the number of its source."""
    before: Shape | None = None
    for part in excerpt.ranges:
        if before is not None and not (before is part.shape is Shape.ITEM):
            yield ">\n" if _is_quoted(before) and _is_quoted(part.shape) else "\n"
        before = part.shape
        match part.shape:
            case Shape.TABLE:
                yield from table(excerpt, part)
            case Shape.CODE:
                yield _listing(excerpt, part)
            case Shape.ITEM:
                yield f"> - {_marked(excerpt, part)} [{excerpt.snippet.number}]\n"
            case _:
                yield f"> {_marked(excerpt, part)} [{excerpt.snippet.number}]\n"
    yield "\n"


def table(excerpt: Excerpt, part: TextPart) -> Iterator[str]:
    """A table of the source, its rows verbatim and each with its number."""
    lines = [cells(excerpt.snippet.text[start:end]) for start, end in rows(excerpt.snippet.text, part)]
    width = max(map(len, lines))
    for number, line in enumerate(lines):
        row = [inert(cell) for cell in line] + [""] * (width - len(line))
        if number:
            row[-1] = f"{row[-1]} [{excerpt.snippet.number}]".lstrip()
        yield "| " + " | ".join(row) + " |\n"
        if not number:
            yield "|" + "---|" * width + "\n"


def _is_quoted(shape: Shape) -> bool:
    return shape not in (Shape.TABLE, Shape.CODE)


def _marked(excerpt: Excerpt, part: TextPart) -> str:
    """A range's text, the telling sentence in bold where it is not all of it."""
    text, (start, end) = excerpt.snippet.text, excerpt.telling
    start, end = max(start, part.start), min(end, part.end)
    alone = part.start == start and part.end == end and len(excerpt.ranges) == 1
    apart = (
        not text[start - 1 : start].strip() and not text[end : end + 1].strip()
    )  # else it would not be bold
    if start >= end or alone or not (apart or (start == part.start and end == part.end)):
        return inert(text[part.start : part.end])
    pieces = (inert(text[part.start : start]), f"**{inert(text[start:end])}**", inert(text[end : part.end]))
    return " ".join(piece for piece in pieces if piece)


def _listing(excerpt: Excerpt, part: TextPart) -> str:
    """A listing as it stands, its number on the line after it."""
    code = excerpt.snippet.text[part.start : part.end]
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{code}\n{fence}\n\n[{excerpt.snippet.number}]\n"
