"""Running heads, feet and page numbers: what stands at the same height on many pages and is not the text."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from wellread.ingest.pdf_glyphs import Segment, Sheet
from wellread.ingest.pdf_layout import rows

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
class _Row:
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
    """For each sheet its segments without running heads, feet and page numbers. `names` are titles of parts of
    the document, which are likely to be repeated in its heads."""
    titles = _titles(sheets, body, names)
    candidates = [row for sheet in sheets for row in _outer_rows(sheet)]
    offset = _offset(candidates)
    by_slot: dict[tuple[str, int], list[_Row]] = defaultdict(list)
    for row in candidates:
        by_slot[row.slot].append(row)
    dropped: dict[int, set[int]] = defaultdict(set)
    kept: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for rank in range(_ROWS):
        for row in candidates:
            if row.rank != rank:
                continue
            if rank and (row.slot[0], rank - 1) in kept[row.page]:
                kept[row.page].add((row.slot[0], rank))  # text stands further out: this is text too
            elif _is_margin(row, by_slot, offset, body, titles):
                dropped[row.page].update(row.segments)
            else:
                kept[row.page].add((row.slot[0], rank))
    seen: set[int] = set()
    result = []
    for sheet in sheets:
        first = sheet.page not in seen
        seen.add(sheet.page)
        gone = dropped[sheet.page] if first else set()
        result.append([segment for segment in sheet.segments if segment.order not in gone])
    return result


def _outer_rows(sheet: Sheet) -> list[_Row]:
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
                _Row(
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


def _numbers(row: _Row) -> list[int]:
    numbers = [int(number) for number in _NUMBER.findall(row.text)]
    for word in row.text.split():
        if _ROMAN.fullmatch(word):
            numbers.append(_roman(word))
    return numbers


def _offset(candidates: Sequence[_Row]) -> set[int]:
    """By how much printed page numbers differ from the count of pages (front matter may have its own)."""
    offsets = Counter[int]()
    for row in candidates:
        offsets.update({number - row.page for number in _numbers(row)})
    pages = len({row.page for row in candidates})
    return {offset for offset, count in offsets.most_common(3) if count >= max(3, 0.04 * pages)}


def _is_margin(
    row: _Row,
    by_slot: dict[tuple[str, int], list[_Row]],
    offsets: set[int],
    body: float,
    titles: Collection[str],
) -> bool:
    where, height = row.slot
    peers = [other for step in (-1, 0, 1) for other in by_slot.get((where, height + step), ())]
    numbered = any(number - row.page in offsets for number in _numbers(row))
    if numbered and _PAGE_NUMBER.fullmatch(row.text.strip()):
        return True
    if row.size > 1.15 * body:
        return False
    same = {other.page for other in peers if other.key == row.key}
    if len(same) >= 3 and len(same) >= min(4, 0.5 * len({other.page for other in peers})):
        return True
    if numbered and len(peers) >= 3:
        like = sum(any(number - other.page in offsets for number in _numbers(other)) for other in peers)
        return like >= 0.6 * len(peers)
    if len(peers) < 3:
        return False
    repeated = Counter(other.key for other in peers)
    known = sum(repeated[other.key] > 1 or _is_title(other, titles) for other in peers)
    return (len(same) >= 2 or _is_title(row, titles)) and known >= 0.7 * len(peers)


def _is_title(row: _Row, titles: Collection[str]) -> bool:
    """Whether the row says what some heading of the document says, as heads of chapters do."""
    return _letters(row.text) in titles


def _titles(sheets: Sequence[Sheet], body: float, names: Iterable[str]) -> set[str]:
    large = (segment.text for sheet in sheets for segment in sheet.segments if segment.size >= 1.12 * body)
    return {letters for text in (*names, *large) if len(letters := _letters(text)) > 2}


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())
