"""What the elements and attributes of HTML, XHTML, SVG and DTBook mean for the text of a book."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from wellread.content import SectionRole

EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"


class Display(IntEnum):
    """How an element takes part in the flow of text."""

    INLINE = 0
    BLOCK = 1
    HEADING = 2
    LIST = 3
    ITEM = 4
    TERM = 5
    DEFINITION = 6
    TABLE = 7
    TABLE_PART = 8  # thead, tbody, tfoot
    ROW = 9
    CELL = 10
    PRE = 11
    CAPTION = 12
    BREAK = 13
    IMAGE = 14
    MATH = 15
    LEFT_OUT = 16
    PAGE_NUMBER = 17
    RULE = 18


_ELEMENTS = {
    Display.BLOCK: (
        "html body div p section article aside main header footer blockquote figure details summary address"
        " center fieldset form legend hgroup dialog search noscript optgroup picture"
        " book bodymatter frontmatter rearmatter level level1 level2 level3 level4 level5 level6 doctitle"
        " docauthor prodnote sidebar linegroup line poem epigraph byline dateline imggroup annotation note"
        " text title desc"
    ),
    Display.HEADING: "h1 h2 h3 h4 h5 h6 hd bridgehead",
    Display.LIST: "ul ol menu dir list dl",
    Display.ITEM: "li",
    Display.TERM: "dt",
    Display.DEFINITION: "dd",
    Display.TABLE: "table",
    Display.TABLE_PART: "thead tbody tfoot",
    Display.ROW: "tr",
    Display.CELL: "td th",
    Display.PRE: "pre listing xmp plaintext",
    Display.CAPTION: "caption figcaption",
    Display.BREAK: "br",
    Display.RULE: "hr",
    Display.IMAGE: "img",
    Display.MATH: "math",
    Display.LEFT_OUT: (
        "head script style template nav iframe object embed applet audio video canvas map param source track"
        " col colgroup rt rp rtc button select datalist input textarea output progress meter link meta base"
        " defs symbol metadata clippath lineargradient radialgradient filter annotation-xml"
    ),
    Display.PAGE_NUMBER: "pagenum",
}
_OF_ELEMENT = {name: display for display, names in _ELEMENTS.items() for name in names.split()}
_SVG_ONLY = frozenset({"text", "title", "desc"})
_SVG = "{http://www.w3.org/2000/svg}"


class Displays(dict[str, Display]):
    """The display of each full element name, worked out once per name."""

    def __missing__(self, tag: str) -> Display:
        namespace, _, name = tag.rpartition("}")
        name = name.lower()
        display = _OF_ELEMENT.get(name, Display.INLINE)
        if name in _SVG_ONLY and not namespace.startswith(_SVG[:-1]):
            display = Display.LEFT_OUT if name == "title" else Display.INLINE
        self[tag] = display
        return display


def _listed(value: str | None) -> frozenset[str]:
    """The words of an attribute that lists some, in lower case."""
    return frozenset(value.lower().split()) if value else frozenset()


_ROLES = {
    SectionRole.CONTENTS: "toc loi lot loa lov landmarks page-list pagelist",
    SectionRole.INDEX: "index",
    SectionRole.GLOSSARY: "glossary",
    SectionRole.FRONT: "cover coverpage frontcover titlepage title-page halftitlepage copyright-page",
}
_ROLE_OF_WORD = {word: role for role, listed in _ROLES.items() for word in listed.split()}


def section_role(meaning: frozenset[str]) -> SectionRole:
    """The role of the section that an element with this meaning (or a landmark, or a guide entry) begins."""
    for word in meaning:
        if role := _ROLE_OF_WORD.get(word):
            return role
    return SectionRole.BODY


_REFERENCE_WORDS = _listed("noteref annoref")
_REFERENCE_CLASSES = _listed(
    "noteref footnote-reference footnote_reference footnoteref footnote-ref fnref footnotelink"
)
_BACK_CLASSES = _listed("fn-backref footnote-back footnote-backref reversefootnote")
_NOTES = _listed("footnote endnote rearnote")
_NOISE_CLASSES = _listed("headerlink ocn heading-anchor anchorjs-link")
_CODE_CLASSES = _listed("code programlisting sourcecode codeblock code-block")
_FIGURES = _listed("figure example informalexample table equation informalfigure")
_CAPTION_CLASSES = _listed("caption figcaption code-block-caption figure-caption table-caption")
CONTENTS_CLASSES = _listed("toc toctree-wrapper minitoc local-toc lot lof navheader navfooter related-links")
_CLASSES_THAT_MATTER = _NOISE_CLASSES | _REFERENCE_CLASSES | _BACK_CLASSES | CONTENTS_CLASSES


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the attributes of an element say of its part in the text.

    `words` are those of `epub:type`, `role` (without its prefix `doc-`) and O'Reilly's `data-type`,
    `classes` those of `class`; all lower case. `link`: "reference" if it is stated to lead to a note,
    "back" if it leads back from one.
    """

    words: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    role: SectionRole = SectionRole.BODY
    link: str = ""
    is_page_break: bool = False
    is_heading: bool = False
    is_note: bool = False
    is_figure: bool = False
    is_caption: bool = False
    is_title: bool = False
    is_code: bool = False
    is_noise: bool = False

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> "Meaning":
        if not attributes:
            return _NONE
        get = attributes.get
        return _meaning(get("class"), get(EPUB_TYPE) or get("epub:type"), get("role"), get("data-type"))


_NONE = Meaning()


@lru_cache(maxsize=4096)  # a book repeats a few dozen combinations a hundred thousand times
def _meaning(classes: str | None, *types: str | None) -> Meaning:
    found = frozenset(word.removeprefix("doc-") for value in types for word in _listed(value))
    named = _listed(classes)
    if not found and not named:
        return _NONE
    link = "back" if "backlink" in found or named & _BACK_CLASSES else ""
    return Meaning(
        found,
        named,
        role=section_role(found),
        link="reference" if found & _REFERENCE_WORDS or named & _REFERENCE_CLASSES else link,
        is_page_break="pagebreak" in found,
        is_heading="heading" in found,
        is_note=bool(found & _NOTES),
        is_figure=bool((found | named) & _FIGURES),
        is_caption=bool(named & _CAPTION_CLASSES),
        is_title="title" in named,
        is_code=bool(named & _CODE_CLASSES),
        is_noise=bool(named & _NOISE_CLASSES),
    )


def is_plain(element: Any) -> bool:
    """Whether the attributes of an inline element say nothing about its text. Most have only a class."""
    names = element.keys()
    return not names or (names == ["class"] and _is_plain_class(element.get("class")))


@lru_cache(maxsize=4096)
def _is_plain_class(classes: str) -> bool:
    return not (_listed(classes) & _CLASSES_THAT_MATTER)


def heading_level(element: Any, attributes: Mapping[str, str], display: Display, meaning: Meaning) -> int:
    """1 to 6, or 0 for what is no heading."""
    if display is Display.HEADING:
        digit = element.tag[-1]
        return int(digit) if digit.isdecimal() else 3
    if meaning.is_heading:
        stated = attributes.get("aria-level", "2")
        return min(max(int(stated), 1), 6) if stated.isdecimal() else 2
    return 0


_SAYS_NOTHING = re.compile(
    r"\W*|\W*missing alt\W*|(?:front |back |book )?cover(?: image| page| art)?|title page"
    r"|(?:image|figure|img|fig|photo|graphic|art|plate|chart)\W*[\d.-]*"
    r"|\[\w+\]|\S+\.(?:png|jpe?g|gif|svg|webp|tiff?|bmp)",
    re.I,
)


def says_nothing(description: str) -> bool:
    """Whether the `alt` of an image is empty, a file's name, or a word like "cover"."""
    return _SAYS_NOTHING.fullmatch(description) is not None


_LANGUAGE = re.compile(
    r"(?:language|lang|highlight|brush|highlight-source)[-:_]+([\w+#.-]+)|sourcecode\s+(\w+)", re.I
)
_NO_LANGUAGE = _listed("default none text plain plaintext txt notranslate source output")


def programming_language(attributes: Mapping[str, str]) -> str:
    """The language of a listing as its element (or the one around it) states it, "" if it does not."""
    for name in ("data-code-language", "data-lang", "data-language"):
        if stated := attributes.get(name, ""):
            return stated.lower()
    match = _LANGUAGE.search(attributes.get("class", ""))
    found = (match[1] or match[2]).lower() if match else ""
    return "" if found in _NO_LANGUAGE else found


_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060-\u2064\ufeff]")


def visible(text: str) -> str:
    """The text without soft hyphens and other characters that take no place and say nothing."""
    return text if text.isascii() else _INVISIBLE.sub("", text)
