"""Page breaks for an EPUB that has no printed original, about as long as a page of print."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from press.markup import MARKER_CLASS, TYPE, find, tag, text_of

WORDS_PER_PAGE = 280
LISTS = {tag("ul"), tag("ol"), tag("dl")}
# What stays with the block after it.
KEPT = {tag("h1"), tag("h2"), tag("h3"), tag("h4"), tag("dt")}


@dataclass(frozen=True)
class Page:
    """A page's number as shown, and the place where it begins."""

    label: str
    href: str


def break_pages(files: Mapping[str, Element], first: int = 1) -> tuple[Page, ...]:
    """Put page breaks into the sections and give the list of pages; `files` maps href to section.

    A page begins with every file and then between blocks, before the block that would overfill it, but
    not between a heading and what it heads, nor before the notes. Numbers run on from file to file.
    """
    pages: list[Page] = []
    for href, section in files.items():
        for block in tuple(_page_starts(section)):
            pages.append(begin_page(block, section, href, str(first + len(pages))))
    return tuple(pages)


def begin_page(block: Element, section: Element, href: str, label: str) -> Page:
    """Begin a page before a block of the section or, where only items may stand, at an item's start."""
    mark = etree.Element(
        tag("span"),
        {TYPE: "pagebreak", "role": "doc-pagebreak", "id": f"page-{label}", "aria-label": label},
    )
    if block.getparent() is section:
        mark.tail = "\n"
        block.addprevious(mark)
    else:
        mark.tail = block.text
        block.text = None
        block.insert(0, mark)
    return Page(label, f"{href}#page-{label}")


def page_labels(files: Mapping[str, Element]) -> dict[str, str]:
    """Give the page on which each index anchor stands: its href to the page's label."""
    labels: dict[str, str] = {}
    for href, section in files.items():
        label = ""
        for span in find(section, ".//h:span"):
            if span.get(TYPE) == "pagebreak":
                label = span.attrib["aria-label"]
            elif span.get("class") == MARKER_CLASS:
                labels[f"{href}#{span.attrib['id']}"] = label
    return labels


def _page_starts(section: Element) -> Iterator[Element]:
    """Give the blocks that begin a page. The first is the section's first."""
    words = 0
    may_break = True
    for number, block in enumerate(_blocks(section)):
        length = len(text_of(block).split())
        may_break = may_break and block.get("class") != "notes"
        if number == 0 or (may_break and words + length / 2 > WORDS_PER_PAGE):
            yield block
            words = 0
        words += length
        may_break = block.tag not in KEPT


def _blocks(section: Element) -> Iterator[Element]:
    for child in section:
        if child.tag in LISTS:
            yield from child
        else:
            yield child
