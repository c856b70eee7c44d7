"""The reader of Markdown: one file, or a folder or zip of chapters with an index."""

import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from wellread.content import Block, BlockKind, Metadata
from wellread.errors import UnreadableError
from wellread.formats import file_title
from wellread.formats.archive import Archive
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.markdown.blocks import MarkdownText
from wellread.formats.markdown.book import SUFFIXES, Book, ChapterPages, FolderPages, ZipPages, book
from wellread.formats.markdown.front_matter import FrontMatter, front_matter
from wellread.text.encoding import decode


class MarkdownReader:
    """CommonMark with tables, footnotes and front matter. Sections are its headings."""

    name: ClassVar[str] = "markdown"
    version: ClassVar[int] = 1
    suffixes: ClassVar[frozenset[str]] = SUFFIXES

    def accepts(self, path: Path, head: bytes) -> bool:
        if path.is_dir():
            return book(FolderPages(path)) is not None
        if path.suffix.lower() == ".zip" and head.startswith(b"PK"):
            return _is_zipped_book(path)
        return path.suffix.lower() in self.suffixes

    def read(self, source: Source) -> Document:
        path = source.path
        if path.is_dir():
            return _of_book(FolderPages(path), path.name)
        if path.suffix.lower() == ".zip":
            with Archive(path) as archive:
                return _of_book(ZipPages(archive), path.stem)
        return _of_file(*decode(path.read_bytes(), path.name), path.name)


def _is_zipped_book(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(Path(name).suffix.lower() in SUFFIXES for name in archive.namelist()):
                return False
        with Archive(path) as checked:
            return book(ZipPages(checked)) is not None
    except (zipfile.BadZipFile, UnreadableError, NotImplementedError, ValueError):
        return False  # it may still be another reader's, which then says what is wrong with it


def _of_file(text: str, warning: str, name: str) -> Document:
    front, blocks = _parsed(text, name)
    if not blocks:
        raise UnreadableError(
            f"{name} holds no text.", hint="Look whether it was saved, and add the file again."
        )
    title = _sole_title(blocks) or file_title.readable(Path(name).stem).title
    warnings = (warning,) if warning else ()
    return Document(front.metadata(title), tuple(blocks), tuple(_contents(blocks)), warnings)


def _parsed(text: str, name: str) -> tuple[FrontMatter, list[Block]]:
    lines = text.split("\n")
    front = front_matter(lines)
    return front, list(MarkdownText(lines[front.lines :], name, front.lines + 1).blocks())


def _sole_title(blocks: Sequence[Block]) -> str:
    """The text of the first heading, if no other is of its level or above it."""
    levels = [block.level for block in blocks if block.kind is BlockKind.HEADING]
    if not levels or levels.count(levels[0]) > 1 or min(levels) < levels[0]:
        return ""
    return next(block.text for block in blocks if block.kind is BlockKind.HEADING)


def _contents(blocks: Sequence[Block], first: int = 0, depth: int = 0) -> Iterator[ContentsEntry]:
    """An entry for each heading. The title of the text and the headings below it have the same depth, because
    the product's (or chapter's) own name need not stand before each of them."""
    flat = bool(_sole_title(blocks))
    levels = sorted({block.level for block in blocks if block.kind is BlockKind.HEADING})
    depths = {level: max(place - flat, 0) for place, level in enumerate(levels)}
    for number, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING:
            yield ContentsEntry(block.text, depth + depths[block.level], first + number)


def _of_book(pages: ChapterPages, name: str) -> Document:
    found = book(pages)
    if found is None:
        raise UnreadableError(
            f"{name} has no index of its Markdown files.",
            hint="Add the files one by one, or write an index.md or SUMMARY.md that links to them in order.",
        )
    blocks: list[Block] = []
    contents: list[ContentsEntry] = []
    metadata = _of_mdbook(pages) or Metadata(file_title.readable(name).title)
    text, warning = pages.text(found.index)
    warnings = [warning]
    front, own = _parsed(text, found.index)
    title = _sole_title(own) if found.index_is_chapter else ""
    if front.values or title:
        metadata = front.metadata(title or metadata.title)
    if found.index_is_chapter:
        own = _without_link_list(own, found)
        contents.extend(_contents(own))
        blocks.extend(own)
    for chapter in found.chapters:
        if not chapter.name:
            contents.append(ContentsEntry(chapter.title, chapter.depth, len(blocks)))
            continue
        try:
            text, warning = pages.text(chapter.name)
        except UnreadableError as error:
            warnings.append(f"A chapter was left out: {error.message}")
            continue
        warnings.append(warning)
        _, inner = _parsed(text, chapter.name)
        contents.extend(_chapter_contents(inner, chapter.title, len(blocks), chapter.depth))
        blocks.extend(inner)
    if found.unlisted:
        warnings.append(
            f"{len(found.unlisted)} Markdown file(s) that {found.index} does not name were left out:"
            f" {', '.join(found.unlisted[:5])}{', …' if len(found.unlisted) > 5 else ''}."
        )
    if not blocks:
        raise UnreadableError(f"The chapters of {name} hold no text.", hint="Look whether they were saved.")
    return Document(metadata, tuple(blocks), tuple(contents), tuple(filter(None, warnings)))


def _of_mdbook(pages: ChapterPages) -> Metadata | None:
    """What mdBook's book.toml says, if there is one at the top."""
    name = next((name for name in pages.names() if name.count("/") < 2 and name.endswith("book.toml")), None)
    if name is None:
        return None
    try:
        front = FrontMatter.of(tomllib.loads(pages.text(name)[0]).get("book", {}))
    except tomllib.TOMLDecodeError:
        return None
    return front.metadata(front.text("title")) if front.text("title") else None


def _chapter_contents(blocks: Sequence[Block], title: str, first: int, depth: int) -> Iterator[ContentsEntry]:
    """The chapter, and its headings below it; its first heading is its title, as the index has it."""
    entries = list(_contents(blocks, first, depth))
    opens = bool(entries) and entries[0].block == first
    yield ContentsEntry(title or (entries[0].title if opens else ""), depth, first)
    for entry in entries[1:] if opens else entries:
        yield replace(entry, depth=entry.depth + 1)


def _without_link_list(blocks: Sequence[Block], found: Book) -> list[Block]:
    """The index page without the items that are nothing but the titles of chapters."""
    titles = {chapter.title for chapter in found.chapters}
    return [block for block in blocks if block.kind is not BlockKind.LIST_ITEM or block.text not in titles]
