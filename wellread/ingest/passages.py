"""Passages: the ranges of a section that are indexed.

A section is cut into atoms (sentences, lines of a table, whole short blocks), and the borders of its passages
are then chosen as a typesetter chooses line breaks (Knuth and Plass, "Breaking Paragraphs into Lines", 1981):
every border and every length has a cost, and the cheapest way through the section is taken.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wellread.content import BlockKind, Passage, PlacedBlock, Section, SectionRole, TimeOrigin
from wellread.text.sentences import sentences
from wellread.text.words import UNITS, count_words, unit_weight

CHUNKER_VERSION = 1  # raised whenever the same section would give other passages

INDEXED_ROLES = frozenset({SectionRole.BODY, SectionRole.GLOSSARY})

# Costs of a border, relative to a passage at either limit, which costs 1 more than one in the middle.
_AT_BLOCK = 0.0
_WITHIN_TURN = 1.0  # a speaker goes on
_BEFORE_CODE = 1.5
_BETWEEN_ITEMS = 2.0
_AT_SENTENCE = 3.0
_AFTER_INTRODUCTION = 6.0  # what ends in a colon belongs to what follows
_WITHIN_FITTING_LIST = 6.0
_WITHIN_LISTING = 8.0
_WITHIN_FITTING_LISTING = 16.0
_BEFORE_FOOTNOTE = 16.0
_AT_CLAUSE = 20.0
_AT_WORD = 45.0
_AFTER_LABEL = 12.0  # "Note", "Tip": a heading that the format did not call one
_AFTER_HEADING = 80.0
# Costs of a length outside the limits.
_TOO_LONG = 30.0
_TOO_SHORT = 150.0
_OVERRUN = 1.18  # 260 words for a limit of 220

_INTRODUCES = (":", "：", ",", ";", "，", "；", "—")
_LABEL_WORDS = 6
_LISTING = frozenset({BlockKind.TABLE, BlockKind.CODE})
_CLAUSE = re.compile(r"[;:,—–)]\s+|\s+[—–]\s+|[，、；：]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Atom:
    start: int
    end: int
    words: float
    border: float  # the cost of beginning a passage with it


def passages(
    product_id: str,
    language: str,
    source_sha256: str,
    sections: Iterable[Section],
    *,
    words: tuple[int, int] = (80, 220),
) -> Iterator[Passage]:
    """The passages of the sections that are indexed (BODY, GLOSSARY), in reading order.

    `words` are the fewest and the most words of a passage, counted by `words.count_words`. A section with
    fewer gives one passage; one that holds nothing but headings gives none, because its title is found
    through the path of the sections below it. The ranges of a section's passages do not overlap and cover
    its text.
    """
    least, most = words
    if not 0 < least <= most:
        raise ValueError(f"the limits of a passage must be 0 < least <= most, not {words}")
    primary = language.replace("_", "-").split("-")[0].lower()
    for section in sections:
        if section.role not in INDEXED_ROLES or _is_bare(section):
            continue
        heading = " › ".join(section.path)
        for start, end in _ranges(section, least, most):
            key = (product_id, source_sha256, section.ordinal, start, end, CHUNKER_VERSION, least, most)
            passage_id = hashlib.sha256("\x1f".join(map(str, key)).encode()).hexdigest()[:32]
            yield Passage(
                passage_id,
                product_id,
                section.section_id,
                start,
                end,
                section.text[start:end],
                heading,
                primary,
            )


def _is_bare(section: Section) -> bool:
    return all(placed.block.kind is BlockKind.HEADING for placed in section.blocks)


def _ranges(section: Section, least: int, most: int) -> Iterator[tuple[int, int]]:
    """The cheapest sequence of ranges: for every atom, the best passage that ends with it."""
    atoms = _atoms(section, least, most)
    longest = most * _OVERRUN
    middle, half = (least + most) / 2, max((most - least) / 2, 1)
    best = [0.0]  # best[n]: cost of the first n atoms
    begins = [0]  # begins[n]: where the last passage of them begins
    for count in range(1, len(atoms) + 1):
        cheapest, begin = float("inf"), count - 1
        length = 0.0
        for first in range(count - 1, -1, -1):
            length += atoms[first].words
            if length > longest and first < count - 1:
                break
            cost = best[first] + ((length - middle) / half) ** 2
            if first:
                cost += atoms[first].border
            if length > most:
                cost += _TOO_LONG
            elif length < least:
                cost += _TOO_SHORT + (least - length)
            if cost < cheapest:
                cheapest, begin = cost, first
        best.append(cheapest)
        begins.append(begin)
    ends: list[tuple[int, int]] = []
    count = len(atoms)
    while count:
        ends.append((atoms[begins[count]].start, atoms[count - 1].end))
        count = begins[count]
    yield from reversed(ends)


def _atoms(section: Section, least: int, most: int) -> list[_Atom]:
    """The section in pieces so small that a way through within the limits always exists."""
    largest = max((most - least) / 3, 1)
    smallest = min(8.0, largest / 4)
    atoms: list[_Atom] = []
    borders = _block_borders(section, most)
    for placed, border in zip(section.blocks, borders, strict=True):
        for atom in _pieces(placed, border, largest, most):
            # Small neighbours become one atom, so that the search looks back over few.
            last = atoms[-1] if atoms else None
            if last and atom.border >= last.border and last.words + atom.words <= smallest:
                atoms[-1] = _Atom(last.start, atom.end, last.words + atom.words, last.border)
            else:
                atoms.append(atom)
    return atoms


def _block_borders(section: Section, most: int) -> list[float]:
    """For each block what it costs to begin a passage with it."""
    blocks = section.blocks
    costs: list[float] = []
    in_list = _BETWEEN_ITEMS
    for index, placed in enumerate(blocks):
        before = blocks[index - 1] if index else None
        kind = placed.block.kind
        if kind is BlockKind.LIST_ITEM and (before is None or before.block.kind is not BlockKind.LIST_ITEM):
            in_list = _WITHIN_FITTING_LIST if _list_fits(section, index, most) else _BETWEEN_ITEMS
        if before is None:
            cost = _AT_BLOCK
        elif before.block.kind is BlockKind.HEADING:
            cost = _AFTER_HEADING
        elif kind is BlockKind.FOOTNOTE:
            cost = _BEFORE_FOOTNOTE
        elif kind is BlockKind.LIST_ITEM:
            cost = in_list
        elif before.block.text.endswith(_INTRODUCES):
            cost = _AFTER_INTRODUCTION
        elif before.block.kind is BlockKind.PARAGRAPH and _is_label(before.block.text):
            cost = _AFTER_LABEL
        elif kind in _LISTING or before.block.kind is BlockKind.CAPTION or kind is BlockKind.CAPTION:
            cost = _BEFORE_CODE
        else:
            cost = _WITHIN_TURN if _same_speaker(before, placed) else _AT_BLOCK
        costs.append(cost)
    return costs


def _is_label(text: str) -> bool:
    return text[-1].isalnum() and len(text) < 60 and len(text.split()) <= _LABEL_WORDS


def _list_fits(section: Section, first: int, most: int) -> bool:
    """Whether the list that begins at block `first` fits into a passage with the sentence before it."""
    length = 0.0
    if first:
        before = section.blocks[first - 1].block.text[-2000:]
        start, end = sentences(before)[-1]
        length = count_words(before[start:end])
    for placed in section.blocks[first:]:
        if placed.block.kind is not BlockKind.LIST_ITEM:
            break
        length += count_words(placed.block.text)
        if length > most:
            return False
    return True


def _same_speaker(before: PlacedBlock, after: PlacedBlock) -> bool:
    one, two = before.block.origin, after.block.origin
    return isinstance(one, TimeOrigin) and isinstance(two, TimeOrigin) and one.speaker == two.speaker != ""


def _pieces(placed: PlacedBlock, border: float, largest: float, most: int) -> Iterator[_Atom]:
    block = placed.block
    length = count_words(block.text)
    if length <= largest:
        yield _Atom(placed.start, placed.end, length, border)
        return
    if block.kind in _LISTING:
        cost = _WITHIN_FITTING_LISTING if length <= most else _WITHIN_LISTING
        ranges = _lines(block.text)
    else:
        cost = _AT_SENTENCE
        ranges = sentences(block.text)
    for number, (start, end) in enumerate(ranges):
        first = border if number == 0 else cost
        for start_, end_, cost_ in _bounded(block.text, start, end, first, largest):
            size = count_words(block.text[start_:end_])
            yield _Atom(placed.start + start_, placed.start + end_, size, cost_)


def _lines(text: str) -> list[tuple[int, int]]:
    return [(match.start(), match.end()) for match in re.finditer(r"\S[^\n]*(?<!\s)", text)]


def _bounded(
    text: str, start: int, end: int, border: float, largest: float
) -> Iterator[tuple[int, int, float]]:
    """A sentence or line as ranges of at most `largest` words, cut at clauses, between words, or anywhere."""
    while start < end:
        full = _full_at(text, start, end, largest)
        stop, cost = (end, border) if full >= end else _cut(text, start, full)
        yield start, stop, border
        border = cost
        start = stop
        while start < end and text[start].isspace():
            start += 1


def _full_at(text: str, start: int, end: int, largest: float) -> int:
    """The offset up to which `text[start:end]` holds at most `largest` words; always beyond `start`."""
    weight = 0.0
    for unit in UNITS.finditer(text, start, end):
        weight += unit_weight(unit)
        if weight > largest:
            return max(unit.start(), start + 1)
    return end


def _cut(text: str, start: int, full: int) -> tuple[int, float]:
    """Where in `text[start:full]` to cut and what that costs: the last clause or space of its second half."""
    for border, cost in ((_CLAUSE, _AT_CLAUSE), (_SPACE, _AT_WORD)):
        for match in reversed(list(border.finditer(text, (start + full) // 2, full))):
            stop = match.start() + len(match.group().rstrip())
            if stop > start:
                return stop, cost
    return full, _AT_WORD
