"""A book as an EPUB 3 archive, the same bytes for the same sources."""

import io
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from pathlib import Path

from lxml import etree
from lxml.builder import ElementMaker
from lxml.etree import _Element as Element

from press.backindex import Locator, render_index
from press.book import Book, Entry
from press.cover import draw_cover
from press.frontmatter import copyright_page, title_page
from press.markup import OPS, XHTML
from press.package import container, navigation, ncx, package
from press.pages import Page, begin_page, break_pages, page_labels

FOLDER = "EPUB"
STYLE = Path(__file__).with_name("style") / "epub.css"
H = ElementMaker(namespace=XHTML, nsmap={None: XHTML, "epub": OPS})


def epub_members(book: Book) -> dict[str, bytes]:
    """Give the archive's files by name, in the order in which they are stored."""
    front, front_pages = _front_matter(book)
    text = {unit.href: deepcopy(unit.body) for unit in book.units()}
    pages = break_pages(text)
    back = {"index.xhtml": _index(book, page_labels(text))}
    pages = (*front_pages, *pages, *break_pages(back, first=len(pages) + 1))
    spine = front | text | back
    contents = (*book.contents(), Entry("Index", "index.xhtml"))
    titles = {unit.href: unit.title for unit in book.units()} | {"index.xhtml": "Index"}
    language = book.metadata.language
    files = {
        href: _document(titles.get(href, book.metadata.title), language, H.body(section))
        for href, section in spine.items()
    }
    nav = navigation(contents, pages, _landmarks(book))
    files["nav.xhtml"] = _document("Contents", language, nav, indent=True)
    files["toc.ncx"] = _xml(ncx(book.metadata, contents, pages), indent=True)
    files["style.css"] = STYLE.read_text("utf-8").encode()
    files["cover.svg"] = draw_cover(book.metadata)
    files |= {name: (book.source.folder / name).read_text("utf-8").encode() for name in book.figures()}
    reading_order = (*front, "nav.xhtml", *text, *back)
    return {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": _xml(container(f"{FOLDER}/package.opf"), indent=True),
        f"{FOLDER}/package.opf": _xml(package(book.metadata, files, reading_order), indent=True),
        **{f"{FOLDER}/{name}": content for name, content in files.items()},
    }


def pack(members: Mapping[str, bytes], day: date) -> bytes:
    """Make the archive, `mimetype` first and stored, every file dated to the book's day."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            # The maker's system is Unix, wherever this runs: the files are readable by all.
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            opened.writestr(entry, content, compresslevel=9)
    return archive.getvalue()


def unpack(archive: Path) -> dict[str, bytes]:
    """Read what `pack` wrote."""
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _front_matter(book: Book) -> tuple[dict[str, Element], tuple[Page, ...]]:
    front = {"title.xhtml": title_page(book.metadata), "copyright.xhtml": copyright_page(book.metadata)}
    pages = tuple(
        begin_page(section[0], section, href, label)
        for (href, section), label in zip(front.items(), ("i", "ii"), strict=True)
    )
    return front, pages


def _index(book: Book, labels: Mapping[str, str]) -> Element:
    hrefs = [(marker.terms, f"{each.href}#{marker.id}") for each in book.chapters for marker in each.markers]
    places = ((terms, Locator(labels[href], href)) for terms, href in hrefs)
    return render_index(places, book.source.see, book.source.see_also)


def _landmarks(book: Book) -> dict[str, tuple[str, str]]:
    body = next(unit for unit in book.units() if unit.kind not in ("preface", "foreword"))
    kinds = {chapter.kind: chapter for chapter in book.chapters}
    glossary = {"glossary": ("Glossary", kinds["glossary"].href)} if "glossary" in kinds else {}
    return {
        "titlepage": ("Title page", "title.xhtml"),
        "toc": ("Contents", "nav.xhtml"),
        "bodymatter": ("Start of the text", body.href),
        **glossary,
        "index": ("Index", "index.xhtml"),
    }


def _document(title: str, language: str, body: Element, *, indent: bool = False) -> bytes:
    head = H.head(
        H.meta({"charset": "utf-8"}),
        H.title(title),
        H.link({"rel": "stylesheet", "type": "text/css", "href": "style.css"}),
    )
    attributes = {"lang": language, "{http://www.w3.org/XML/1998/namespace}lang": language}
    return _xml(H.html(attributes, head, body), "<!DOCTYPE html>", indent=indent)


def _xml(root: Element, doctype: str = "", *, indent: bool = False) -> bytes:
    # Namespaces declared on an inner element that an outer one has declared already are noise.
    etree.cleanup_namespaces(root, keep_ns_prefixes=["epub"] if doctype else ["dc"])
    if indent:
        etree.indent(root)
    text = etree.tostring(root, encoding="unicode", doctype=doctype or None)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
