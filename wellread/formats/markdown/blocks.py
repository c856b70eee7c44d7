"""Blocks of one Markdown text: CommonMark with tables, strikethrough, footnotes and GitHub's heading ids."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from wellread.content import Block, BlockKind, FileOrigin
from wellread.formats.markdown.embedded_html import Piece, pieces

_FOOTNOTE = re.compile(r" {0,3}\[\^(?P<mark>[^\]\s]{1,80})\]:[ \t]*(?P<text>.*)$")
_REFERENCE = re.compile(r"\[\^([^\]\s]{1,80})\]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DIRECTIVE = re.compile(r"\s*(?:\[\[?toc\]?\]|\{\{[#<%].*\}\}|\{%.*%\}|\{:.*\}|<!--.*-->)\s*$", re.I)
_HEADING_ID = re.compile(r"\s*\{(?:[^{}]*\s)?#(?P<id>[^\s{}]+)[^{}]*\}\s*$|\s*\{[.:][^{}]*\}\s*$")
_ALERT = re.compile(r"^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*", re.I)
_TASK = re.compile(r"\[[ xX]\]\s+")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]")
_LANGUAGE = re.compile(r"\{?\.?([\w+#.-]+)")


@dataclass(slots=True)
class _BlockWalk:
    """Where the walk is: the open lists, the marker of an item not yet used, the last heading's slug."""

    lists: list[str] = field(default_factory=list)  # "•" or the delimiter of numbers
    marker: str = ""
    fragment: str = ""


class MarkdownText:
    """The blocks of one Markdown file. `href` and `first_line` go into their origins."""

    def __init__(self, lines: Sequence[str], href: str, first_line: int = 1) -> None:
        self._href = href
        self._first_line = first_line
        self._parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
        kept, self._notes = _without_notes(lines)
        self._tokens = self._parser.parse("\n".join(kept))
        self._slugs: Counter[str] = Counter()
        self._noted: set[str] = set()

    def blocks(self) -> Iterator[Block]:
        walk = _BlockWalk()
        number = 0
        while number < len(self._tokens):
            token = self._tokens[number]
            match token.type:
                case "bullet_list_open":
                    walk.lists.append("•")
                case "ordered_list_open":
                    walk.lists.append(token.markup)
                case "bullet_list_close" | "ordered_list_close":
                    walk.lists.pop()
                case "list_item_open":
                    walk.marker = f"{token.info}{token.markup}" if token.info else "•"
                case "heading_open":
                    yield from self._heading(token, self._tokens[number + 1], walk)
                    number += 1
                case "table_open":
                    end = self._closing(number, "table_close")
                    yield from self._table(self._tokens[number:end], token, walk)
                    number = end
                case "fence" | "code_block":
                    yield from self._code(token, walk)
                case "html_block":
                    yield from self._html(token, walk)
                case "inline":
                    yield from self._paragraph(token, walk)
            number += 1

    def links(self) -> Iterator[tuple[int, str, str]]:
        """(depth in lists, href, text) of each link, and (-1, "", text) of each heading, in order."""
        depth = 0
        in_heading = False
        for token in self._tokens:
            depth += token.type in ("bullet_list_open", "ordered_list_open")
            depth -= token.type in ("bullet_list_close", "ordered_list_close")
            in_heading = token.type == "heading_open" or (in_heading and token.type != "heading_close")
            if token.type != "inline":
                continue
            if in_heading:
                yield -1, "", plain(token)
            children = token.children or []
            for number, child in enumerate(children):
                if child.type == "link_open":
                    end = next(n for n in range(number, len(children)) if children[n].type == "link_close")
                    text = "".join(inner.content for inner in children[number:end] if inner.type != "image")
                    yield depth, str(child.attrs.get("href", "")), text.strip()

    def _closing(self, number: int, kind: str) -> int:
        return next(n for n in range(number, len(self._tokens)) if self._tokens[n].type == kind)

    def _origin(self, token: Token, walk: _BlockWalk) -> FileOrigin:
        line = token.map[0] + self._first_line if token.map else 0
        return FileOrigin(self._href, walk.fragment, line)

    def _heading(self, token: Token, inline: Token, walk: _BlockWalk) -> Iterator[Block]:
        text = plain(inline)
        given = _HEADING_ID.search(text)
        if given:
            text = text[: given.start()]
        slug = given["id"] if given and given["id"] else self._unique(slug_of(text))
        text, marks = self._without_references(text)
        if text:
            walk.fragment = slug
            yield Block(BlockKind.HEADING, text, self._origin(token, walk), level=int(token.tag[1:]))
        yield from self._captions(inline, walk)
        yield from self._notes_of(marks, walk)

    def _unique(self, slug: str) -> str:
        """GitHub counts the headings that have the same slug: "usage", "usage-1", "usage-2"."""
        count = self._slugs[slug]
        self._slugs[slug] += 1
        return f"{slug}-{count}" if count else slug

    def _paragraph(self, token: Token, walk: _BlockWalk) -> Iterator[Block]:
        text, marks = self._without_references(plain(token))
        origin = self._origin(token, walk)
        if text and walk.lists:
            marker, walk.marker = walk.marker, ""
            text = _TASK.sub("", text, count=1) if _TASK.match(text) else text
            yield Block(BlockKind.LIST_ITEM, text, origin, level=len(walk.lists), marker=marker)
        elif text:
            text = _ALERT.sub(lambda alert: f"{alert[1].capitalize()}: ", text).strip()
            yield Block(BlockKind.PARAGRAPH, text, origin)
        yield from self._captions(token, walk)
        yield from self._notes_of(marks, walk)

    def _captions(self, inline: Token, walk: _BlockWalk) -> Iterator[Block]:
        for alternative in _alternatives(inline):
            yield Block(BlockKind.CAPTION, _nfc(alternative), self._origin(inline, walk))

    def _table(self, tokens: Sequence[Token], table: Token, walk: _BlockWalk) -> Iterator[Block]:
        rows: list[list[str]] = []
        marks: list[str] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                text, found = self._without_references(plain(token).replace("\n", " "))
                rows[-1].append(text or " ".join(_alternatives(token)))
                marks += found
        text = "\n".join(" | ".join(row) for row in rows if any(row)).strip()
        if text:
            yield Block(BlockKind.TABLE, text, self._origin(table, walk))
        yield from self._notes_of(marks, walk)

    def _code(self, token: Token, walk: _BlockWalk) -> Iterator[Block]:
        text = _nfc(token.content.strip("\n").rstrip())
        # A listing keeps its indentation, but a block begins without white space.
        if text.strip():
            lines = text.expandtabs(4).split("\n")
            indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            text = "\n".join(line[indent:].rstrip() for line in lines).strip()
            language = _LANGUAGE.match(token.info.strip()) if token.info else None
            yield Block(
                BlockKind.CODE,
                text,
                self._origin(token, walk),
                language=language[1].lower() if language else "",
            )

    def _html(self, token: Token, walk: _BlockWalk) -> Iterator[Block]:
        for piece in pieces(token.content):
            yield self._of_html(piece, token, walk)

    def _of_html(self, piece: Piece, token: Token, walk: _BlockWalk) -> Block:
        if piece.kind is BlockKind.HEADING:
            walk.fragment = self._unique(slug_of(piece.text))
        return Block(piece.kind, _nfc(piece.text), self._origin(token, walk), level=piece.level)

    def _without_references(self, text: str) -> tuple[str, list[str]]:
        """The text without the marks of footnotes that are defined, and those marks."""
        marks = [mark for mark in _REFERENCE.findall(text) if mark in self._notes]
        if marks:
            text = _REFERENCE.sub(lambda match: "" if match[1] in self._notes else match[0], text)
        return _nfc(text).strip(), marks

    def _notes_of(self, marks: Sequence[str], walk: _BlockWalk) -> Iterator[Block]:
        for mark in marks:
            if mark not in self._noted:
                self._noted.add(mark)
                line, source = self._notes[mark]
                inlines = [token for token in self._parser.parse(source) if token.type in ("inline", "fence")]
                text = "\n".join(
                    plain(token) if token.children else token.content.strip() for token in inlines
                )
                if text.strip():
                    origin = FileOrigin(self._href, walk.fragment, line + self._first_line)
                    yield Block(BlockKind.FOOTNOTE, _nfc(text).strip(), origin, marker=mark)


def _without_notes(lines: Sequence[str]) -> tuple[list[str], Mapping[str, tuple[int, str]]]:
    """The lines without definitions of footnotes and directives of site generators, which become empty, and
    for each footnote's mark its line (from 0) and its Markdown."""
    kept = list(lines)
    notes: dict[str, tuple[int, str]] = {}
    fence = ""
    number = 0
    while number < len(kept):
        line = kept[number]
        fenced = _FENCE.match(line)
        if fenced and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else fenced[1]
        definition = None if fence else _FOOTNOTE.match(line)
        if definition:
            end = _note_end(kept, number + 1)
            below = [text[4:] if text.startswith("    ") else text.strip() for text in kept[number + 1 : end]]
            notes.setdefault(definition["mark"], (number, "\n".join([definition["text"], *below])))
            kept[number:end] = [""] * (end - number)
            number = end
            continue
        if not fence and _DIRECTIVE.match(line):
            kept[number] = ""
        number += 1
    return kept, notes


def _note_end(lines: Sequence[str], number: int) -> int:
    """The line after a footnote: it goes on over indented lines, and up to a blank line over others."""
    lazy = True
    end = number
    while number < len(lines):
        line = lines[number]
        if not line.strip():
            lazy = False
        elif _FOOTNOTE.match(line) or (not line.startswith(("    ", "\t")) and not lazy):
            break
        else:
            end = number + 1
        number += 1
    return end


def plain(inline: Token) -> str:
    """The text of an inline token without markup: links as their text, code as it is, images left out."""
    parts: list[str] = []
    for child in inline.children or ():
        match child.type:
            case "text" | "code_inline" | "text_special":
                parts.append(child.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "html_inline" if re.match(r"<br\b", child.content, re.I):
                parts.append("\n")
    text = _WIKI_LINK.sub(r"\1", "".join(parts))
    return re.sub(r"[ \t\xa0]*\n[ \t\xa0]*", "\n", re.sub(r"[ \t\xa0]+", " ", text)).strip()


def _alternatives(inline: Token) -> list[str]:
    """The texts that stand for the images of an inline token."""
    texts = (" ".join(child.content.split()) for child in inline.children or () if child.type == "image")
    return [text for text in texts if text]


def slug_of(heading: str) -> str:
    """The id that GitHub gives a heading: lower case, hyphens for spaces, no punctuation."""
    kept = (char for char in heading.strip().lower() if char in "- " or _in_slug(unicodedata.category(char)))
    return "".join(kept).replace(" ", "-")


def _in_slug(category: str) -> bool:
    return category[0] in "LN" or category in ("Mn", "Mc", "Pc")


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
