"""Excerpts: stretches of a snippet that a reader can understand where they stand.

A snippet of readable length is quoted whole. Of a longer one it is what stands around the sentence that answers, grown
by sentences, items, tables and listings: first by what it leans on and what it announces, then to either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wellread.agent.quoting.text_shape import Shape, TextPart, parts, rows
from wellread.content import Anchor
from wellread.events import Snippet
from wellread.text.languages import found
from wellread.text.sentences import sentences
from wellread.text.words import count_words

WORDS = 240  # of an excerpt, unless one of its units alone has more
_LINES = 30  # lines of a listing
_ROWS = 8  # of a longer table, rows are quoted one by one


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Ranges of a snippet's text in their order, a paragraph, item, table or listing each. `telling` is the range of
    the sentence that answers."""

    snippet: Snippet
    ranges: tuple[TextPart, ...]
    telling: tuple[int, int]

    @property
    def start(self) -> int:
        return self.ranges[0].start

    @property
    def end(self) -> int:
        return self.ranges[-1].end

    @property
    def text(self) -> str:
        return self.snippet.text[self.start : self.end]

    @property
    def place(self) -> tuple[str, str, int]:
        """Where it stands, so that overlapping snippets of a section agree on it: product, section, offset."""
        anchor = Anchor.parse(self.snippet.anchor)
        if anchor is None:
            return self.snippet.product_id, str(self.snippet.number), self.start
        return anchor.product_id, anchor.section_id, anchor.start + self.start

    def overlaps(self, other: "Excerpt") -> bool:
        one, two = self.place, other.place
        shared = one[:2] == two[:2]
        length, other_length = self.end - self.start, other.end - other.start
        return shared and one[2] < two[2] + other_length and two[2] < one[2] + length


def excerpt_around(snippet: Snippet, telling: tuple[int, int], words: int = WORDS) -> Excerpt:
    """What is quoted around the sentence at `telling` (code points of the snippet's text), about `words` words."""
    text = snippet.text
    units = _units(text)
    at = next((i for i, unit in enumerate(units) if telling[0] < unit.end), len(units) - 1)
    below = [number for number in range(at, len(units)) if units[number].shape is not Shape.LINE]
    at = below[0] if below else at  # of a heading, what stands under it
    first, last = _grown(text, units, at, words)
    if below:  # else it is a slide, of nothing but lines
        while first < at and units[first].shape is Shape.LINE:
            first += 1
        while last > at and units[last].shape is Shape.LINE:
            last -= 1
    return Excerpt(snippet, tuple(_joined(units[first : last + 1])), telling)


def _units(text: str) -> list[TextPart]:
    """The text as sentences, items, tables and listings; those of one paragraph have its index as their group."""
    units: list[TextPart] = []
    for number, part in enumerate(parts(text)):
        if part.shape is Shape.PROSE:
            spans = sentences(text[part.start : part.end])
            units += [TextPart(part.shape, part.start + a, part.start + b, number) for a, b in spans]
        elif part.shape is Shape.TABLE and text.count("\n", part.start, part.end) >= _ROWS:
            units += [TextPart(Shape.ITEM, *row, number) for row in rows(text, part)]
        elif part.shape in (Shape.TABLE, Shape.CODE):
            lines = text[part.start : part.end].split("\n")[:_LINES]
            units.append(TextPart(part.shape, part.start, part.start + len("\n".join(lines)), number))
        else:
            units.append(TextPart(part.shape, part.start, part.end, part.group))
    return [unit for unit in units if unit.start < unit.end] or [TextPart(Shape.PROSE, 0, len(text), 0)]


def _grown(text: str, units: Sequence[TextPart], at: int, words: int) -> tuple[int, int]:
    """The first and the last unit of the excerpt around the unit `at`."""
    first = last = at

    def fits(one: int, other: int) -> bool:
        inside = one >= 0 and other < len(units)
        return inside and count_words(text[units[one].start : units[other].end]) <= words

    if fits(0, len(units) - 1):
        return 0, len(units) - 1
    while _leans_back(text, units, first) and fits(first - 1, last):
        first -= 1
    while _announces(text, units[last]) and fits(first, last + 1):
        last += 1
    forward = False
    while fits(first, last + 1) or fits(first - 1, last):
        if fits(first, last + 1) and (forward or not fits(first - 1, last)):
            last += 1
        else:
            first -= 1
        forward = not forward
    while last > at and _announces(text, units[last]):  # without what it announces
        last -= 1
    return first, last


def _leans_back(text: str, units: Sequence[TextPart], at: int) -> bool:
    """Whether a unit needs the one before it: an item its list, a table or listing its introduction."""
    unit = units[at]
    if unit.shape is not Shape.PROSE:
        return at > 0 and units[at - 1].shape in (Shape.PROSE, Shape.ITEM)
    return bool(found("forms", "leans_back", text[unit.start : unit.end]))


def _announces(text: str, unit: TextPart) -> bool:
    return text[unit.start : unit.end].rstrip().endswith((":", "："))


def _joined(units: Sequence[TextPart]) -> list[TextPart]:
    """Sentences of one paragraph as one range."""
    joined: list[TextPart] = []
    for unit in units:
        if joined and unit.shape is joined[-1].shape is Shape.PROSE and unit.group == joined[-1].group:
            joined[-1] = TextPart(Shape.PROSE, joined[-1].start, unit.end, unit.group)
        else:
            joined.append(unit)
    return joined
