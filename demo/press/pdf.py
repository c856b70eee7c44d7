"""A book as a PDF: typeset pages with notes at their foot, an outline, page labels and tags."""

import os
from collections.abc import Iterable, Mapping, Set
from copy import deepcopy
from datetime import UTC, datetime, time
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import escape

import pydyf  # type: ignore[import-untyped]  # ships no types
from lxml import etree
from lxml.builder import E
from lxml.etree import _Element as Element
from weasyprint import HTML, Document  # type: ignore[import-untyped]  # ships no types

from press.backindex import Locator, render_index
from press.book import Book, Entry
from press.frontmatter import copyright_page, title_page
from press.markup import TYPE, find, text_of
from press.source import Metadata, SourceError

STYLE = Path(__file__).with_name("style") / "print.css"
INDEX = "index.xhtml"
TEXT_BEGINS = "text-begins"
# What stands before page 1, on pages with Roman numbers.
FRONT_KINDS = ("preface", "foreword")


def build_pdf(book: Book) -> bytes:
    """Typeset the book twice: the first time tells the pages that the index of the second names."""
    # The fonts' subsets carry the time at which they were made, which must not be now.
    made = datetime.combine(book.metadata.date, time(), UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(made.timestamp()))
    draft = _typeset(book, {})
    fronts = next(number for number, page in enumerate(draft.pages) if TEXT_BEGINS in page.anchors)
    labels = {
        anchor: str(number - fronts + 1) if number >= fronts else _roman(number + 1)
        for number, page in enumerate(draft.pages)
        for anchor in page.anchors
    }
    pdf: bytes = _typeset(book, labels).write_pdf(
        finisher=lambda _document, pdf: _finish(pdf, book.metadata, fronts),
        pdf_variant="pdf/ua-1",
        pdf_identifier=UUID(book.metadata.identifier).bytes,
    )
    return pdf


def _typeset(book: Book, labels: Mapping[str, str]) -> Document:
    """Lay out the pages; `labels` maps an anchor of the page to the number that the index gives."""
    body = E.body(
        E.div({"class": "front"}, *(_plain(section) for section in _front_matter(book))),
        E.div({"class": "text", "id": TEXT_BEGINS}, *(_plain(section) for section in _text(book, labels))),
    )
    for heading in find(body, ".//h1"):
        # A running head is empty on the page that sets it, so every chapter sets the book's title anew.
        heading.set("data-book", book.metadata.title)
    page = E.html({"lang": book.metadata.language}, _head(book.metadata), body)
    markup = etree.tostring(page, encoding="unicode", method="html", doctype="<!DOCTYPE html>")
    return HTML(string=markup, base_url=f"{book.source.folder.resolve().as_uri()}/").render()


def _head(metadata: Metadata) -> Element:
    """Make the head, of which WeasyPrint makes the PDF's own metadata."""
    title = f"{metadata.title}: {metadata.subtitle}" if metadata.subtitle else metadata.title
    named = {
        "description": metadata.description,
        "keywords": ", ".join(metadata.topics),
        "dcterms.created": metadata.date.isoformat(),
        "dcterms.modified": metadata.date.isoformat(),
    }
    return E.head(
        E.meta(charset="utf-8"),
        E.title(title),
        *(E.meta(name="author", content=author) for author in metadata.authors),
        *(E.meta(name=name, content=content) for name, content in named.items()),
        E.style(STYLE.read_text("utf-8")),
    )


def _front_matter(book: Book) -> Iterable[Element]:
    yield title_page(book.metadata)
    yield copyright_page(book.metadata)
    entries = (*book.contents(), Entry("Index", INDEX))
    fronts = {unit.href for unit in book.units() if unit.kind in FRONT_KINDS}
    yield E.nav({"class": "contents"}, E.h1("Contents"), _contents(entries, fronts))
    for unit in book.units():
        if unit.kind in FRONT_KINDS:
            yield _with_anchors(_with_notes(unit.body), unit.href)


def _text(book: Book, labels: Mapping[str, str]) -> Iterable[Element]:
    in_parts = [chapter for chapter in book.chapters if chapter.part]
    for unit in book.units():
        if unit.kind not in FRONT_KINDS:
            section = _with_anchors(_with_notes(unit.body), unit.href)
            # In the outline, the style puts the chapters of a part under it.
            section.set("class", f"{unit.kind} in-part" if unit in in_parts else unit.kind)
            yield section
    hrefs = [(marker.terms, f"{each.href}#{marker.id}") for each in book.chapters for marker in each.markers]
    places = ((terms, Locator(labels.get(_anchor(href), ""), href)) for terms, href in hrefs)
    yield _with_anchors(render_index(places, book.source.see, book.source.see_also), INDEX)


def _contents(entries: Iterable[Entry], fronts: Set[str]) -> Element:
    """Make the list of contents; the style adds the page numbers, Roman ones for the front matter."""
    items = []
    for entry in entries:
        link = E.a({"href": f"#{_anchor(entry.href)}"}, entry.label)
        item = E.li({"class": "roman" if entry.href.partition("#")[0] in fronts else "arabic"}, link)
        if entry.children:
            item.append(_contents(entry.children, fronts))
        items.append(item)
    return E.ol(*items)


def _with_notes(section: Element) -> Element:
    """Copy a section with each note where its number stands; the style floats it to the page's foot."""
    section = deepcopy(section)
    for note in find(section, ".//h:aside"):
        number = note.attrib["id"].removeprefix("note-")
        call, *others = find(section, f".//h:a[@href='#note-{number}']")
        parent = call.getparent()
        if others or parent is None:
            raise SourceError(f"{text_of(note)[:40]!r}: the PDF can refer to a note but once")
        text = E.span({"class": "footnote"})
        text.tail = call.tail
        parent.replace(call, text)
        for paragraph in find(note, "./h:p"):
            paragraph.tag = "span"
            text.append(paragraph)
        back = find(text, ".//h:a[@role='doc-backlink']")[0]
        text[0].text = (back.tail or "").removeprefix(". ")
        text[0].remove(back)
    for notes in find(section, "./h:section[@class='notes']"):
        section.remove(notes)
    return section


def _with_anchors(section: Element, href: str) -> Element:
    """Make ids unique and links internal, now that all files are one document."""
    for element in find(section, ".//*[@id]"):
        element.set("id", _anchor(f"{href}#{element.attrib['id']}"))
    for link in find(section, ".//h:a[@href]"):
        target = link.attrib["href"]
        if "://" not in target:
            link.set("href", "#" + _anchor(f"{href}{target}" if target.startswith("#") else target))
    section.set("id", _anchor(href))
    section.set("aria-labelledby", _anchor(f"{href}#title"))
    return section


def _anchor(href: str) -> str:
    """Make one document's anchor of `file.xhtml#id`: `file--id`."""
    name, _, fragment = href.partition("#")
    return "--".join(filter(None, (name.removesuffix(".xhtml"), fragment)))


def _roman(number: int) -> str:
    """Write a number below 40 as front matter's pages are numbered."""
    tens, ones = divmod(number, 10)
    return "x" * tens + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[ones]


def _plain(section: Element) -> Element:
    """Give HTML without namespaces; what EPUB calls a section's type becomes its class."""
    for element in section.iter(etree.Element):
        kind = element.attrib.pop(TYPE, None)
        if kind and "class" not in element.attrib:
            element.set("class", str(kind))
        element.tag = etree.QName(element).localname
    etree.cleanup_namespaces(section)
    return section


def _finish(pdf: pydyf.PDF, metadata: Metadata, fronts: int) -> None:
    """Number the pages as they are printed, and describe the book by what WeasyPrint has no place for."""
    roman = pydyf.Dictionary({"S": "/r"})
    arabic = pydyf.Dictionary({"S": "/D"})
    pdf.catalog["PageLabels"] = pydyf.Dictionary({"Nums": pydyf.Array([0, roman, fronts, arabic])})
    packet = next(each for each in pdf.objects if getattr(each, "extra", {}).get("Type") == "/Metadata")
    packet.stream = [part.replace(b"</rdf:RDF>", _xmp(metadata) + b"</rdf:RDF>") for part in packet.stream]
    # Plain, so that it is found by those who look for it without understanding PDF.
    packet.compress = False


def _xmp(metadata: Metadata) -> bytes:
    properties = {
        "publisher": ("Bag", [metadata.publisher]),
        "date": ("Seq", [metadata.date.isoformat()]),
        "language": ("Bag", [metadata.language]),
        "rights": ("Alt", [metadata.rights]),
        "subject": ("Bag", metadata.topics),
    }
    described = ""
    for name, (collection, values) in properties.items():
        mark = ' xml:lang="x-default"' if collection == "Alt" else ""
        items = "".join(f"<rdf:li{mark}>{escape(value)}</rdf:li>" for value in values)
        described += f"<dc:{name}><rdf:{collection}>{items}</rdf:{collection}></dc:{name}>"
    about = '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    return f"{about}{described}</rdf:Description>".encode()
