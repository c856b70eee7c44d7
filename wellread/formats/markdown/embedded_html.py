"""HTML inside Markdown, stripped to text: a centred title, the text of an image, a table typed as tags."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from wellread.content import BlockKind
from wellread.formats.markup.hidden import is_hidden

_LEFT_OUT = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<name>script|style|svg|iframe|video|audio)\b.*?(?:</(?P=name)\s*>|\Z)",
    re.S | re.I,
)
# A heading or table that is opened again before it is closed is passed over: so no search runs on and on.
_BREAK = re.compile(
    r"<h(?P<level>[1-6])\b[^>]*>(?P<heading>(?:(?!<h[1-6]\b).)*?)</h[1-6]\s*>"
    r"|<table\b[^>]*>(?P<table>(?:(?!<table\b).)*?)</table\s*>"
    r"|<img\b(?P<image>[^>]*)>"
    r"|</?(?:p|div|br|li|ul|ol|tr|table|thead|tbody|d[tdl]|details|summary|section|fig\w+|center|blockquote|hr|pre"
    r"|h[1-6])\b[^>]*>",
    re.S | re.I,
)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.I)
_ROW = re.compile(r"<tr\b[^>]*>(.*?)(?=<tr\b|</tr|\Z)", re.S | re.I)
_CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)(?=<t[dh]\b|</t[dh]|\Z)", re.S | re.I)
_OPENING = re.compile(r"<(?P<name>[a-z][\w-]*)\b(?P<attributes>[^<>]*\b(?:hidden|style)\b[^<>]*)>", re.I)
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")


@dataclass(frozen=True, slots=True)
class Piece:
    kind: BlockKind
    text: str
    level: int = 0


def pieces(source: str) -> Iterator[Piece]:
    """The paragraphs, headings, tables and images' texts of a block of HTML, in order; never empty ones."""
    text = _shown(_LEFT_OUT.sub("", source))
    after = 0
    for tag in _BREAK.finditer(text):
        yield from _piece(BlockKind.PARAGRAPH, text[after : tag.start()])
        after = tag.end()
        if tag["heading"] is not None:
            yield from _piece(BlockKind.HEADING, tag["heading"], int(tag["level"]))
        elif tag["table"] is not None:
            rows = (" | ".join(map(stripped, _CELL.findall(row))) for row in _ROW.findall(tag["table"]))
            if table := "\n".join(row for row in rows if row.strip(" |")):
                yield Piece(BlockKind.TABLE, table)
        elif tag["image"] is not None and (alt := _ALT.search(tag["image"])):
            yield from _piece(BlockKind.CAPTION, html.escape(html.unescape(alt[1] or alt[2] or "")))
    yield from _piece(BlockKind.PARAGRAPH, text[after:])


def _shown(source: str) -> str:
    """The source without the elements that nobody would see."""
    kept, at = "", 0
    for tag in _OPENING.finditer(source):
        if tag.start() < at:
            continue
        attributes = {
            name.lower(): html.unescape(a or b or c)
            for name, a, b, c in _ATTRIBUTE.findall(tag["attributes"])
        }
        if is_hidden(attributes):
            end = source.lower().find(f"</{tag['name'].lower()}", tag.end())
            kept += source[at : tag.start()]
            at = len(source) if end < 0 else end
    return kept + source[at:]


def _piece(kind: BlockKind, source: str, level: int = 0) -> Iterator[Piece]:
    if text := stripped(source):
        yield Piece(kind, text, level)


def stripped(source: str) -> str:
    """One line without tags, entities resolved."""
    return " ".join(html.unescape(_TAG.sub("", source)).split())
