"""A chapter as both editions show it: numbered title, ids, figures, captions, notes that lead back."""

import re
from collections import Counter
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from press.markup import MARKER_CLASS, TYPE, find, slug, tag, text_of, to_xhtml
from press.source import NUMBERED, ChapterSource, SourceError

# The slugs that say what a chapter is, in the EPUB structural vocabulary; all others are numbered chapters.
KINDS = ("preface", "foreword", "introduction", "conclusion", "afterword", "epilogue", "appendix", "glossary")
CHAPTER_LINK = re.compile(r"([\w-]+)\.md(#.*)?")
CAPTION = "Table:"


@dataclass(frozen=True)
class Heading:
    """A heading below the chapter's title: its level (2, 3, …), its text and its id."""

    level: int
    text: str
    id: str


@dataclass(frozen=True)
class Marker:
    """A place that the index points at: the id of its anchor, and the term with its subterms."""

    id: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """A chapter as XHTML. Ids are unique within it; a link to another chapter reads `stem.xhtml#id`."""

    stem: str
    kind: str
    label: str
    title: str
    part: str | None
    body: Element
    headings: tuple[Heading, ...]
    markers: tuple[Marker, ...]

    @property
    def full_title(self) -> str:
        """The title as the contents show it: "Chapter 4. Delegation"."""
        return f"{self.label} {self.title}".strip()

    @property
    def href(self) -> str:
        """The name of the chapter's file in the EPUB."""
        return f"{self.stem}.xhtml"

    @property
    def words(self) -> int:
        """How many words the chapter has, notes and captions included."""
        return len(text_of(self.body).split())


def render_chapter(source: ChapterSource) -> Chapter:
    """Turn a chapter's Markdown into XHTML. Raises SourceError where the Markdown cannot be meant."""
    kind, label = _kind_and_label(source.stem)
    body = to_xhtml(source.text)
    markers = _number_markers(body)
    title = _dress_title(body, source.stem, label)
    headings = _identify_headings(body)
    _make_figures(body)
    _make_captions(body)
    _mark_row_headings(body)
    _lead_notes_back(body)
    _point_links_at_files(body)
    if kind == "glossary":
        _mark_glossary(body)
    _refuse_leftovers(body, source.stem)
    body.set(TYPE, kind)
    body.set("role", f"doc-{kind}")
    body.set("aria-labelledby", "title")
    return Chapter(source.stem, kind, label, title, source.part, body, headings, markers)


def _kind_and_label(stem: str) -> tuple[str, str]:
    match = NUMBERED.fullmatch(stem)
    if not match:
        raise SourceError(f"{stem}: a chapter's file is named by number and slug")
    kind = match[2] if match[2] in KINDS else "chapter"
    return kind, f"Chapter {int(match[1])}." if kind == "chapter" else ""


def _number_markers(body: Element) -> tuple[Marker, ...]:
    markers = []
    for number, anchor in enumerate(find(body, f".//h:span[@class='{MARKER_CLASS}']"), 1):
        anchor.set("id", f"ix-{number}")
        terms = anchor.attrib.pop("data-term").split(">")
        markers.append(Marker(f"ix-{number}", tuple(term.strip() for term in terms)))
    return tuple(markers)


def _dress_title(body: Element, stem: str, label: str) -> str:
    titles = find(body, "./h:h1")
    if len(titles) != 1:
        raise SourceError(f"{stem}: {len(titles)} titles (`# …`); a chapter has one")
    heading = titles[0]
    title = text_of(heading)
    heading.set("id", "title")
    if label:
        number = etree.Element(tag("span"), {"class": "number"})
        number.text = label
        number.tail = f" {heading.text or ''}"
        heading.text = None
        heading.insert(0, number)
    return title


def _identify_headings(body: Element) -> tuple[Heading, ...]:
    headings = []
    seen: Counter[str] = Counter()
    for element in find(body, ".//h:h2 | .//h:h3 | .//h:h4"):
        name = slug(text_of(element))
        seen[name] += 1
        element.set("id", name if seen[name] == 1 else f"{name}-{seen[name]}")
        level = int(etree.QName(element).localname[1])
        headings.append(Heading(level, text_of(element), element.attrib["id"]))
    return tuple(headings)


def _make_figures(body: Element) -> None:
    """A paragraph that holds a picture and no word becomes a figure, the picture's title its caption."""
    for paragraph in find(body, ".//h:p[h:img]"):
        if text_of(paragraph):
            continue
        paragraph.tag = tag("figure")
        for number, image in enumerate(find(paragraph, "./h:img"), 1):
            image.tail = None
            caption = image.attrib.pop("title", "")
            image.set("class", "drawing")
            if caption:
                etree.SubElement(paragraph, tag("figcaption")).text = caption
            if number > 1:
                raise SourceError(f"{image.get('src')}: one figure a paragraph")


def _make_captions(body: Element) -> None:
    """`Table: …`, a paragraph after a table or taken for its last row, becomes the table's caption."""
    for table in find(body, ".//h:table"):
        row = find(table, "./h:tbody/h:tr[last()]")
        following = table.getnext()
        if row and text_of(row[0]).startswith(CAPTION):
            caption = etree.Element(tag("caption"))
            caption.text = text_of(row[0])
            _remove(row[0])
        elif following is not None and text_of(following).startswith(CAPTION):
            caption = following
            caption.tag = tag("caption")
            caption.tail = None
        else:
            continue
        caption.text = (caption.text or "").lstrip().removeprefix(CAPTION).lstrip()
        table.insert(0, caption)


def _mark_row_headings(body: Element) -> None:
    """Say which header cells head what; an empty corner cell means that the first column heads the rows."""
    for table in find(body, ".//h:table"):
        corner, *_ = find(table, "./h:thead/h:tr/h:th")
        for cell in find(table, "./h:thead/h:tr/h:th"):
            cell.set("scope", "col")
        if not text_of(corner):
            corner.tag = tag("td")
            del corner.attrib["scope"]
            for cell in find(table, "./h:tbody/h:tr/h:td[1]"):
                cell.tag = tag("th")
                cell.set("scope", "row")


def _lead_notes_back(body: Element) -> None:
    """Put each note's number before it, as the link that leads back to the text."""
    for note in find(body, ".//h:aside"):
        number = note.attrib["id"].removeprefix("note-")
        first = find(note, "./h:p")[0]
        back = etree.Element(tag("a"), {"href": f"#noteref-{number}", "role": "doc-backlink"})
        back.text = number
        back.tail = f". {first.text or ''}"
        first.text = None
        first.insert(0, back)


def _point_links_at_files(body: Element) -> None:
    for link in find(body, ".//h:a[@href]"):
        match = CHAPTER_LINK.fullmatch(link.attrib["href"])
        if match:
            link.set("href", f"{match[1]}.xhtml{match[2] or ''}")


def _mark_glossary(body: Element) -> None:
    for definitions in find(body, ".//h:dl"):
        definitions.set(TYPE, "glossary")
        for term in find(definitions, "./h:dt"):
            term.set(TYPE, "glossterm")
            term.set("id", f"term-{slug(text_of(term))}")
        for meaning in find(definitions, "./h:dd"):
            meaning.set(TYPE, "glossdef")


def _refuse_leftovers(body: Element, stem: str) -> None:
    """Raise SourceError for marks of Markdown that no rule took, such as a note without a text."""
    for text in body.xpath(".//text()[not(ancestor::h:code)]", namespaces={"h": tag("")[1:-1]}):
        leftover = re.search(r"\{\{|\[\^|\]\(|\*\*|^:::|^\s*\||</?\w+>", str(text))
        if leftover:
            raise SourceError(f"{stem}: {leftover[0]!r} left over in {str(text).strip()[:80]!r}")


def _remove(element: Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
