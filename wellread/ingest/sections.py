"""Sections: a document cut at the entries of its table of contents, each with its canonical text."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wellread.content import Block, BlockKind, BlockLink, PlacedBlock, Section, SectionRole
from wellread.formats.document import ContentsEntry, Document
from wellread.ingest.index_form import is_book_index
from wellread.text.characters import harmless

SEPARATOR = "\n\n"  # between two blocks in a section's canonical text


_NUMBERING = r"(?:(?:appendix|chapter|anhang|kapitel)\s+)?(?:[a-z0-9]{1,4}[.:)]?\s+(?:[—–-]\s+)?)?"
_TITLES = {
    SectionRole.GLOSSARY: (
        "glossary|glossary (?:of|and) .+|.+ and glossary|glossar|glossaire|glosario|glossario|用語集|术语表"
    ),
    SectionRole.CONTENTS: (
        "(?:table of |brief |detailed )?contents|list of (?:figures|tables|examples|illustrations|listings)|"
        "inhalt|inhaltsverzeichnis|abbildungsverzeichnis|tabellenverzeichnis|table des matières|sommaire|"
        "índice general|indice generale|目录|目次"
    ),
    SectionRole.FRONT: (
        "cover|front cover|back cover|(?:half )?title ?page|copyright(?: page)?|umschlag|titelseite|impressum"
    ),
}
_ROLE_OF_TITLE = {role: re.compile(_NUMBERING + f"(?:{titles})", re.I) for role, titles in _TITLES.items()}
_IMPRINT = re.compile(r"©|copyright|all rights reserved|\bisbn\b|alle rechte vorbehalten|tous droits", re.I)

# A list of contents is made of short lines.
_LINE_WORDS = 25
_TITLE_PAGE_WORDS = 60
_IMPRINT_WORDS = 600


@dataclass(frozen=True, slots=True)
class _Span:
    """The blocks of one section-to-be, the first of which has the number `first` in the document. `entry` is None for
    what stands before the first entry."""

    entry: ContentsEntry | None
    blocks: tuple[Block, ...]
    first: int


def sections(document: Document, edition_id: str) -> tuple[Section, ...]:
    """The sections of a document in reading order; their ids are `EDITION-ORDINAL`.

    A section holds the blocks from its entry up to the next, so that each block is in exactly one section;
    `section.text[placed.start:placed.end] == placed.block.text` for each placed block. Of entries that begin
    at the same block, the last one (the innermost) gets the text, the others have none. Blocks without text
    are left out.

    What is an index by its form has that role, whatever its format or title says; its blocks have the links by which
    its entries lead into the book, and no others have any.
    """
    spans = list(_spans(document))
    texts = [_placed(span) for span in spans]
    linked = _Links(document, texts)
    made: list[Section] = []
    chain: list[tuple[int, str, SectionRole]] = []  # (depth, title, role) from the top down
    for ordinal, (span, (text, numbered)) in enumerate(zip(spans, texts, strict=True)):
        placed = tuple(numbered.values())
        if span.entry is None:
            title = _first_heading(span.blocks) or document.metadata.title
            role = _role_before_contents(span.blocks, text, alone=not document.contents)
            path: tuple[str, ...] = (title,)
        else:
            while chain and chain[-1][0] >= span.entry.depth:
                chain.pop()
            title = _one_line(span.entry.title) or _made_up_title(span.blocks, ordinal)
            role = span.entry.role
            if role is SectionRole.BODY:
                role = _role_of_title(title, span.blocks)
            if role is SectionRole.BODY and chain:
                role = chain[-1][2]
            path = (*(link[1] for link in chain), title)
        section = Section(f"{edition_id}-{ordinal}", ordinal, title, path, role, text, placed)
        if role in (SectionRole.BODY, SectionRole.INDEX):
            section = linked.index(section, numbered)
        if span.entry is not None:
            chain.append((span.entry.depth, title, section.role))
        made.append(section)
    return tuple(made)


class _Links:
    """Where the links of a document lead, once it is cut into sections: `texts` are those of all, with the placed
    blocks by their numbers."""

    def __init__(self, document: Document, texts: Sequence[tuple[str, Mapping[int, PlacedBlock]]]) -> None:
        self._links = document.links
        self._places = {
            number: (ordinal, placed.start)
            for ordinal, (_, blocks) in enumerate(texts)
            for number, placed in blocks.items()
        }

    def index(self, section: Section, blocks: Mapping[int, PlacedBlock]) -> Section:
        """A section as an index, with its links, if it is one; else as it is."""
        placed = tuple(self._linked(number, block) for number, block in blocks.items())
        linked = replace(section, blocks=placed)
        if section.role is SectionRole.INDEX or is_book_index(linked):
            return replace(linked, role=SectionRole.INDEX)
        return section

    def _linked(self, number: int, placed: PlacedBlock) -> PlacedBlock:
        links = tuple(
            BlockLink(link.start, link.end, *self._places[link.block])
            for link in self._links.get(number, ())
            if link.block in self._places
        )
        return replace(placed, block=replace(placed.block, links=links)) if links else placed


def _spans(document: Document) -> Iterator[_Span]:
    blocks, entries = document.blocks, document.contents
    starts: list[int] = []
    for entry in entries:
        # A table of contents that jumps back must not give a block to two sections.
        starts.append(min(max(entry.block, starts[-1] if starts else 0), len(blocks)))
    first = starts[0] if starts else len(blocks)
    if any(block.text.strip() for block in blocks[:first]):
        yield _Span(None, blocks[:first], 0)
    for entry, (start, end) in zip(entries, pairwise([*starts, len(blocks)]), strict=True):
        yield _Span(entry, blocks[start:end], start)


def _placed(span: _Span) -> tuple[str, dict[int, PlacedBlock]]:
    """The text of a section, and its blocks by their numbers in the document."""
    placed: dict[int, PlacedBlock] = {}
    texts: list[str] = []
    start = 0
    for number, block in enumerate(span.blocks, span.first):
        text = harmless(unicodedata.normalize("NFC", block.text)).strip()
        if not text:
            continue
        end = start + len(text)
        placed[number] = PlacedBlock(block if block.text == text else replace(block, text=text), start, end)
        texts.append(text)
        start = end + len(SEPARATOR)
    return SEPARATOR.join(texts), placed


def _role_before_contents(blocks: Sequence[Block], text: str, *, alone: bool) -> SectionRole:
    if alone or any(block.kind is BlockKind.CUE for block in blocks):
        return SectionRole.BODY
    words = len(text.split())
    limit = _IMPRINT_WORDS if _IMPRINT.search(text) else _TITLE_PAGE_WORDS
    return SectionRole.FRONT if words <= limit else SectionRole.BODY


def _role_of_title(title: str, blocks: Sequence[Block]) -> SectionRole:
    for role, pattern in _ROLE_OF_TITLE.items():
        if pattern.fullmatch(title) and (role is SectionRole.GLOSSARY or _is_of_short_lines(blocks)):
            return role
    return SectionRole.BODY


def _is_of_short_lines(blocks: Sequence[Block]) -> bool:
    long = sum(len(block.text.split()) > _LINE_WORDS for block in blocks if block.kind is BlockKind.PARAGRAPH)
    return long * 2 <= len(blocks)


def _first_heading(blocks: Sequence[Block]) -> str:
    return next(
        (_one_line(block.text) for block in blocks if block.kind is BlockKind.HEADING and block.text), ""
    )


def _made_up_title(blocks: Sequence[Block], ordinal: int) -> str:
    if heading := _first_heading(blocks):
        return heading
    first = next((_one_line(block.text) for block in blocks if block.text.strip()), "")
    if not first:
        return f"Section {ordinal + 1}"
    words = first.split()
    title = " ".join(words[:8])
    return title[:60].rstrip(" ,;:.") + "…" if len(words) > 8 or len(title) > 60 else title


def _one_line(text: str) -> str:
    return harmless(unicodedata.normalize("NFC", " ".join(text.split())))
