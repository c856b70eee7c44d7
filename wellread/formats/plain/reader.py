"""The reader of plain text: paragraphs and chapters found by how a page of text is set."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from wellread.content import Block, BlockKind, FileOrigin, Metadata
from wellread.errors import UnreadableError
from wellread.formats import file_title
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.plain.headings import Heading, HeadingKind, headings
from wellread.text.encoding import decode
from wellread.text.words import UNSPACED

_START = re.compile(r"\s*\*{3} ?START OF (?:THE|THIS) PROJECT GUTENBERG EBOOK.*", re.I)
_END = re.compile(
    r"\s*(?:\*{3} ?END OF (?:THE|THIS) PROJECT GUTENBERG EBOOK|End of (?:the )?Project Gutenberg).*", re.I
)
_FIELD = re.compile(r"(Title|Subtitle|Authors?|Language|Publisher|Series|Description|Date):\s*(\S.*)", re.I)
_ITEM = re.compile(r"(?P<indent>\s*)(?P<marker>[-*•‣◦–+]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?=\S)")
_RULE = re.compile(r"\s*(?:[-=*_~#.·•+]\s*){3,}")
_CODE = re.compile(r"[{};=<>\\|]|\w\(|^\s*(?:[$#>%]|//|def |import |return )", re.M)
_HYPHEN = re.compile(r"\w-$")
_UNSPACED_END = re.compile(f"[{UNSPACED}。、！？，；：」』）]$")
_LANGUAGES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt",
    "dutch": "nl", "chinese": "zh", "japanese": "ja", "russian": "ru", "latin": "la", "finnish": "fi",
}  # fmt: skip
_UNWRAPPED = 150  # characters: lines that long were not broken by hand


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Lines without a blank one between; `line` is the first one's number, from 1."""

    line: int
    lines: tuple[str, ...]

    def from_line(self, number: int) -> "_Paragraph":
        return _Paragraph(self.line + number, self.lines[number:])


class TextReader:
    """Plain text. Lines that were broken by hand are joined; chapters are found by their headings."""

    name: ClassVar[str] = "text"
    version: ClassVar[int] = 1
    suffixes: ClassVar[frozenset[str]] = frozenset({".txt", ".text"})

    def accepts(self, path: Path, head: bytes) -> bool:
        # An empty file is taken too, so that adding it says what is wrong with it.
        return path.suffix.lower() in self.suffixes and (bool(head) or path.is_file())

    def read(self, source: Source) -> Document:
        text, warning = decode(source.path.read_bytes(), source.path.name)
        lines = text.expandtabs(4).replace("\f", "\n").split("\n")
        fields, first, last = _framed(lines)
        paragraphs = list(_paragraphs(lines, first, last))
        if not any(any(map(str.isalnum, line)) for paragraph in paragraphs for line in paragraph.lines):
            raise UnreadableError(
                f"{source.path.name} is empty.",
                hint="Look whether the text was saved, and add the file again.",
            )
        found = headings([paragraph.lines for paragraph in paragraphs])
        title = _title_of(found, fields.get("title", ""))
        depths = {
            rank: depth for depth, rank in enumerate(sorted({h.rank for h in found if h and h is not title}))
        }
        width = _width(paragraphs)
        blocks: list[Block] = []
        contents: list[ContentsEntry] = []
        for paragraph, heading in zip(paragraphs, found, strict=True):
            if heading:
                depth = depths.get(heading.rank, 0) if heading is not title else 0
                contents.append(ContentsEntry(heading.text, depth, len(blocks)))
                origin = FileOrigin(source.path.name, "", paragraph.line)
                blocks.append(Block(BlockKind.HEADING, heading.text, origin, level=min(depth + 1, 6)))
                paragraph = paragraph.from_line(heading.lines)
            blocks.extend(_blocks(paragraph, source.path.name, width))
        metadata = _metadata(source.path, fields, title.text if title else "")
        return Document(metadata, tuple(blocks), tuple(contents), (warning,) if warning else ())


def _framed(lines: Sequence[str]) -> tuple[Mapping[str, str], int, int]:
    """What the head of the file says of the book, and the range of lines that are the book.

    Project Gutenberg puts its fields before a line of stars, and its licence after another; elsewhere fields
    count when they are all of the first paragraph.
    """
    first, last = 0, len(lines)
    start = next((n for n, line in enumerate(lines[:1000]) if _START.fullmatch(line)), None)
    if start is not None:
        first = start + 1
        last = next((n for n in range(first, len(lines)) if _END.fullmatch(lines[n])), last)
        head = lines[:start]
    else:
        begin = next((n for n, line in enumerate(lines) if line.strip()), 0)
        end = next((n for n in range(begin, len(lines)) if not lines[n].strip()), len(lines))
        head = lines[begin:end]
        if not head or not all(_FIELD.fullmatch(line.strip()) for line in head):
            return {}, first, last
        first = end
    fields: dict[str, str] = {}
    for line in head:
        if field := _FIELD.fullmatch(line.strip()):
            fields.setdefault(
                field[1].lower().removesuffix("s") if field[1][0] in "Aa" else field[1].lower(), field[2]
            )
    return fields, first, last


def _paragraphs(lines: Sequence[str], first: int, last: int) -> Iterator[_Paragraph]:
    begin: int | None = None
    for number in range(first, last + 1):
        blank = number == last or not lines[number].strip()
        if blank and begin is not None:
            yield _Paragraph(begin + 1, tuple(line.rstrip() for line in lines[begin:number]))
            begin = None
        elif not blank and begin is None:
            begin = number


def _width(paragraphs: Sequence[_Paragraph]) -> int:
    """The length at which lines were broken: that of the long ones."""
    lengths = sorted(len(line) for paragraph in paragraphs for line in paragraph.lines)
    return lengths[len(lengths) * 9 // 10]


def _blocks(paragraph: _Paragraph, href: str, width: int) -> Iterator[Block]:
    lines = paragraph.lines
    if not lines or all(_RULE.fullmatch(line) for line in lines):
        return
    origin = FileOrigin(href, "", paragraph.line)
    if _ITEM.match(lines[0]) and (len(lines) == 1 or _continues_items(lines)):
        yield from _items(paragraph, href)
    elif all(line.startswith("    ") for line in lines) and _looks_like_code(lines):
        indent = min(len(line) - len(line.lstrip()) for line in lines)
        yield Block(BlockKind.CODE, "\n".join(line[indent:] for line in lines).strip(), origin)
    elif width > _UNWRAPPED:
        for number, line in enumerate(lines):
            yield Block(BlockKind.PARAGRAPH, line.strip(), FileOrigin(href, "", paragraph.line + number))
    elif _is_verse(lines, width):
        yield Block(BlockKind.PARAGRAPH, "\n".join(line.strip() for line in lines), origin)
    else:
        for begin, end in _indented(lines):
            text = joined(lines[begin:end])
            yield Block(BlockKind.PARAGRAPH, text, FileOrigin(href, "", paragraph.line + begin))


def _continues_items(lines: Sequence[str]) -> bool:
    """Whether each line begins an item or is set further in than the marker of the one before."""
    indent = 0
    for line in lines:
        if item := _ITEM.match(line):
            indent = len(item["indent"])
        elif len(line) - len(line.lstrip()) <= indent:
            return False
    return True


def _items(paragraph: _Paragraph, href: str) -> Iterator[Block]:
    begins = [number for number, line in enumerate(paragraph.lines) if _ITEM.match(line)]
    indents: list[int] = []
    for begin, end in zip(begins, [*begins[1:], len(paragraph.lines)], strict=True):
        item = _ITEM.match(paragraph.lines[begin])
        if not item:
            continue
        indent = len(item["indent"])
        while indents and indents[-1] >= indent:
            indents.pop()
        indents.append(indent)
        text = joined([paragraph.lines[begin][item.end() :], *paragraph.lines[begin + 1 : end]])
        marker = item["marker"] if any(map(str.isalnum, item["marker"])) else "•"
        yield Block(
            BlockKind.LIST_ITEM,
            text,
            FileOrigin(href, "", paragraph.line + begin),
            level=len(indents),
            marker=marker,
        )


def _looks_like_code(lines: Sequence[str]) -> bool:
    return sum(bool(_CODE.search(line)) for line in lines) * 2 >= len(lines)


def _is_verse(lines: Sequence[str], width: int) -> bool:
    """Whether the lines were broken on purpose: most could have held the first word of the next one."""
    if len(lines) < 3:
        return len(lines) == 2 and max(map(len, lines)) < width * 0.55
    short = sum(len(line) + 1 + len(after.split()[0]) <= width * 0.85 for line, after in pairwise(lines))
    return short * 2 > len(lines) - 1


def _indented(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Ranges of the lines between indented ones, where an indent begins a paragraph."""
    starts = [n for n, line in enumerate(lines) if n and line.startswith("  ")]
    flush = sum(not line.startswith("  ") for line in lines)
    cuts = [0, *starts, len(lines)] if starts and len(starts) < flush else [0, len(lines)]
    yield from pairwise(cuts)


def joined(lines: Sequence[str]) -> str:
    """The lines of a paragraph as one; a hyphen at a line's end stays, without a space after it."""
    text = ""
    for line in lines:
        words = " ".join(line.split())
        glue = "" if not text or _HYPHEN.search(text) or _UNSPACED_END.search(text) else " "
        text += glue + words
    return text


def _title_of(found: Sequence[Heading | None], title: str) -> Heading | None:
    """The heading that is the title of the whole: it comes first, and is `title` or set like no other."""
    first = found[0]
    if first and first.text.casefold() == title.casefold():
        return first
    if first is None or first.kind not in (HeadingKind.MARKED, HeadingKind.CAPITALS):
        return None
    alike = sum((heading.kind, heading.rank) == (first.kind, first.rank) for heading in found if heading)
    return first if alike == 1 and any(heading is not first for heading in found if heading) else None


def _metadata(path: Path, fields: Mapping[str, str], heading: str) -> Metadata:
    title = fields.get("title", "") or heading
    language = fields.get("language", "").split(",")[0].strip().lower()
    author = fields.get("author", "")
    return Metadata(
        title or file_title.readable(path.stem).title,
        subtitle=fields.get("subtitle", ""),
        authors=tuple(name.strip() for name in re.split(r";| and |, and ", author) if name.strip()),
        publisher=fields.get("publisher", ""),
        date=fields.get("date", "") if re.fullmatch(r"\d{4}(-\d\d){0,2}", fields.get("date", "")) else "",
        language=_LANGUAGES.get(
            language, language if re.fullmatch(r"[a-z]{2}(-[a-z]{2})?", language) else ""
        ),
        description=fields.get("description", ""),
        series=fields.get("series", ""),
    )
