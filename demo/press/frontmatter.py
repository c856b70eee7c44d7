"""The pages before a book's text, the same in both editions: title page and copyright page."""

from lxml.builder import ElementMaker
from lxml.etree import _Element as Element

from press.markup import TYPE, XHTML
from press.source import Metadata

H = ElementMaker(namespace=XHTML, nsmap={None: XHTML})
RIGHTS = {
    "CC0-1.0": "To the extent possible under law, the publisher has waived all copyright and related rights"
    " in this work (Creative Commons Zero 1.0)."
}


def title_page(metadata: Metadata) -> Element:
    """Make the title page: title, subtitle, authors, publisher."""
    page = H.section({TYPE: "titlepage", "class": "titlepage"}, H.h1(metadata.title))
    if metadata.subtitle:
        page.append(H.p({"class": "subtitle"}, metadata.subtitle))
    page.append(H.p({"class": "authors"}, ", ".join(metadata.authors)))
    page.append(H.p({"class": "publisher"}, f"{metadata.publisher}, {metadata.date.year}"))
    return page


def copyright_page(metadata: Metadata) -> Element:
    """Make the page that says who published the book when, and what one may do with it."""
    day = f"{metadata.date:%B} {metadata.date.day}, {metadata.date.year}"
    return H.section(
        {TYPE: "copyright-page", "class": "copyright"},
        H.p(H.b(metadata.title), f": {metadata.subtitle}" if metadata.subtitle else ""),
        H.p(f"Published by {metadata.publisher}, {day}."),
        H.p(RIGHTS.get(metadata.rights, metadata.rights)),
        H.p(f"Identifier: {metadata.identifier}"),
    )
