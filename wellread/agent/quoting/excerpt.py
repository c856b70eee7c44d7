"""Excerpts: stretches of a snippet that a reader can understand where they stand.

Around the sentence that answers stands what it leans on: its paragraph, the sentence before one that points back, the
list that an introduction announces, the introduction of a list. Lists, tables and listings are quoted whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wellread.agent.quoting.text_shape import Shape, TextPart, parts
from wellread.content import Anchor
from wellread.events import Snippet
from wellread.text.languages import found
from wellread.text.sentences import sentences
from wellread.text.words import count_words

_PARAGRAPH = 120  # words, up to which a paragraph is quoted whole
_AROUND = 90  # words around the telling sentence of a longer one
_THIN = 45  # words, up to which an excerpt takes the paragraph beside it too
_LIST = 170  # words of a list that is quoted whole; of a longer one, the items around the telling one
_ROWS = 12  # lines of a table
_LINES = 30  # lines of a listing
_JOINED = 220  # words of two excerpts that are made one

_ENUMERATED = (Shape.ITEM, Shape.TABLE, Shape.CODE)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Ranges of a snippet's text in their order, a paragraph, item, table or listing each. `telling` is the range of
    the sentence that answers, `score` (0 to about 1.3) how well it does."""

    snippet: Snippet
    ranges: tuple[TextPart, ...]
    telling: tuple[int, int]
    score: float

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

    def with_(self, other: "Excerpt") -> "Excerpt | None":
        """Both as one, when they stand side by side in one snippet and are not too long together; else None."""
        if other.snippet != self.snippet:
            return None
        first, second = sorted((self, other), key=lambda excerpt: excerpt.start)
        between = self.snippet.text[first.end : second.start]
        if between.strip() or count_words(self.snippet.text[first.start : second.end]) > _JOINED:
            return None
        best = max(self, other, key=lambda excerpt: excerpt.score)
        ranges = first.ranges + second.ranges
        last, following = first.ranges[-1], second.ranges[0]
        if last.shape is following.shape is Shape.PROSE and "\n\n" not in between:
            whole = TextPart(Shape.PROSE, last.start, following.end)
            ranges = (*first.ranges[:-1], whole, *second.ranges[1:])
        return Excerpt(self.snippet, ranges, best.telling, best.score)


def excerpt_around(snippet: Snippet, telling: tuple[int, int], score: float) -> Excerpt:
    """What is quoted for the sentence that stands at `telling` (code points of the snippet's text)."""
    shaped = [part for part in parts(snippet.text) if part.start < part.end]
    at = next((i for i, part in enumerate(shaped) if part.start <= telling[0] < part.end), None)
    if at is None:
        return Excerpt(snippet, (TextPart(Shape.PROSE, *telling),), telling, score)
    while shaped[at].shape is Shape.LINE and at + 1 < len(shaped):  # of a heading, what stands under it
        at += 1
        telling = (shaped[at].start, shaped[at].start)
    part = shaped[at]
    if part.shape is Shape.ITEM:
        ranges = _list(snippet.text, shaped, at)
    elif part.shape in (Shape.TABLE, Shape.CODE):
        ranges = [*_introduction(snippet.text, shaped, at), _cut(snippet.text, part, telling)]
    else:
        ranges = _prose(snippet.text, shaped, at, telling)
    return Excerpt(snippet, tuple(ranges), telling, score)


def _prose(text: str, shaped: Sequence[TextPart], at: int, telling: tuple[int, int]) -> list[TextPart]:
    """The paragraph, or the sentences around the telling one, with what they announce and lean on."""
    own = _window(text, shaped[at], telling)
    ranges = [own]
    if own.end == shaped[at].end:
        ranges += _announced(text, shaped, at)
    if own.start == shaped[at].start and at and found("forms", "leans_back", text[own.start : own.end]):
        ranges = [*_last_words(text, shaped[at - 1]), *ranges]
    thin = count_words(text[ranges[0].start : ranges[-1].end]) < _THIN
    after = at + len([r for r in ranges if r.start > own.start]) + 1
    if thin and own.end == shaped[at].end and after < len(shaped):
        following = shaped[after]
        if following.shape is Shape.CODE:
            ranges.append(_cut(text, following, (following.start, following.start)))
        elif following.shape is Shape.PROSE and count_words(text[own.start : following.end]) <= _PARAGRAPH:
            ranges += [following, *_announced(text, shaped, after)]
    return ranges


def _window(text: str, part: TextPart, telling: tuple[int, int]) -> TextPart:
    """A paragraph, of a long one the sentences around the telling one, from one that does not point back."""
    if count_words(text[part.start : part.end]) <= _PARAGRAPH:
        return part
    spans = [(part.start + a, part.start + b) for a, b in sentences(text[part.start : part.end])]
    at = next((i for i, span in enumerate(spans) if span[1] > telling[0]), len(spans) - 1)
    last = next((i for i, span in enumerate(spans) if span[1] >= telling[1]), at)
    first, last = at, max(at, last)

    def words(one: int, other: int) -> float:
        return count_words(text[spans[one][0] : spans[other][1]])

    while (
        first
        and found("forms", "leans_back", text[slice(*spans[first])])
        and words(first - 1, last) <= _PARAGRAPH
    ):
        first -= 1
    while last + 1 < len(spans) and words(first, last + 1) <= _AROUND:
        last += 1
    while first and words(first - 1, last) <= _AROUND:
        first -= 1
    return TextPart(part.shape, spans[first][0], spans[last][1], part.group)


def _announced(text: str, shaped: Sequence[TextPart], at: int) -> list[TextPart]:
    """What follows a paragraph that ends in a colon: its list, table or listing, or the one paragraph."""
    following = shaped[at + 1 :]
    if not following:
        return []
    enumerated = following[0].shape in _ENUMERATED
    if not text[shaped[at].start : shaped[at].end].rstrip().endswith((":", "：")):
        return []
    if not enumerated:
        return (
            [following[0]] if count_words(text[following[0].start : following[0].end]) <= _PARAGRAPH else []
        )
    if following[0].shape is Shape.ITEM:
        return _items(text, shaped, at + 1)
    return [_cut(text, following[0], (following[0].start, following[0].start))]


def _list(text: str, shaped: Sequence[TextPart], at: int) -> list[TextPart]:
    return [*_introduction(text, shaped, _first_item(shaped, at)), *_items(text, shaped, at)]


def _first_item(shaped: Sequence[TextPart], at: int) -> int:
    while at and shaped[at - 1].shape is Shape.ITEM and shaped[at - 1].group == shaped[at].group:
        at -= 1
    return at


def _items(text: str, shaped: Sequence[TextPart], at: int) -> list[TextPart]:
    """The items of the list in which the part `at` is one: all, or those around it."""
    first = last = at
    lowest = _first_item(shaped, at)

    def fits(one: int, other: int) -> bool:
        return count_words(text[shaped[one].start : shaped[other].end]) <= _LIST

    def joins(index: int) -> bool:
        return (
            index < len(shaped)
            and shaped[index].shape is Shape.ITEM
            and shaped[index].group == shaped[at].group
        )

    grew = True
    while grew:
        grew = False
        if joins(last + 1) and fits(first, last + 1):
            last, grew = last + 1, True
        if first > lowest and fits(first - 1, last):
            first, grew = first - 1, True
    return list(shaped[first : last + 1])


def _introduction(text: str, shaped: Sequence[TextPart], at: int) -> list[TextPart]:
    """The end of the paragraph before a list, table or listing."""
    return _last_words(text, shaped[at - 1]) if at else []


def _last_words(text: str, part: TextPart) -> list[TextPart]:
    """A paragraph, of a long one its last sentence."""
    if part.shape is not Shape.PROSE:
        return []
    if count_words(text[part.start : part.end]) <= _THIN:
        return [part]
    start, end = sentences(text[part.start : part.end])[-1]
    return [TextPart(Shape.PROSE, part.start + start, part.start + end)]


def _cut(text: str, part: TextPart, telling: tuple[int, int]) -> TextPart:
    """A table or listing of readable length: all of it, or its first lines up to the telling one and beyond."""
    most = _ROWS if part.shape is Shape.TABLE else _LINES
    lines = text[part.start : part.end].split("\n")
    if len(lines) <= most:
        return part
    at = text.count("\n", part.start, telling[0])
    if part.shape is Shape.CODE and at >= most:
        start = part.start + sum(len(line) + 1 for line in lines[: at - most // 2])
        return TextPart(
            part.shape, start, min(part.end, start + len("\n".join(lines[at - most // 2 : at + most // 2])))
        )
    return TextPart(part.shape, part.start, part.start + len("\n".join(lines[: max(most, at + 1)])))
