"""A whole book as XHTML: its parts and chapters in reading order, its contents, its links checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from lxml import etree
from lxml.etree import _Element as Element

from press.chapter import Chapter, render_chapter
from press.markup import TYPE, find, tag
from press.source import BookSource, Metadata, SourceError


@dataclass(frozen=True)
class Part:
    """Chapters under a common title, which has a page of its own."""

    title: str
    href: str
    chapters: tuple[Chapter, ...]
    kind: str = "part"

    @property
    def body(self) -> Element:
        """The part's page: its number ("Part I:"), if it has one, above its name."""
        section = etree.Element(
            tag("section"), {TYPE: "part", "role": "doc-part", "aria-labelledby": "title"}
        )
        heading = etree.SubElement(section, tag("h1"), {"id": "title"})
        number, colon, name = self.title.partition(": ")
        if not colon:
            heading.text = self.title
            return section
        label = etree.SubElement(heading, tag("span"), {"class": "number"})
        label.text = number + colon.rstrip()
        label.tail = f" {name}"
        return section


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents, with those under it."""

    label: str
    href: str
    children: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Book:
    """A rendered book: parts, and the chapters that stand in none, in reading order."""

    source: BookSource
    matter: tuple[Part | Chapter, ...]

    @property
    def metadata(self) -> Metadata:
        """The catalogue's words about the book."""
        return self.source.metadata

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """Every chapter, in reading order."""
        return tuple(unit for unit in self.units() if isinstance(unit, Chapter))

    def units(self) -> Iterator[Part | Chapter]:
        """Give part pages and chapters, in reading order: one file of the EPUB each."""
        for unit in self.matter:
            yield unit
            if isinstance(unit, Part):
                yield from unit.chapters

    def contents(self) -> tuple[Entry, ...]:
        """Give the table of contents: parts › chapters › sections."""
        return tuple(_entry(unit) for unit in self.matter)

    def figures(self) -> tuple[str, ...]:
        """Give the pictures shown, relative to the book's folder, each once."""
        return tuple(
            sorted({image.attrib["src"] for unit in self.chapters for image in find(unit.body, ".//h:img")})
        )


def render_book(source: BookSource) -> Book:
    """Render every chapter. Raises SourceError for a link or a picture that leads nowhere."""
    parts = 0
    matter: list[Part | Chapter] = []
    for title, group in groupby((render_chapter(each) for each in source.chapters), lambda each: each.part):
        if title is None:
            matter.extend(group)
        else:
            parts += 1
            matter.append(Part(title, f"part-{parts}.xhtml", tuple(group)))
    book = Book(source, tuple(matter))
    _check_links(book)
    missing = [name for name in book.figures() if not (source.folder / name).is_file()]
    if missing:
        raise SourceError(f"{source.metadata.slug}: no file for {', '.join(missing)}")
    return book


def _entry(unit: Part | Chapter) -> Entry:
    if isinstance(unit, Part):
        return Entry(unit.title, unit.href, tuple(_entry(chapter) for chapter in unit.chapters))
    flat = [(heading.level, Entry(heading.text, f"{unit.href}#{heading.id}")) for heading in unit.headings]
    return Entry(unit.full_title, unit.href, _nest(flat))


def _nest(flat: Iterable[tuple[int, Entry]]) -> tuple[Entry, ...]:
    """Put each entry of a deeper level under the entry before it."""
    rows = list(flat)
    entries: list[Entry] = []
    while rows:
        level, entry = rows.pop(0)
        under = []
        while rows and rows[0][0] > level:
            under.append(rows.pop(0))
        entries.append(Entry(entry.label, entry.href, _nest(under)))
    return tuple(entries)


def _check_links(book: Book) -> None:
    targets = {unit.href for unit in book.units()}
    for chapter in book.chapters:
        targets.update(
            f"{chapter.href}#{element.attrib['id']}" for element in find(chapter.body, ".//*[@id]")
        )
    for chapter in book.chapters:
        for link in find(chapter.body, ".//h:a[@href]"):
            href = link.attrib["href"]
            target = f"{chapter.href}{href}" if href.startswith("#") else href
            if target not in targets and "://" not in target:
                raise SourceError(f"{chapter.stem}: a link leads to {href}, which is not there")
