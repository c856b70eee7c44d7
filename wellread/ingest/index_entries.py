"""The entries of a book's own index: each term with the pages or links behind it.

An index is read by its form, so that it may be in any language: a term, then where it is treated. Entries that lead
nowhere ("see …", or a heading of those below it) have no locators. What a word list says (`[book_index]` of
text/language) only parts references from the entry that a PDF ran together with them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from wellread.content import Block, BlockKind, BlockLink, PdfOrigin, Section
from wellread.text.languages import patterns

ENTRY_KINDS = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
MOST_PAGES = 100  # of one range; a longer one is a slip of the pen
FOLLOWING = {
    "f": 1,
    "ff": 2,
}  # pages behind the one named: "12f" the next, "12ff" (and following) at least two

_ROMAN = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_PAGE = r"(?:\d{1,5}|[ivxlcdm]{1,9}|[IVXLCDM]{2,9}|[A-Z]{1,2}[-.]\d{1,4})"
_NOTE = r"(?:\s?(?:ff?\.?|(?:fn|n{1,2})\.?\s?\d{0,3})(?!\w))?"
_LOCATOR = rf"{_PAGE}(?:\s?[-‐-―−]\s?{_PAGE})?{_NOTE}"
_COMMA = r"[,،、，;；]"
# Behind the term: a leader (dots, or what a reader made of them), a comma or a colon, or nothing but space.
_LEADER, _MARK, _SPACE = r"\s*(?:[…⋯]|[.·]{3,}|(?:\.\s){2,}\.?)\s*", r"\s*(?:[,;:]\s+|[،、，；：]\s*)", r"\s+"
_END = rf"(?![\w\-])(?=$|\s|[.…]|{_COMMA})"
_LIST = rf"(?P<locators>{_LOCATOR}(?:\s*{_COMMA}\s*{_LOCATOR})*){_END}"
STYLES = {
    "leader": re.compile(f"{_LEADER}{_LIST}"),
    "mark": re.compile(f"(?:{_LEADER}|{_MARK}){_LIST}"),
    "space": re.compile(f"(?:{_LEADER}|{_MARK}|{_SPACE}){_LIST}"),
}
_KINDS = {name: re.compile(f"{by}{_LIST}") for name, by in (("leader", _LEADER), ("mark", _MARK))}
_ONE = re.compile(rf"(?P<first>{_PAGE})(?:\s?[-‐-―−]\s?(?P<last>{_PAGE}))?(?P<note>{_NOTE})")
_PARTS = re.compile(rf"\s*{_COMMA}\s*")
_SENTENCE_END = re.compile(r"[.;:(,،؛。—]\s*")
_BEHIND = " \t\n.,;:…⋯·،、，；："  # a term
_BEFORE = " \t\n,;…⋯·،、，；؛"  # but not the full stop of ".profile"
_COLUMN_GAP = 60.0  # points between the margins of two columns; more than any indentation
_INDENT = 4.0  # points


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a term is treated: the labels of `pages`, as `page_key` folds them, or the `link` that leads there, or
    both. Only the first page of a range that is too long to be one is given.
    """

    text: str
    pages: tuple[str, ...]
    link: BlockLink | None = None


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A line of an index: its term below those that it belongs to ("indexes", "unique"), and where that is treated.

    `refers`: there are words like "see" within its term or one above, so that term and reference cannot be told apart.
    """

    path: tuple[str, ...]
    locators: tuple[Locator, ...]
    refers: bool = False

    @property
    def term(self) -> str:
        return " › ".join(self.path)


def index_entries(sections: Iterable[Section]) -> Iterator[IndexEntry]:
    """The entries of the sections that are an index, in reading order."""
    parts = list(sections)
    own = frozenset(section.ordinal for section in parts)
    for section in parts:
        blocks = [placed.block for placed in section.blocks if placed.block.kind in ENTRY_KINDS]
        style = STYLES[style_of(blocks)]
        above: list[tuple[float, str]] = []
        for block, level in zip(blocks, _levels(blocks), strict=True):
            while above and above[-1][0] >= level:
                above.pop()
            for number, (term, locators) in enumerate(parsed(block, own, style)):
                path = (*(one for _, one in above[: len(above) - bool(number)]), term)
                yield IndexEntry(path, tuple(locators), any(map(_refers, path)))
                above[len(above) - bool(number) :] = [(level, term)]


def style_of(blocks: Sequence[Block]) -> str:
    """How an index parts a term from its pages: the way that most of its entries go."""
    ways = Counter(
        next((name for name, pattern in _KINDS.items() if pattern.search(block.text)), "space")
        for block in blocks
        if STYLES["space"].search(block.text)
    )
    return ways.most_common(1)[0][0] if ways else "mark"


def parsed(block: Block, own: frozenset[int], style: re.Pattern[str]) -> Iterator[tuple[str, list[Locator]]]:
    """The entries of a block, of which a PDF may have run several together. Links into the index itself (the sections
    `own`) are references to other entries."""
    links = [link for link in block.links if link.section not in own]
    if links:
        first = links[0]
        before = _without_reference(block, own, first.start)
        where = links if before else links[1:] or links
        term = before or _term(block.text[first.start : first.end])
        yield term, [Locator(text := block.text[one.start : one.end], pages_of(text), one) for one in where]
        return
    end = 0
    for match in style.finditer(block.text):
        if term := _term(block.text[end : match.start()]):
            yield term, _located(match["locators"])
        end = match.end()
    if end == 0 and (term := _without_reference(block, own, len(block.text))):
        yield term, []


def _located(text: str) -> list[Locator]:
    return [Locator(part, pages) for part in _PARTS.split(text) if (pages := pages_of(part))]


def pages_of(text: str) -> tuple[str, ...]:
    """The labels of the pages that a locator spans: those of "12–15" and "123–7", of "xi–xiii", of "12ff"; that of
    "45n3". Nothing for a text that is no page."""
    match = _ONE.fullmatch(text.strip())
    if match is None:
        return ()
    first, last = page_key(match["first"]), page_key(match["last"] or "")
    note = match["note"].strip(" .").rstrip("0123456789. ")
    if first.isdecimal():
        begins = int(first)
        if last.isdecimal():
            if len(last) < len(first):  # "123–7"
                last = first[: len(first) - len(last)] + last
            ends = int(last)
        else:
            ends = begins + FOLLOWING.get(note, 0)
        begins, ends = min(begins, ends), max(begins, ends)  # a range set from right to left
        return tuple(map(str, range(begins, ends + 1))) if ends - begins < MOST_PAGES else (str(begins),)
    if not first.isalpha():
        return (first,) if not last else (first, last)
    start, stop = _roman(first), _roman(last)
    if not start:
        return ()
    stop = max(start, stop) if stop else start + FOLLOWING.get(note, 0)
    return tuple(map(_roman_label, range(start, stop + 1))) if stop - start < MOST_PAGES else (first,)


def page_key(label: str) -> str:
    """A page's label as pages are compared by it: "12" for "١٢" and "012", "xii" for "XII"."""
    folded = unicodedata.normalize("NFKC", label).strip().casefold()
    return str(int(folded)) if folded.isdecimal() else folded


def _roman(text: str) -> int:
    """The value of a numeral in small letters, 0 for what is none."""
    if not text or not _ROMAN.fullmatch(text):
        return 0
    values = [_ROMAN_VALUES[letter] for letter in text]
    return sum(
        -one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True)
    )


def _roman_label(value: int) -> str:
    signs = (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")
    label = ""
    for size, sign in (*signs, (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        count, value = divmod(value, size)
        label += sign * count
    return label


def _term(text: str) -> str:
    return " ".join((text.rstrip(_BEHIND).lstrip(_BEFORE) or text).split())


def _without_reference(block: Block, own: frozenset[int], end: int) -> str:
    """The term that a block begins with, up to `end`, without the reference to another entry that may follow it."""
    text = block.text[:end]
    references = [link.start for link in block.links if link.section in own and link.start < end]
    if references:
        linked = text[: references[0]]
        marks = [mark.start() for mark in _SENTENCE_END.finditer(linked)]
        text = linked[: marks[-1]] if marks else linked
    says = (found.start() for one in patterns("book_index", "see") if (found := one.search(text)))
    return _term(text[: min(says, default=len(text))]) or _term(text)


def _refers(term: str) -> bool:
    return any(pattern.search(term) for pattern in patterns("book_index", "see"))


def _levels(blocks: Sequence[Block]) -> Iterator[float]:
    """How deep each entry stands: by its list, or by how far a PDF has it from the margin of its column."""
    for page, group in groupby(blocks, _page):
        if not page:
            yield from (
                float(max(block.level, 1)) for block in group
            )  # a note above a list is not its parent
            continue
        here = list(group)
        margins = _margins(sorted(_left(block) for block in here))
        for block in here:
            left = _left(block)
            yield (left - max(one for one in margins if one <= left)) // _INDENT


def _page(block: Block) -> int:
    return block.origin.page if isinstance(block.origin, PdfOrigin) and block.origin.boxes else 0


def _left(block: Block) -> float:
    return block.origin.boxes[0].x0 if isinstance(block.origin, PdfOrigin) else 0.0


def _margins(lefts: Sequence[float]) -> list[float]:
    """Where the columns of a page begin, of the left edges of all its entries in order."""
    margins = lefts[:1]
    return [
        *margins,
        *(left for before, left in pairwise(lefts) if left - before > _COLUMN_GAP),
    ]
