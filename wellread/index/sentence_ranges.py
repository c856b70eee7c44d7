"""The sentences of a passage that get a vector each: short pieces joined, endless ones cut, at most two dozen."""

import math
import re

from wellread.text.sentences import sentences
from wellread.text.words import count_words

MOST = 24  # of a passage, which has five to twelve when it is prose; more are a table or a listing
_FEWEST_WORDS = 4  # a piece of fewer ("Yes.", "2.", a cell) says nothing by itself
_MOST_WORDS = 90  # more is speech written down without full stops, or a listing in one line
_CUT_WORDS = 45  # what that is cut into, or less
_SPACE = re.compile(r"\s+")


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """The ranges of `text`, in order and without overlap, that are compared with a question one by one.

    They are its sentences, and the lines of its lists, tables and listings. A piece of less than four words goes
    with what follows it, or, at the end, with what is before; one of more than _MOST_WORDS is cut between words. Of
    more than MOST, neighbours are joined to pieces of like length.
    """
    joined: list[tuple[int, int]] = []
    start = -1  # of short pieces that wait for what follows them
    for begin, end in sentences(text):
        start = begin if start < 0 else start
        if count_words(text[start:end]) >= _FEWEST_WORDS:
            joined += _cut(text, start, end)
            start = -1
    if start >= 0:
        last = len(text.rstrip())
        joined = [*joined[:-1], (joined[-1][0], last)] if joined else [(start, last)]
    return joined if len(joined) <= MOST else _coarser(joined)


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A range as it is, or, when it is too long, in pieces of like length."""
    words = count_words(text[start:end])
    if words <= _MOST_WORDS:
        return [(start, end)]
    number = math.ceil(words / _CUT_WORDS)
    pieces: list[tuple[int, int]] = []
    begin = start
    for space in _SPACE.finditer(text, start, end):
        if (space.start() - start) * number >= (len(pieces) + 1) * (end - start):
            pieces.append((begin, space.start()))
            begin = space.end()
    return [*pieces, (begin, end)]


def _coarser(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most MOST ranges, each of neighbours that together are as long as any other's."""
    share = (ranges[-1][1] - ranges[0][0]) / MOST
    pieces: dict[int, tuple[int, int]] = {}
    for start, end in ranges:
        place = min(MOST - 1, int((start - ranges[0][0]) / share))
        pieces[place] = (pieces[place][0] if place in pieces else start, end)
    return list(pieces.values())
