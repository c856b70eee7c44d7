"""Blocks of a page before its footnotes are placed, and how their raw text becomes text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from unicodedata import is_normalized, normalize

from wellread.content import Block, BlockKind, Metadata, Origin, SectionRole
from wellread.formats.markup.elements import visible

# Characters that XML forbids stand in raw text for what is decided later: links, line breaks, images.
LINE = "\x04"
_LINK = re.compile(r"\x02(\d+)\x03")
_IMAGE = re.compile(r"\x05(\d+)\x06")
_STRAY = re.compile("[\x02\x03\x05\x06]")
_ANY_MARK = r"(?:\[(?:\x02\d+\x03)+\]|\((?:\x02\d+\x03)+\)|\x02\d+\x03)"
_MARK = re.compile(_ANY_MARK)
_BETWEEN_MARKS = re.compile(r"(\x02\d+\x03)[,;\s]+(?=\x02)")
_LEADING = re.compile(rf"\A{_ANY_MARK}+[.:)]*\s*")
_AFTER_SPACE = re.compile(rf"\s+{_ANY_MARK}+(?=[.,;:!?)\s])")
_DIGITS = re.compile(r"[-+−]?\d{1,4}")
_MAX_TERMS = 4  # of one definition
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is or looks like the mark of a note. `stated`: "reference" or "back", if the markup says
    so.

    `mark` is its text. `keep`: it is made of words that stay in the text, whatever it is.
    """

    href: str
    mark: str
    raised: bool
    stated: str
    keep: bool = False


class Hyperlink(NamedTuple):
    """Any link of a text: the words that are linked, and where they lead."""

    text: str
    href: str


@dataclass(slots=True)
class Draft:
    """A block whose text holds a token for each of its `links`, in order (see `link_token`)."""

    kind: BlockKind
    text: str
    steps: str  # the local part of its CFI
    fragment: str
    line: int
    page: str
    level: int = 0
    language: str = ""
    marker: str = ""
    links: tuple[Link, ...] = ()
    hyperlinks: tuple[Hyperlink, ...] = ()

    def block(self, origin: Origin) -> Block:
        """What it becomes once its text is settled."""
        return Block(self.kind, self.text, origin, self.level, self.language, self.page, self.marker)


@dataclass(frozen=True, slots=True)
class DraftRange:
    """The drafts that an element holds, `end` exclusive. `whole`: it is a block of its own, so they can be
    moved."""

    start: int
    end: int
    whole: bool


@dataclass(frozen=True, slots=True)
class RoleRange:
    """A stretch of drafts that its markup calls an index, a glossary, a title page …"""

    start: int
    end: int
    role: SectionRole


@dataclass(slots=True)
class Flow:
    """A page as read. `places` tells for each id (and key of a watched element) which drafts it holds."""

    drafts: list[Draft] = field(default_factory=list)
    places: dict[str, DraftRange] = field(default_factory=dict)
    roles: list[RoleRange] = field(default_factory=list)
    page: str = ""  # the printed page that is current at its end


def link_token(number: int) -> str:
    return f"\x02{number}\x03"


def image_token(number: int) -> str:
    return f"\x05{number}\x06"


def with_images(raw: str, descriptions: Sequence[str]) -> str:
    """Raw text with the descriptions of its images where the images stand."""
    if "\x05" not in raw:
        return raw
    return _IMAGE.sub(lambda match: f" {descriptions[int(match[1])]} ", raw)


def titled(metadata: Metadata, blocks: Sequence[Block], stem: str) -> Metadata:
    """Metadata with a title: that of the first heading where none is stated, else the file's name."""
    heading = next((one.text for one in blocks if one.kind is BlockKind.HEADING), "")
    return metadata if metadata.title else replace(metadata, title=one_line(heading) or stem)


def one_line(raw: str) -> str:
    return _composed(" ".join(raw.replace(LINE, " ").split()))


def lines(raw: str) -> str:
    """White space as a browser shows it: a run is one space, a `br` ends the line."""
    if LINE not in raw:
        return _composed(" ".join(raw.split()))
    broken = (" ".join(line.split()) for line in raw.split(LINE))
    return _composed("\n".join(line for line in broken if line))


def listing(raw: str) -> str:
    """The lines of a listing with their indentation, without blank lines around them."""
    text = _composed(raw.replace(LINE, "\n").replace("\u00a0", " "))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def superscript(text: str) -> str:
    """Raised digits as such, because 2 to the 32nd is not 232; other text as it is."""
    return text.translate(_RAISED) if _DIGITS.fullmatch(text) else text


def _joined(term: Draft, definition: Draft) -> Draft:
    """A term and what it means as one draft, "term: definition", that begins where the term does.

    A term that is only the mark of a note (as Sphinx writes them) is not a place to begin.
    """
    shifted = _LINK.sub(lambda match: link_token(int(match[1]) + len(term.links)), definition.text)
    definition.links = term.links + definition.links
    definition.hyperlinks = term.hyperlinks + definition.hyperlinks
    if not _STRAY.sub("", _LINK.sub("", term.text)).strip("[](). "):
        definition.text = f"{term.text} {shifted}"
        return definition
    glue = " " if term.text[-1] in ":?!.=" else ": "
    definition.text = f"{term.text}{glue}{shifted}"
    definition.steps, definition.page = term.steps, term.page
    definition.fragment, definition.line = term.fragment, term.line
    return definition


class Definitions:
    """Terms that wait for their definition, which is put behind the last of them; what `drafts` gets is in order."""

    def __init__(self, drafts: list[Draft]) -> None:
        self._drafts = drafts
        self._terms: list[Draft] = []

    def term(self, draft: Draft) -> None:
        draft.text = draft.text.replace("\n", ", ")
        self._terms.append(draft)
        if len(self._terms) > _MAX_TERMS:
            self._drafts.append(self._terms.pop(0))

    def definition(self, draft: Draft) -> None:
        while self._terms:
            draft = _joined(self._terms.pop(), draft)
        self._drafts.append(draft)

    def settle(self) -> None:
        """Terms that no definition followed are items of their own."""
        self._drafts += self._terms
        self._terms.clear()


def settled(text: str, links: Sequence[Link], dropped: frozenset[int]) -> str:
    """The text with the tokens of its links replaced: nothing for those `dropped`, their own text for the
    others.

    Brackets around a dropped mark go with it, and so do commas between two of them and spaces before it.
    """
    if "\x02" not in text:
        return text

    def own_text(match: re.Match[str]) -> str:
        number = int(match[1])
        link = links[number]
        if link.keep:
            return ""
        if number in dropped:
            return match[0]
        return superscript(link.mark) if link.raised else link.mark

    text = _LINK.sub(own_text, text)
    if "\x02" in text:
        text = _LEADING.sub("", _BETWEEN_MARKS.sub(r"\1", text))
        text = _MARK.sub("", _AFTER_SPACE.sub("", text))
    return _STRAY.sub("", text).strip()


def _composed(text: str) -> str:
    if text.isascii():
        return text
    text = visible(text)
    return text if is_normalized("NFC", text) else normalize("NFC", text)
