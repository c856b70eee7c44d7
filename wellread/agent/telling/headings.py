"""The headings of a Markdown text, moved down so that it can stand below another heading."""

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_ATX = re.compile(r"([\s>*+\-\d.)]*?)#{1,6}(?=\s|$)")
_CLOSING = re.compile(r"(?:^|(?<=\s))#+$")
_LINE_END = re.compile(r"\r\n?")
_DEEPEST = 6


def below(markdown: str, level: int) -> str:
    """`markdown` with its highest heading deeper than `level`, and all the others as much deeper, down to 6. A
    listing that is open at its end is ended there."""
    text = _LINE_END.sub("\n", markdown).strip("\n") + "\n"
    tokens = _MARKDOWN.parse(text)
    lines = text.split("\n")[:-1]
    headings = list(_headings(tokens))
    by = level + 1 - min((depth for depth, *_ in headings), default=_DEEPEST)
    if by > 0:
        for depth, heading, content in reversed(headings):  # from the end, so that line numbers stay
            _set(lines, heading, content, min(depth + by, _DEEPEST))
    if tokens and is_open(tokens[-1]):
        lines.append(tokens[-1].markup)
    return "\n".join(lines) + "\n"


def inert_heading(text: str) -> str:
    """Inline Markdown that is the whole of a heading: marks at its end would be taken for the heading's own."""
    return _CLOSING.sub(lambda match: "\\" + match[0], text)


def _headings(tokens: list[Token]) -> Iterator[tuple[int, Token, str]]:
    """The depth of each heading, its token and its content."""
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            yield int(token.tag[1:]), token, content.content


def _set(lines: list[str], heading: Token, content: str, depth: int) -> None:
    first, end = heading.map or (0, 0)
    marks = "#" * depth
    if heading.markup.startswith("#"):
        lines[first] = _ATX.sub(rf"\g<1>{marks}", lines[first], count=1)
        return
    # Underlined: there are but two depths of that.
    words = content.split("\n")
    before = lines[first][: max(0, lines[first].find(words[0]))]
    lines[first:end] = [f"{before}{marks} {inert_heading(' '.join(word.strip() for word in words))}"]


def is_open(token: Token) -> bool:
    """Whether a token is a listing without its closing fence."""
    if token.type != "fence" or token.map is None:
        return False
    first, end = token.map
    return token.content.count("\n") == end - first - 1
