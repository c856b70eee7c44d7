"""Running heads, feet and page numbers: what stands at the same height on many pages and is not the text."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from wellread.formats.pdf.layout import rows
from wellread.formats.pdf.segments import Segment, Sheet

_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\d{1,4}")
_ROMAN = re.compile(r"[ivxlc]{1,7}", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:page|seite|p\.)?[\W_]*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|von)\s*\d{1,4})?[\W_]*", re.I
)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROWS = 3  # how many rows from the top and the bottom may be a head or a foot
_MARGIN = 0.16  # and how far from the edge, in heights of the page


@dataclass(frozen=True, slots=True)
class _MarginRow:
    page: int
    slot: tuple[str, int]  # head or foot, and the height, in steps of 3 points from its edge
    key: str  # the text without its numbers
    text: str
    segments: tuple[int, ...]  # their `order`
    size: float
    rank: int  # 0 the outermost


def body_size(sheets: Sequence[Sheet]) -> float:
    """The size in which most of the text is set."""
    sizes = Counter[float]()
    for sheet in sheets:
        for segment in sheet.segments:
            for run in segment.runs:
                sizes[run.size] += len(run.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def without_margins(sheets: Sequence[Sheet], body: float, names: Iterable[str]) -> list[list[Segment]]:
    """For each sheet its segments without running heads, feet and page numbers. `names` are titles of
    parts of the document, which are likely to be repeated in its heads."""
    main: dict[int, Sheet] = {}
    for sheet in sheets:
        main.setdefault(sheet.page, sheet)
    candidates = [row for sheet in main.values() for row in _outer_rows(sheet)]
    slots = _Slots(candidates, _titles(sheets, body, names))
    dropped: dict[int, set[int]] = defaultdict(set)
    kept: set[tuple[int, str, int]] = set()
    for row in sorted(candidates, key=lambda row: row.rank):
        if (row.page, row.slot[0], row.rank - 1) in kept or not slots.is_margin(row, body):
            kept.add((row.page, row.slot[0], row.rank))  # what stands further in than text is text too
        else:
            dropped[row.page].update(row.segments)
    return [
        [
            part
            for part in sheet.segments
            if main[sheet.page] is not sheet or part.order not in dropped[sheet.page]
        ]
        for sheet in sheets
    ]


class _Slots:
    """What stands at the same height on the pages of a document. A slot takes in its neighbours, one step up
    and down, since a line without descenders is a little lower."""

    def __init__(self, candidates: Sequence[_MarginRow], titles: Collection[str]):
        self._offsets = _offset(candidates)
        self._titles = titles
        self._rows: dict[tuple[str, int], list[_MarginRow]] = defaultdict(list)
        for row in candidates:
            self._rows[row.slot].append(row)
        self._known: dict[tuple[str, int], tuple[dict[str, set[int]], float, float]] = {}

    def is_margin(self, row: _MarginRow, body: float) -> bool:
        numbered = self._is_numbered(row)
        if numbered and _PAGE_NUMBER.fullmatch(row.text.strip()):
            return True
        if row.size > 1.15 * body:
            return False
        pages, numbers, titled = self._slot(row.slot)
        same = len(pages[row.key])
        count = len(set().union(*pages.values())) if same == 3 else 0
        if same > 3 or (same == 3 and same >= 0.5 * count):
            return True
        if sum(map(len, pages.values())) < 3:
            return False
        if numbered:
            return numbers >= 0.6
        return (same > 1 or self._is_titled(row)) and titled >= 0.7

    def _slot(self, slot: tuple[str, int]) -> tuple[dict[str, set[int]], float, float]:
        """The pages of each text in a slot; how many of its rows have a page's number, and how many are
        repeated or say what a heading says (0 to 1)."""
        known = self._known.get(slot)
        if known is None:
            where, height = slot
            peers = [row for step in (-1, 0, 1) for row in self._rows.get((where, height + step), ())]
            pages: dict[str, set[int]] = defaultdict(set)
            for row in peers:
                pages[row.key].add(row.page)
            numbers = sum(self._is_numbered(row) for row in peers)
            titled = sum(len(pages[row.key]) > 1 or self._is_titled(row) for row in peers)
            known = self._known[slot] = (pages, numbers / len(peers), titled / len(peers))
        return known

    def _is_numbered(self, row: _MarginRow) -> bool:
        return any(number - row.page in self._offsets for number in _numbers(row))

    def _is_titled(self, row: _MarginRow) -> bool:
        return _letters(row.text) in self._titles


def _outer_rows(sheet: Sheet) -> list[_MarginRow]:
    found = rows(sheet.segments)
    outer = []
    for where, ordered in (("head", found[:_ROWS]), ("foot", found[: -_ROWS - 1 : -1])):
        for rank, row in enumerate(ordered):
            top, bottom = min(part.y0 for part in row), max(part.y1 for part in row)
            distance = bottom if where == "head" else sheet.height - top
            if distance > _MARGIN * sheet.height:
                break
            text = " ".join(part.text.strip() for part in row)
            outer.append(
                _MarginRow(
                    sheet.page,
                    (where, round((top + bottom) / 2 / 3)),
                    _DIGITS.sub("#", _roman_end(text)).casefold(),
                    text,
                    tuple(part.order for part in row),
                    max(part.size for part in row),
                    rank,
                )
            )
    return outer


def _roman_end(text: str) -> str:
    first, *_, last = text.split() if " " in text else (text, text)
    if _ROMAN.fullmatch(last) and _roman(last):
        text = text[: -len(last)] + "0"
    elif _ROMAN.fullmatch(first) and _roman(first) and first != "I":
        text = "0" + text[len(first) :]
    return text


def _roman(text: str) -> int:
    values = [_VALUES[char] for char in text.lower()]
    return sum(
        -value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True)
    )


def _numbers(row: _MarginRow) -> list[int]:
    numbers = [int(number) for number in _NUMBER.findall(row.text)]
    for word in row.text.split():
        if _ROMAN.fullmatch(word):
            numbers.append(_roman(word))
    return numbers


def _offset(candidates: Sequence[_MarginRow]) -> set[int]:
    """By how much printed page numbers differ from the count of pages (front matter may have its own)."""
    offsets = Counter[int]()
    for row in candidates:
        offsets.update({number - row.page for number in _numbers(row)})
    pages = len({row.page for row in candidates})
    return {offset for offset, count in offsets.most_common(3) if count >= max(3, 0.04 * pages)}


def _titles(sheets: Sequence[Sheet], body: float, names: Iterable[str]) -> set[str]:
    large = (segment.text for sheet in sheets for segment in sheet.segments if segment.size >= 1.12 * body)
    return {letters for text in (*names, *large) if len(letters := _letters(text)) > 2}


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())
