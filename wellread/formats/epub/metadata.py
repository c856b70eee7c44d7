"""The metadata of an EPUB package as Metadata: titles, people by role, identifiers, dates, series."""

from typing import Any

from lxml import etree

from wellread.content import Metadata
from wellread.formats.dates import iso_date
from wellread.formats.epub.package import Package
from wellread.formats.isbn import isbn_in
from wellread.formats.markup.block_drafts import one_line
from wellread.formats.markup.parse import child, local_name

_OPF = "{http://www.idpf.org/2007/opf}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_AUTHORS = frozenset({"", "aut", "cre", "author"})
_PLACEHOLDERS = frozenset({"", "unknown", "none", "n/a", "[author]", "[title]", "untitled"})
_DATE_PREFERENCE = ("publication", "published", "", "original-publication", "creation", "created", "issued")


def plain_text(markup: str) -> str:
    """A description, which may be HTML, as text on one line."""
    if "<" in markup and ">" in markup:
        tree = etree.fromstring(
            f"<div>{markup}</div>", etree.HTMLParser(no_network=True, remove_comments=True)
        )
        markup = " ".join(text for text in tree.itertext() if text) if tree is not None else ""
    return one_line(markup)


def metadata(package: Package) -> Metadata:
    """The metadata of a package; `title` is "" if it states none."""
    element = child(package.root, "metadata")
    return _Description(package, element).metadata() if element is not None else Metadata("")


class _Description:
    """The `metadata` element, its parts by local name, and what its `meta` elements say about which id."""

    def __init__(self, package: Package, element: Any) -> None:
        self.package = package
        self.parts: dict[str, list[Any]] = {}
        self.refinements: dict[str, dict[str, str]] = {}
        self.named: dict[str, str] = {}
        for one in element.iter():
            name = local_name(one)
            self.parts.setdefault(name, []).append(one)
            if name == "meta":
                if refined := one.get("refines"):
                    about = self.refinements.setdefault(refined.lstrip("#"), {})
                    about.setdefault(one.get("property") or "", _text(one))
                elif one.get("name"):
                    self.named.setdefault(one.get("name").lower(), one.get("content") or "")

    def metadata(self) -> Metadata:
        title, subtitle = self.titles()
        authors, contributors = self.people()
        series, series_index = self.series()
        return Metadata(
            title=title,
            subtitle=subtitle,
            authors=authors,
            contributors=contributors,
            publisher=self.first("publisher"),
            date=self.date(),
            language=(self.first("language") or self.package.root.get(_LANG) or "").replace("_", "-"),
            description=next(filter(None, (plain_text(text) for text in self.texts("description"))), ""),
            topics=_distinct(self.texts("subject")),
            identifiers=self.identifiers(),
            series=series,
            series_index=series_index,
            rights=" ".join(self.texts("rights")),
        )

    def about(self, element: Any, name: str) -> str:
        """A property of an element: refined (EPUB 3), or an attribute of the OPF namespace (EPUB 2)."""
        refined = self.refinements.get(element.get("id") or "", {}).get(name)
        return refined or element.get(_OPF + name) or element.get(name) or ""

    def in_order(self, name: str) -> list[Any]:
        def place(element: Any) -> int:
            stated = self.about(element, "display-seq")
            return int(stated) if stated.isdecimal() else 1 << 20

        return sorted(self.parts.get(name, ()), key=place)

    def texts(self, name: str) -> list[str]:
        texts = (_text(element) for element in self.parts.get(name, ()))
        return [text for text in texts if text.lower() not in _PLACEHOLDERS]

    def first(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def titles(self) -> tuple[str, str]:
        typed: dict[str, str] = {}
        for element in self.in_order("title"):
            if text := _text(element):
                typed.setdefault(self.about(element, "title-type") or "main", text)
        main = typed.get("main") or typed.get("expanded") or next(iter(typed.values()), "")
        return main, typed.get("subtitle", "")

    def people(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        authors: list[str] = []
        others: list[str] = []
        for name in ("creator", "contributor"):
            for element in self.in_order(name):
                role = self.about(element, "role").lower()
                wrote = role in _AUTHORS if name == "creator" else role == "aut"
                for person in _text(element).split(";"):
                    if person.strip().lower() not in _PLACEHOLDERS:
                        (authors if wrote else others).append(person.strip())
        if not authors and (creators := [text for text in map(_text, self.in_order("creator")) if text]):
            authors = creators  # a book that has only editors
        authors = list(_distinct(authors))
        return tuple(authors), tuple(person for person in _distinct(others) if person not in authors)

    def identifiers(self) -> tuple[str, ...]:
        wanted = (self.package.root.get("unique-identifier") or "").strip()
        elements = self.parts.get("identifier", [])
        ordered = sorted(elements, key=lambda element: (element.get("id") or "").strip() != wanted)
        found = [self.identifier(element) for element in ordered]
        # The printed book an EPUB was made from: known by more people than the EPUB's own identifier.
        sources = (isbn_in(_text(element)) for element in self.parts.get("source", ()))
        found += [f"urn:isbn:{isbn}" for isbn in sources if isbn]
        return _distinct(one for one in found if one.lower() not in _PLACEHOLDERS)

    def identifier(self, element: Any) -> str:
        text = _text(element)
        scheme = (element.get(_OPF + "scheme") or "").strip().lower()
        bare = text.lower().removeprefix("urn:").removeprefix("isbn").strip(": ")
        if isbn := isbn_in(bare) if len(bare) <= 20 else "":
            return f"urn:isbn:{isbn}"
        if scheme and ":" not in text and scheme not in ("uri", "url", "id"):
            return f"urn:uuid:{text}" if scheme == "uuid" else f"{scheme}:{text}"
        return text

    def date(self) -> str:
        dates: dict[str, str] = {}
        for element in self.parts.get("date", ()):
            dates.setdefault((element.get(_OPF + "event") or "").strip().lower(), iso_date(_text(element)))
        for event in _DATE_PREFERENCE:
            if dates.get(event):
                return dates[event]
        return next(
            (
                iso_date(_text(m))
                for m in self.parts.get("meta", ())
                if m.get("property") in ("dcterms:issued", "dcterms:date")
            ),
            "",
        )

    def series(self) -> tuple[str, str]:
        for meta in self.parts.get("meta", ()):
            if meta.get("property") == "belongs-to-collection" and not meta.get("refines"):
                about = self.refinements.get(meta.get("id") or "", {})
                if about.get("collection-type", "series") == "series":
                    return _text(meta), about.get("group-position", "")
        index = self.named.get("calibre:series_index", "")
        return self.named.get("calibre:series", ""), index.removesuffix(".0")


def _text(element: Any) -> str:
    return one_line("".join(element.itertext()))


def _distinct(texts: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
