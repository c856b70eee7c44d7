"""HTML: a page, or a folder of pages in the order of its table of contents."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lxml import etree

from wellread.content import BlockKind, FileOrigin, SectionRole
from wellread.errors import UnreadableError
from wellread.formats.archive import Archive
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.html.metadata import metadata
from wellread.formats.html.site import (
    SUFFIXES,
    Folder,
    SinglePage,
    Site,
    ZippedFolder,
    archive_index,
    folder_index,
)
from wellread.formats.html.sitemap import reading_order, table_of_contents
from wellread.formats.markup import walk
from wellread.formats.markup.block_drafts import Flow, one_line, titled
from wellread.formats.markup.elements import CONTENTS_CLASSES, Meaning
from wellread.formats.markup.footnotes import placed
from wellread.formats.markup.navigation import Reference, listed
from wellread.formats.markup.outline import FlowPages, contents
from wellread.formats.markup.parse import Parsed, local_name, parse_html, parse_xhtml, resolved

_NAVIGATION = """
    nav navbar navheader navfooter docnav breadcrumb breadcrumbs sphinxsidebar related footer page-footer
    site-header site-footer skip-link skip-to-content pagination prev-next nav-chapters indexdiv-quicklinks
    navigation banner contentinfo search
"""
_LEFT_OUT = CONTENTS_CLASSES | set(_NAVIGATION.split())
_INDEX_PAGES = re.compile(r"(?:.*/)?(?:bookindex|genindex|theindex|ix\d\d)\.x?html?", re.I)
_MENTIONS_CONTENTS = etree.XPath("//*[contains(@class, 'toc') or contains(@role, 'toc')]")
_MAINS = etree.XPath("//*[local-name() = 'main' or @role = 'main']")
_FEW_WORDS = 40  # of a page that nothing links to; with fewer it only leads elsewhere
_FRONT_WORDS = 400


class HtmlReader:
    """Reads a page of HTML or XHTML, or a folder (also zipped) of pages with an index that links to them."""

    name: ClassVar[str] = "html"
    version: ClassVar[int] = 2
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


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as read, and what it says about the others: its list of contents and the one that comes next."""

    name: str
    title: str
    flow: Flow
    listed: tuple[Reference, ...]
    next: str
    warning: str


def _read(site: Site, path: Path) -> Document:
    index_root = _parsed(site.read(site.index), site.index).root
    pages = {
        name: page for name in site if (page := _page(site.read(name), name, name == site.index)) is not None
    }
    if index_root is None or not any(page.flow.drafts for page in pages.values()):
        raise UnreadableError(
            f"{path.name} holds no text.",
            hint="If a script loads its text, save the complete page from a browser and add that.",
        )
    lines = table_of_contents({name: page.listed for name, page in pages.items()}, site.index)
    following = {name: page.next for name, page in pages.items()}
    order, rest = reading_order(list(pages), lines, following, site.index)
    unlisted = [name for name in rest if _has_text(pages[name].flow)]
    order += unlisted
    warnings = [f"In {name}, {page.warning}." for name, page in pages.items() if page.warning]
    if unlisted:
        warnings.append(f"No table of contents names {_some(unlisted)}; it comes last.")
    flows = [pages[name].flow for name in order]
    numbers = {name: number for number, name in enumerate(order)}

    def locate(page: int, href: str) -> tuple[int, str] | None:
        name, fragment = resolved(order[page], href)
        return (numbers[name], fragment) if name in numbers else None

    arranged = placed(flows, locate)
    entries = contents(
        FlowPages(numbers, flows, arranged), lines, _landmarks(pages, site.index, alone=len(pages) == 1)
    )
    numbered = _paragraph_numbers([draft.kind for _, draft in arranged.drafts], entries)
    blocks = tuple(
        draft.block(FileOrigin(order[page], draft.fragment, draft.line, number))
        for (page, draft), number in zip(arranged.drafts, numbered, strict=True)
    )
    if not blocks:
        raise UnreadableError(
            f"{path.name} holds no text.", hint="Look whether it is the file that you meant."
        )
    return Document(titled(metadata(index_root), blocks, path.stem), blocks, entries, tuple(warnings))


def _paragraph_numbers(kinds: Sequence[BlockKind], entries: Sequence[ContentsEntry]) -> Iterator[int]:
    """The number of each block in its section, headings not counted: one has that of the paragraph below it."""
    begins = {entry.block for entry in entries}
    number = 1
    for block, kind in enumerate(kinds):
        if block in begins:
            number = 1
        yield number
        number += kind is not BlockKind.HEADING


def _parsed(raw: bytes, name: str) -> Parsed:
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") or name.lower().endswith(".xhtml"):
        return parse_xhtml(raw, name)
    return parse_html(raw)


def _page(raw: bytes, name: str, is_index: bool) -> _Page | None:
    parsed = _parsed(raw, name)
    root = parsed.root
    if root is None:
        return None
    lists = [element for element in _MENTIONS_CONTENTS(root) if _is_contents(element)]
    outermost = [one for one in lists if not any(_is_contents(above) for above in one.iterancestors())]
    lines = [line for one in outermost for line in _contents(one, name)]
    if is_index and not lines:
        body = next((one for one in root.iter() if local_name(one) == "body"), root)
        lines = [line for line in listed(body, name) if line.href != name] or _links(body, name)
    following = next(
        (one.get("href") or "" for one in root.iter("{*}link", "{*}a") if "next" in _relations(one)), ""
    )
    title = next((one_line("".join(one.itertext())) for one in root.iter("{*}title")), "")
    _silence_logos(root)
    read = walk.read(_main(root), left_out=_LEFT_OUT)
    return _Page(
        name, title, read, tuple(lines), resolved(name, following)[0] if following else "", parsed.warning
    )


def _contents(element: Any, name: str) -> Iterator[Reference]:
    # `listed` reads the lists inside an element, and a list of contents may be the element itself.
    if local_name(element) in ("ul", "ol", "dl"):
        holder = element.makeelement("div")
        around = element.getparent()
        if around is None:
            holder.append(element)
            return listed(holder, name)
        return (line for line in listed(around, name) if line.href)
    return listed(element, name)


def _is_contents(element: Any) -> bool:
    if not element.attrib:
        return False
    meaning = Meaning.of(element.attrib)
    return bool((meaning.classes & {"toc", "toctree-wrapper"}) or "toc" in meaning.words)


def _links(body: Any, name: str) -> list[Reference]:
    found = []
    for link in body.iter("{*}a"):
        target, fragment = resolved(name, link.get("href") or "")
        title = one_line("".join(link.itertext()))
        if title and target.lower().endswith(SUFFIXES) and target != name:
            found.append(Reference(title, 0, target, fragment))
    return found


def _relations(element: Any) -> frozenset[str]:
    return frozenset((element.get("rel") or "").lower().split())


def _main(root: Any) -> Any:
    """The one `main` element of a page, if most of its text is there; else all of it."""
    mains = _MAINS(root)
    if len(mains) != 1:
        return root
    inside = sum(len(text.strip()) for text in mains[0].itertext())
    return mains[0] if 2 * inside >= sum(len(text.strip()) for text in root.itertext()) else root


def _silence_logos(root: Any) -> None:
    """Linked images without text beside them are logos and buttons; their descriptions are no captions."""
    for link in root.iter("{*}a"):
        if len(link) == 1 and local_name(link[0]) == "img" and not one_line("".join(link.itertext())):
            target = (link.get("href") or "").lower()
            if not target.endswith((".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")):
                link[0].set("alt", "")


def _has_text(read: Flow) -> bool:
    return sum(len(draft.text.split()) for draft in read.drafts) >= _FEW_WORDS


def _landmarks(
    pages: Mapping[str, _Page], index: str, *, alone: bool
) -> Iterator[tuple[SectionRole, Reference]]:
    for name, page in pages.items():
        if _INDEX_PAGES.fullmatch(name):
            yield SectionRole.INDEX, Reference(page.title, 0, name, "")
    front = pages.get(index)
    if front and not alone and sum(len(draft.text.split()) for draft in front.flow.drafts) <= _FRONT_WORDS:
        yield SectionRole.FRONT, Reference(front.title, 0, index, "")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more pages"


def _without_index(path: Path) -> UnreadableError:
    return UnreadableError(
        f"{path.name} has no index that links to its pages.",
        hint="Add an index.html that links to the chapters in their order.",
    )
