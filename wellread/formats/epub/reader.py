"""EPUB 2 and 3: a book's documents in the order of its spine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from wellread.content import Block, BlockKind, EpubOrigin, Metadata, SectionRole
from wellread.errors import UnreadableError
from wellread.formats.archive import Archive, DamagedEntryError
from wellread.formats.document import ContentsEntry, Document, Source
from wellread.formats.epub.drm import is_fixed_layout, refuse_encrypted
from wellread.formats.epub.metadata import metadata
from wellread.formats.epub.package import CONTAINER, Package, SpineItem, packages
from wellread.formats.markup import cfi, walk
from wellread.formats.markup.block_drafts import Draft, Flow, one_line, titled
from wellread.formats.markup.elements import CONTENTS_CLASSES, section_role
from wellread.formats.markup.footnotes import Placed, placed
from wellread.formats.markup.inner_links import inner_links
from wellread.formats.markup.navigation import Navigation, Reference, from_document, from_ncx
from wellread.formats.markup.outline import FlowPages, contents
from wellread.formats.markup.parse import parse_xhtml, parse_xml, resolved
from wellread.formats.markup.printed_pages import Watch, page_label

_NOT_AN_EPUB = (
    "Open it in the program that made it and save it as EPUB again, or add the book in another format."
)


class EpubReader:
    """Reads EPUB files. Nothing is loaded from outside the file, and nothing in it is run."""

    name: ClassVar[str] = "epub"
    version: ClassVar[int] = 2
    suffixes: ClassVar[frozenset[str]] = frozenset({".epub"})

    def accepts(self, path: Path, head: bytes) -> bool:
        if head.startswith(b"PK") and b"mimetypeapplication/epub+zip" in head[:100]:
            return True
        return path.suffix.lower() in self.suffixes and path.is_file()

    def read(self, source: Source) -> Document:
        with Archive(source.path) as archive:
            return _Book(archive, source.path).document()


@dataclass(slots=True)
class _Targets:
    """What a document is looked out for: printed pages by id, CFIs, and the page it begins on."""

    pages: dict[str, str] = field(default_factory=dict)
    cfis: dict[str, Watch] = field(default_factory=dict)  # by local steps
    page: str = ""


class _Book:
    def __init__(self, archive: Archive, path: Path) -> None:
        self.archive, self.file = archive, path
        self.warnings = [
            f"The entry {name!r} points outside the book and was left out." for name in archive.refused
        ]
        self.root = self.find_root()
        self.package = self.find_package()
        self.refuse_unreadable()

    def document(self) -> Document:
        navigation = self.navigation()
        spine, flows = self.flows(navigation)
        if not flows:
            raise UnreadableError(
                f"None of the documents that {self.file.name} consists of can be read.", hint=_NOT_AN_EPUB
            )
        steps = {item.href: item.steps for item in spine}
        names = [item.href for item in spine]
        numbers = {name: number for number, name in enumerate(names)}

        def locate(page: int, href: str) -> tuple[int, str] | None:
            name, fragment = resolved(names[page], href)
            number = numbers.get(self.real_name(name))
            return None if number is None else (number, fragment)

        order = placed(flows, locate)
        if not order.drafts:
            raise UnreadableError(
                f"{self.file.name} holds no text.",
                hint="Its pages may be pictures. Add a version that went through text recognition.",
            )
        pages = FlowPages(numbers, flows, order)
        entries = contents(pages, navigation.contents, self.landmarks(navigation))
        blocks = self.blocks(order, names, steps, entries)
        links = inner_links(pages, locate)
        return Document(self.metadata(blocks), blocks, entries, tuple(self.warnings), links)

    # The container

    def find_root(self) -> str:
        """The folder that holds META-INF: the archive itself (""), or one packed with it by mistake."""
        found = self.archive.find(CONTAINER)
        if found is None:
            nested = [name for name in self.archive if name.endswith(f"/{CONTAINER}")]
            if len(nested) != 1:
                raise UnreadableError(
                    f"{self.file.name} is no EPUB: it has no {CONTAINER}.", hint=_NOT_AN_EPUB
                )
            found = nested[0]
            self.warnings.append(
                f"The book lies in the folder {found.removesuffix(CONTAINER)!r} of its archive."
            )
        return found.removesuffix(CONTAINER) if found.endswith(CONTAINER) else ""

    def find_package(self) -> Package:
        """The first package of the container that is not of fixed layout."""
        found = list(packages(self.archive, self.root))
        if not found:
            raise UnreadableError(
                f"{self.file.name} is no EPUB: its container names no package document that can be read.",
                hint=_NOT_AN_EPUB,
            )
        flowing = (one for one in found if not is_fixed_layout(self.archive, self.root, one))
        chosen = next(flowing, found[0])
        return replace(chosen, spine=tuple(replace(i, href=self.real_name(i.href)) for i in chosen.spine))

    def real_name(self, name: str) -> str:
        """The name of the entry meant, which careless tools spell in another case."""
        return self.archive.find(name) or name

    def refuse_unreadable(self) -> None:
        if is_fixed_layout(self.archive, self.root, self.package):
            raise UnreadableError(
                f"{self.file.name} has a fixed layout: its pages are pictures with words on them, in no"
                " order that can be relied on.",
                hint="Add a reflowable EPUB or a PDF of the book instead.",
            )
        if not self.package.spine:
            raise UnreadableError(f"{self.file.name} lists no documents to read.", hint=_NOT_AN_EPUB)
        wanted = {item.href for item in self.package.spine}
        refuse_encrypted(self.archive, self.root, wanted | {self.package.href}, self.file.name)
        self.warnings += [
            f"The spine names {identifier!r}, which is not in the manifest."
            for identifier in self.package.missing
        ]

    def tree(self, name: str) -> Any:
        found = self.archive.find(name)
        return parse_xml(self.archive.read(found), found) if found else None

    # Tables of contents

    def navigation(self) -> Navigation:
        """The navigation document, completed or replaced by the NCX where it says nothing."""
        found = Navigation()
        if name := self.archive.find(self.package.navigation):
            parsed = parse_xhtml(self.archive.read(name), name)
            if parsed.root is not None:
                found = from_document(parsed.root, name)
        usable = self.leads_somewhere(found.contents)
        ncx = self.package.ncx
        if ncx and not (usable and found.pages):
            tree = self.tree(ncx)
            older = from_ncx(tree, ncx) if tree is not None else Navigation()
            if not usable and self.leads_somewhere(older.contents):
                found = replace(found, contents=older.contents)
                usable = True
            if not found.pages:
                found = replace(found, pages=older.pages)
        if not usable:
            self.warnings.append("It has no table of contents that works; its headings were taken instead.")
        return self.with_real_names(found)

    def leads_somewhere(self, lines: Sequence[Reference]) -> bool:
        hrefs = {item.href for item in self.package.spine}
        return any(
            self.real_name(line.href) in hrefs or line.fragment.startswith("epubcfi(") for line in lines
        )

    def with_real_names(self, found: Navigation) -> Navigation:
        """References by CFI, and those that differ in case only, led to the documents they mean."""

        def real(line: Reference) -> Reference:
            if line.fragment.startswith("epubcfi("):
                item = self.spine_item(line.fragment)
                return replace(line, href=item.href) if item else line
            name = self.real_name(line.href)
            return line if name == line.href else replace(line, href=name)

        return Navigation(
            [real(line) for line in found.contents],
            [real(line) for line in found.pages],
            [(role, real(line)) for role, line in found.landmarks],
        )

    def spine_item(self, fragment: str) -> SpineItem | None:
        parts = cfi.split(fragment)
        wanted = cfi.without_assertions(parts[0]) if parts else ""
        return next(
            (item for item in self.package.spine if cfi.without_assertions(item.steps) == wanted), None
        )

    def landmarks(self, navigation: Navigation) -> list[tuple[SectionRole, Reference]]:
        found = list(navigation.landmarks)
        for kind, href in self.package.guide:
            role = section_role(frozenset({kind.lower()}))
            if role is not SectionRole.BODY:
                name, fragment = resolved(self.package.href, href)
                found.append((role, Reference("", 0, self.real_name(name), fragment)))
        return found

    # Documents

    def flows(self, navigation: Navigation) -> tuple[list[SpineItem], list[Flow]]:
        targets = self.targets(navigation)
        tables_of_contents = {
            line.href for role, line in self.landmarks(navigation) if role is SectionRole.CONTENTS
        }
        spine: list[SpineItem] = []
        flows: list[Flow] = []
        page = ""
        for item in self.package.spine:
            root = self.parsed(item)
            if root is None:
                continue
            wanted = targets.get(item.href, _Targets())
            left_out = frozenset() if item.href in tables_of_contents else CONTENTS_CLASSES
            read = walk.read(
                root,
                pages=wanted.pages,
                watched=_watched(root, wanted.cfis),
                page=wanted.page or page,
                left_out=left_out,
            )
            spine.append(item)
            flows.append(read)
            page = read.page
        return spine, flows

    def parsed(self, item: SpineItem) -> Any:
        name = self.archive.find(item.href)
        if name is None:
            self.warnings.append(f"{item.href} is missing from the book.")
            return None
        if item.media_type.startswith(
            ("image/", "audio/", "video/", "font/")
        ) and not item.media_type.endswith("xml"):
            self.warnings.append(f"{item.href} is no text and was left out.")
            return None
        try:
            raw = self.archive.read(name)
        except DamagedEntryError:
            self.warnings.append(f"{item.href} is damaged and was left out.")
            return None
        parsed = parse_xhtml(raw, item.href)
        if parsed.root is None:
            self.warnings.append(f"{item.href} holds nothing that can be read.")
        elif parsed.warning:
            self.warnings.append(f"In {item.href}, {parsed.warning}.")
        return parsed.root

    def targets(self, navigation: Navigation) -> dict[str, _Targets]:
        found: dict[str, _Targets] = {}
        for line in navigation.pages:
            wanted = found.setdefault(line.href, _Targets())
            if line.fragment.startswith("epubcfi("):
                parts = cfi.split(line.fragment)
                if parts:
                    wanted.cfis[parts[1]] = Watch(line.fragment, page_label(line.title))
            elif line.fragment:
                wanted.pages[line.fragment] = page_label(line.title)
            else:
                wanted.page = wanted.page or page_label(line.title)
        for line in navigation.contents:
            parts = cfi.split(line.fragment) if line.fragment.startswith("epubcfi(") else None
            if parts:
                found.setdefault(line.href, _Targets()).cfis.setdefault(parts[1], Watch(line.fragment))
        return found

    # The document

    def blocks(
        self, order: Placed, names: list[str], steps: Mapping[str, str], entries: Sequence[ContentsEntry]
    ) -> tuple[Block, ...]:
        begun = {entry.block: entry for entry in entries}
        made = []
        for number, (page, draft) in enumerate(order.drafts):
            name = names[page]
            origin = EpubOrigin(name, cfi.join(steps[name], draft.steps))
            made.append(block(draft, origin, begun.get(number)))
        return tuple(made)

    def metadata(self, blocks: Sequence[Block]) -> Metadata:
        return titled(metadata(self.package), blocks, self.file.stem)


def block(draft: Draft, origin: EpubOrigin, entry: ContentsEntry | None) -> Block:
    """The block of a draft; a paragraph that is the title of the section it begins is its heading."""
    made = draft.block(origin)
    if (
        entry
        and draft.kind is BlockKind.PARAGRAPH
        and one_line(draft.text).casefold() == entry.title.casefold()
    ):
        return replace(made, kind=BlockKind.HEADING, level=min(entry.depth + 1, 6))
    return made


def _watched(root: Any, cfis: Mapping[str, Watch]) -> dict[Any, Watch]:
    found: dict[Any, Watch] = {}
    for steps, watch in cfis.items():
        place = cfi.resolve(root, steps)
        if place is None:
            continue
        inside = place.text > 1 or place.offset > 0
        found[place.element] = replace(watch, inside=inside)
    return found
