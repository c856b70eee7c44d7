"""Bytes of XML, XHTML or HTML to a tree: entities, broken and endlessly nested markup.

Every tree comes without comments and processing instructions, so that CFI steps can be counted on it, and
without anything loaded from elsewhere: external DTDs are passed over, entity definitions refused.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from wellread.errors import UnreadableError
from wellread.formats.markup.stated_encoding import utf8

_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_REFERENCE = re.compile(rb"&(?:([A-Za-z][A-Za-z0-9]*);)?(?!#)")
_REFERENCE_OR_CDATA = re.compile(rb"&(?:([A-Za-z][A-Za-z0-9]*);)?(?!#)|<!\[CDATA\[.*?\]\]>", re.S)
_DOCTYPE = re.compile(rb"<!DOCTYPE\s[^\[>]*\[", re.I)
_COMMENT = re.compile(rb"<!--.*?-->", re.S)
_VOID_ELEMENTS = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_ELEMENTS.split())
_TOO_DEEP = "Excessive depth"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The root of a tree (None: nothing could be made of it) and what was wrong, "" if nothing."""

    root: Any
    warning: str = ""


def parse_xml(raw: bytes, name: str) -> Any:
    """The root of a package file (OPF, NCX, container …), recovered if it is damaged; None if nothing is
    left."""
    return parse_xhtml(raw, name, html=False).root


def parse_xhtml(raw: bytes, name: str, *, html: bool = True) -> Parsed:
    """The tree of an XHTML document; with `html`, HTML's named entities and, if it must be, its rules of
    recovery.

    Raises UnreadableError for a document that defines entities.
    """
    encoded, warning = utf8(raw, xml=True)
    if b"\0" in encoded:
        return Parsed(None, "it is no text")
    refuse_entities(encoded, name)
    if b"&" in encoded:
        pattern = _REFERENCE_OR_CDATA if b"<![CDATA[" in encoded else _REFERENCE
        encoded = pattern.sub(_replaced_reference, encoded)
    try:
        return Parsed(etree.fromstring(encoded, _xml_parser(recover=False)), warning)
    except etree.XMLSyntaxError as error:
        if _TOO_DEEP in str(error):
            return Parsed(_nested(encoded), warning)
        problem = str(error.msg or "").partition(", line")[0]
    root = _recovered(encoded, html=html)
    return Parsed(root, f"it is not well-formed ({problem}) and was read as far as that allows")


def parse_html(raw: bytes) -> Parsed:
    """The tree of an HTML document, its element names without a namespace."""
    encoded, warning = utf8(raw, xml=False)
    encoded = encoded.replace(b"\0", b"")
    if not encoded.strip():
        return Parsed(None, warning)
    parser = _html_parser()
    try:
        root = etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError:
        return Parsed(None, warning)
    if any(_TOO_DEEP in entry.message for entry in parser.error_log):
        root = _nested(encoded)
    return Parsed(root, warning)


def refuse_entities(encoded: bytes, name: str) -> None:
    """Raise UnreadableError if the document type declaration of `encoded` (UTF-8) defines entities."""
    if b"<!ENTITY" not in encoded:
        return
    start = _DOCTYPE.search(_COMMENT.sub(b"", encoded[: 1 << 20]))
    if start:
        raise UnreadableError(
            f"{name} defines XML entities, which can be made to exhaust memory or to read other files.",
            hint="Save it again with a current program, or replace the entities by what they mean.",
        )


def _replaced_reference(match: re.Match[bytes]) -> bytes:
    whole, name = match[0], match[1]
    if whole[:1] == b"<":
        return whole
    if name is None:
        return b"&amp;"
    word = name.decode("ascii")
    if word in _XML_NAMES:
        return whole
    character = html5.get(word + ";")
    return character.encode() if character else b"&amp;" + name + b";"


def _xml_parser(*, recover: bool) -> Any:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _html_parser() -> Any:
    return etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )


def _recovered(encoded: bytes, *, html: bool) -> Any:
    """The better of two recoveries: XML's keeps the structure but may stop early, HTML's always goes to the
    end."""
    parser = _xml_parser(recover=True)
    as_xml = etree.fromstring(encoded, parser) if encoded.strip() else None
    if any(_TOO_DEEP in entry.message for entry in parser.error_log):
        return _nested(encoded)
    if not html:
        return as_xml
    as_html = parse_html(encoded).root
    if as_html is None or _letters(as_xml) >= 0.98 * _letters(as_html):
        return as_xml
    return as_html


def _letters(root: Any) -> int:
    return 0 if root is None else sum(len(text.strip()) for text in root.itertext())


def _nested(encoded: bytes) -> Any:
    """The tree of markup nested deeper than libxml2's limit of 2,048 elements, by Python's own HTML
    tokenizer."""
    builder = _NestedTree()
    builder.feed(encoded.decode("utf-8", "replace"))
    builder.close()
    return builder.root()


class _NestedTree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._builder = etree.TreeBuilder()
        self._open: list[str] = ["html"]
        self._counts: Counter[str] = Counter(self._open)
        self._builder.start("html", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html" or not _is_name(tag):
            return
        self._builder.start(tag, {key: value or "" for key, value in attrs if _is_name(key)})
        if tag in _VOID:
            self._builder.end(tag)
        else:
            self._open.append(tag)
            self._counts[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID and self._open[-1] == tag:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "html" or not self._counts[tag]:
            return
        while True:
            last = self._open.pop()
            self._counts[last] -= 1
            self._builder.end(last)
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        self._builder.data(_ILLEGAL.sub("", data))

    def root(self) -> Any:
        while self._open:
            self._builder.end(self._open.pop())
        return self._builder.close()


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def local_name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def children(element: Any, name: str) -> Iterator[Any]:
    """The child elements of this local name, whatever their namespace."""
    return (one for one in element if local_name(one) == name)


def child(element: Any, name: str) -> Any:
    """The first child element of this local name, or None."""
    return next(children(element, name), None)


def resolved(base: str, reference: str) -> tuple[str, str]:
    """The archive name and fragment that `reference` means in the file `base`; ("", "") if outside."""
    reference = reference.strip()
    fragment = ""
    if "#" in reference:
        reference, _, fragment = reference.partition("#")
    try:
        parts = urlsplit(reference)
    except ValueError:
        return "", ""
    if parts.scheme or parts.netloc:
        return "", ""
    path = unquote(parts.path)
    if not path:
        return base, fragment if fragment.startswith("epubcfi(") else unquote(fragment)
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(base), path)
    name = posixpath.normpath(joined)
    while name.startswith("../"):
        name = name[3:]
    return name, fragment if fragment.startswith("epubcfi(") else unquote(fragment)
