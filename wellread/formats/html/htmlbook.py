"""HTMLBook (https://github.com/oreillymedia/HTMLBook), the HTML that O'Reilly writes books in: sections that say by
their `data-type` what they are, a title page, by-lines of chapters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from wellread.content import Metadata
from wellread.formats.dates import iso_date
from wellread.formats.isbn import isbn_in
from wellread.formats.markup.block_drafts import one_line
from wellread.formats.markup.navigation import Reference
from wellread.formats.markup.parse import local_name
from wellread.text.languages import alternatives

_CHAPTERS = frozenset(
    "part chapter preface foreword introduction appendix afterword conclusion glossary bibliography dedication "
    "acknowledgments colophon index".split()
)
_RANKS = {f"sect{level}": level for level in range(1, 6)}
_FRONT = ("titlepage", "copyright-page")
_MOST_NAME_WORDS = 6
_BETWEEN_NAMES = re.compile(r"\s*[,;]\s*|\s+&\s+")


@dataclass(frozen=True, slots=True)
class BookStatement:
    """What a page says of its book in HTMLBook's ways; "" and () where it does not. `writers` and `editors` are those
    of its chapter, by its by-lines."""

    title: str = ""
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    publisher: str = ""
    isbn: str = ""
    date: str = ""
    writers: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()


def sections(root: Any, name: str) -> list[Reference]:
    """The sections of a page that have an id and a heading, nested as they are; of a page that is one section, those in
    it."""
    found: list[Reference] = []
    open_until: list[Any] = []  # the sections around the current one
    for element in root.iter("{*}section", "{*}div"):
        if not _is_section(element):
            continue
        around = set(element.iterancestors())
        while open_until and open_until[-1] not in around:
            open_until.pop()
        heading = _heading(element)
        if heading is None or not element.get("id"):
            continue
        title = one_line("".join(heading.itertext()))
        if title:
            found.append(Reference(title, len(open_until), name, element.get("id")))
            open_until.append(element)
    if sum(not line.depth for line in found) == 1:
        return [replace(line, depth=line.depth - 1) for line in found[1:]]
    return found


def prepare(root: Any) -> None:
    """Give the headings of sections the level of their section (HTMLBook begins anew with `h1` in `sect1`), and take
    out the links to other pages that stand beside the sections of a page."""
    for body in root.iter("{*}body"):
        if body.get("data-type") != "book":
            continue
        for link in [one for one in body if local_name(one) == "a"]:
            link.text = None
            for below in list(link):
                link.remove(below)
    for element in root.iter("{*}section", "{*}div"):
        if _is_section(element) and (heading := _heading(element)) is not None:
            level = sum(_is_section(above) for above in element.iterancestors()) + 1
            heading.tag = f"{heading.tag[:-1]}{min(level, 6)}"


def front_matter(root: Any) -> BookStatement:
    """What the title page, the copyright page and the by-lines on a page say."""
    found = BookStatement()
    for element in root.iter("{*}section", "{*}div"):
        kind = element.get("data-type")
        if kind == "titlepage":
            heading = _heading(element)
            found = replace(
                found,
                title=one_line("".join(heading.itertext())) if heading is not None else "",
                subtitle=next(_said(element, "subtitle"), ""),
            )
        if kind in _FRONT:
            names = dict.fromkeys(one for text in _said(element, "author") for one in names_in(text))
            isbn = next((number for text in _said(element, "isbn") if (number := isbn_in(text))), "")
            dates = (iso_date(text.strip(" :")) for text in _said(element, "revdate", "pubdate"))
            found = replace(
                found,
                authors=tuple(names) or found.authors,
                publisher=next(_said(element, "publishername"), found.publisher),
                isbn=isbn or found.isbn,
                date=next(filter(None, dates), found.date),
            )
    writers: dict[str, None] = {}
    editors: dict[str, None] = {}
    for element in root.iter("{*}section", "{*}div"):
        if element.get("data-type") in _CHAPTERS:
            for text in _said(element, "byline", "author"):
                into = (
                    editors if any(one.match(text) for one in alternatives("byline", "edited")) else writers
                )
                into.update(dict.fromkeys(names_in(text)))
    return replace(found, writers=tuple(writers), editors=tuple(editors))


def told(metadata: Metadata, pages: list[BookStatement]) -> Metadata:
    """The metadata of a folder's index with what its pages say of the whole book."""

    def first(name: str) -> str:
        return next((text for page in pages if (text := getattr(page, name))), "")

    writers = dict.fromkeys(name for page in pages for name in page.writers)
    editors = dict.fromkeys(name for page in pages for name in page.editors)
    # The title page names all authors; the copyright page may stop at the first.
    stated = max((page.authors for page in pages), key=len, default=()) or metadata.authors
    authors = stated or tuple(writers)
    others = dict.fromkeys((*metadata.contributors, *writers, *editors))
    isbn = first("isbn")
    return replace(
        metadata,
        title=first("title") or metadata.title,
        subtitle=first("subtitle") or metadata.subtitle,
        authors=authors,
        contributors=tuple(name for name in others if name not in authors),
        publisher=metadata.publisher or first("publisher"),
        date=metadata.date or first("date"),
        identifiers=metadata.identifiers or ((f"urn:isbn:{isbn}",) if isbn else ()),
    )


def names_in(text: str) -> Iterator[str]:
    """The people that a by-line names: "By Jane Roe, John Doe, and Ann Lee". What is longer than a name is none."""
    rest = text
    for one in (*alternatives("byline", "edited"), *alternatives("byline", "written")):
        rest = one.sub("", rest, count=1)
    for between in alternatives("byline", "between"):
        rest = between.sub(", ", rest)
    for part in _BETWEEN_NAMES.split(rest):
        name = part.strip(" .,")
        if name and len(name.split()) <= _MOST_NAME_WORDS and name[0].isupper():
            yield name


def _is_section(element: Any) -> bool:
    kind = element.get("data-type")
    return kind in _CHAPTERS or kind in _RANKS


def _heading(element: Any) -> Any | None:
    """The heading of a section: its first child that is one, or in its header."""
    for child in element:
        name = local_name(child)
        if name in ("header", "hgroup"):
            return _heading(child)
        if len(name) == 2 and name[0] == "h" and name[1].isdigit():
            return child
    return None


def _said(element: Any, *kinds: str) -> Iterator[str]:
    """The texts below an element that are of one of these kinds, by `class` or `data-type`; not those of sections in
    it."""
    for one in element.iter("{*}p", "{*}span", "{*}h2", "{*}h3", "{*}div", "{*}cite"):
        if one is element or not {*(one.get("class") or "").split(), one.get("data-type")} & set(kinds):
            continue
        section = next((above for above in one.iterancestors() if above.get("data-type")), None)
        text = one_line("".join(one.itertext()))
        if text and (section is element or not _is_section(section)):
            yield text
