"""HTML: a page, or a folder of pages in the order of its table of contents."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from wellread.content import BlockKind, FileOrigin, SectionRole
from wellread.errors import UnreadableError
from wellread.formats.archive import Archive
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.html import htmlbook
from wellread.formats.html.page import SitePage, read_page
from wellread.formats.html.repetition import repeating
from wellread.formats.html.site import (
    INDEXES,
    SUFFIXES,
    Folder,
    SinglePage,
    Site,
    ZippedFolder,
    archive_index,
    folder_index,
)
from wellread.formats.html.sitemap import reading_order, table_of_contents
from wellread.formats.markup.block_drafts import titled
from wellread.formats.markup.footnotes import placed
from wellread.formats.markup.inner_links import inner_links
from wellread.formats.markup.navigation import Reference
from wellread.formats.markup.outline import FlowPages, contents
from wellread.formats.markup.parse import resolved

_INDEX_PAGES = re.compile(r"(?:.*/)?(?:bookindex|genindex|theindex|ix\d\d)\.x?html?", re.I)
_FEW_WORDS = 40  # of a page that nothing links to; with fewer it only leads elsewhere
_FRONT_WORDS = 400


class HtmlReader:
    """Reads a page of HTML or XHTML, or a folder (also zipped) of pages with an index that links to them."""

    name: ClassVar[str] = "html"
    version: ClassVar[int] = 3
    suffixes: ClassVar[frozenset[str]] = frozenset(SUFFIXES)

    def accepts(self, path: Path, head: bytes) -> bool:
        if path.is_dir():
            return folder_index(path) is not None
        if path.suffix.lower() == ".zip" and head.startswith(b"PK"):
            try:
                with Archive(path) as archive:
                    return archive_index(archive) is not None
            except UnreadableError:
                return False
        return path.suffix.lower() in self.suffixes

    def read(self, source: Source) -> Document:
        path = source.path
        if path.is_dir():
            index = folder_index(path)
            if index is None:
                raise _without_index(path)
            return _read(Folder(path, index), path)
        if path.suffix.lower() == ".zip":
            with Archive(path) as archive:
                index = archive_index(archive)
                if index is None:
                    raise _without_index(path)
                return _read(ZippedFolder(archive, index), path)
        return _read(SinglePage(path), path)


def _read(site: Site, path: Path) -> Document:
    names = list(site)
    read = (
        read_page(site.read(name), name, alone=len(names) == 1, is_index=name == site.index) for name in names
    )
    pages = {page.name: page for page in read if page is not None}
    if site.index not in pages or not any(page.flow.drafts for page in pages.values()):
        raise _without_text(path)
    index = _index(pages, site.index)
    about = pages[index].about
    lines = table_of_contents({name: page.listed for name, page in pages.items()}, index)
    warnings = [f"In {name}, {page.warning}." for name, page in pages.items() if page.warning]
    named = {line.href for line in lines}
    repeated = repeating(pages, named)
    for name in {*repeated, *_leading_elsewhere(pages, named)}:
        del pages[name]
    if whole := [name for name in repeated if name != index]:
        warnings.append(f"What {_some(whole)} says stands on other pages, too; it was left out.")
    following = {name: page.next for name, page in pages.items()}
    order, rest = reading_order(list(pages), lines, following, index)
    front = sorted(
        (name for name in rest if pages[name].is_front), key=lambda name: (not pages[name].front.title, name)
    )
    unlisted = [name for name in rest if pages[name].words >= _FEW_WORDS and name not in front]
    order = [*front, *order, *unlisted]
    if not order:
        raise _without_text(path)
    if unlisted:
        warnings.append(f"No table of contents names {_some(unlisted)}; it comes last.")
    flows = [pages[name].flow for name in order]
    numbers = {name: number for number, name in enumerate(order)}

    def locate(page: int, href: str) -> tuple[int, str] | None:
        name, fragment = resolved(order[page], href)
        return (numbers[name], fragment) if name in numbers else None

    arranged = placed(flows, locate)
    flow_pages = FlowPages(numbers, flows, arranged)
    entries = contents(flow_pages, lines, _landmarks(pages, index, alone=len(pages) == 1))
    numbered = _paragraph_numbers([draft.kind for _, draft in arranged.drafts], entries)
    blocks = tuple(
        draft.block(FileOrigin(order[page], draft.fragment, draft.line, number))
        for (page, draft), number in zip(arranged.drafts, numbered, strict=True)
    )
    if not blocks:
        raise UnreadableError(
            f"{path.name} holds no text.", hint="Look whether it is the file that you meant."
        )
    known = htmlbook.told(about, [page.front for page in pages.values()])
    links = inner_links(flow_pages, locate)
    return Document(titled(known, blocks, path.stem), blocks, entries, tuple(warnings), links)


def _index(pages: Mapping[str, SitePage], stated: str) -> str:
    """The page whose table of contents is that of the book: the index, or the page that it leads to, or a page made of
    nothing but a list of contents when the index has only links in its text."""
    index = pages[stated].moved if pages[stated].moved in pages else stated
    if not pages[index].has_contents:
        beside = [name for name in pages if name.rpartition("/")[2].lower() in INDEXES and name != index]
        index = next((name for name in beside if pages[name].has_contents), index)
    return index


def _leading_elsewhere(pages: Mapping[str, SitePage], listed: Collection[str]) -> list[str]:
    """The pages that only lead elsewhere, and those of which nothing is left but a list of contents."""
    return [
        name
        for name, page in pages.items()
        if page.moved or (page.has_contents and not page.flow.drafts and name not in listed)
    ]


def _paragraph_numbers(kinds: Sequence[BlockKind], entries: Sequence[ContentsEntry]) -> Iterator[int]:
    """The number of each block in its section, headings not counted: one has that of the paragraph below it."""
    begins = {entry.block for entry in entries}
    number = 1
    for block, kind in enumerate(kinds):
        if block in begins:
            number = 1
        yield number
        number += kind is not BlockKind.HEADING


def _landmarks(
    pages: Mapping[str, SitePage], index: str, *, alone: bool
) -> Iterator[tuple[SectionRole, Reference]]:
    for name, page in pages.items():
        if _INDEX_PAGES.fullmatch(name):
            yield SectionRole.INDEX, Reference(page.title, 0, name, "")
    front = pages.get(index)
    if front and not alone and front.words <= _FRONT_WORDS:
        yield SectionRole.FRONT, Reference(front.title, 0, index, "")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more pages"


def _without_text(path: Path) -> UnreadableError:
    return UnreadableError(
        f"{path.name} holds no text.",
        hint="If a script loads its text, save the complete page from a browser and add that.",
    )


def _without_index(path: Path) -> UnreadableError:
    return UnreadableError(
        f"{path.name} has no index that links to its pages.",
        hint="Add an index.html that links to the chapters in their order.",
    )
