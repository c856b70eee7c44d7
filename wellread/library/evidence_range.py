"""How far a snippet reaches: a hit with what it leans on in its section."""

from collections.abc import Sequence

from wellread.content import BlockKind, PlacedBlock, Section
from wellread.text.words import count_words

SNIPPET_WORDS = 300  # a snippet never exceeds this
_WHOLE_WORDS = 250  # a section of no more is given whole
_INTRODUCES = (":", "：")
_OF_A_LIST = frozenset({BlockKind.LIST_ITEM})


def evidence_range(section: Section, start: int, end: int) -> tuple[int, int]:
    """`start` to `end` of a section, or more of it: all of a short one, and with an introduction what it introduces.

    What ends with a colon goes on with the list, listing or quotation that follows, and what begins within a list goes
    back to its introduction, as far as SNIPPET_WORDS allow. An introduction whose list does not fit at all is left
    out, if there is anything else.
    """
    if count_words(section.text) <= _WHOLE_WORDS:
        return 0, len(section.text)
    blocks = section.blocks
    touched = [number for number, block in enumerate(blocks) if block.start < end and start < block.end]
    if not touched:
        return start, fitting(section, start, end)
    first, last = touched[0], touched[-1]
    begin = _introduced_from(blocks, first)
    if begin < first and _fits(section, blocks[begin].start, end):
        start = blocks[begin].start
    if blocks[last].end <= end or _is_introduction(blocks[last]):
        end = _with_introduced(section, start, end, last)
    return start, fitting(section, start, end)


def fitting(section: Section, start: int, end: int) -> int:
    """`end`, or the last place before it up to which the snippet has SNIPPET_WORDS words."""
    while count_words(section.text[start:end]) > SNIPPET_WORDS:
        cut = section.text.rfind(" ", start, end - max(1, (end - start) // 20))
        if cut <= start:
            break
        end = cut
    return end


def _introduced_from(blocks: Sequence[PlacedBlock], first: int) -> int:
    """The introduction of the list, listing or quotation that a snippet begins in; `first` when it has none."""
    place = first
    while place > 0 and blocks[place].block.kind in _OF_A_LIST and blocks[place - 1].block.kind in _OF_A_LIST:
        place -= 1
    return place - 1 if place > 0 and _is_introduction(blocks[place - 1]) else first


def _with_introduced(section: Section, start: int, end: int, last: int) -> int:
    """The end of what the block `last` introduces, as far as it fits; of `last` when it introduces nothing."""
    blocks = section.blocks
    if not _is_introduction(blocks[last]):
        return end
    reached = last
    while reached + 1 < len(blocks) and _fits(section, start, blocks[reached + 1].end):
        following = blocks[reached + 1]
        goes_on = following.block.kind in _OF_A_LIST and blocks[reached].block.kind in _OF_A_LIST
        if not goes_on and not _is_introduction(blocks[reached]):
            break
        reached += 1
    if reached > last or last + 1 == len(blocks):
        return blocks[reached].end
    before = blocks[last - 1].end if last else 0
    return before if before > start else blocks[last].end


def _is_introduction(block: PlacedBlock) -> bool:
    return block.block.kind is not BlockKind.HEADING and block.block.text.endswith(_INTRODUCES)


def _fits(section: Section, start: int, end: int) -> bool:
    return count_words(section.text[start:end]) <= SNIPPET_WORDS
