"""Opening an anchor: the place it names, the quote marked, and a few blocks around it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.fuzz import partial_ratio_alignment, ratio

from wellread.content import (
    Anchor,
    Origin,
    PlacedBlock,
    PlaceState,
    Product,
    Section,
    TimeOrigin,
    place_label,
)
from wellread.errors import BadRequestError, NotFoundError
from wellread.library.scope import below_title
from wellread.store.catalog.catalog import Catalog
from wellread.wire.library import PlaceView, TextBlockView

CONTEXT = 48  # code points of prefix and suffix by which equal quotes are told apart
SIMILAR = 85.0  # rapidfuzz ratio (0 to 100) from which changed text still counts as the quoted one
_SAME_SECTION = 5.0  # what a section of the same path is worth beside that ratio
_SHORTEST_FUZZY = 30  # code points below which similar words mean nothing ("Chapter 4", "Chapter 8")
_LONGEST_FUZZY = 4000  # code points of a quote beyond which only its beginning is searched for fuzzily


@dataclass(frozen=True, slots=True)
class OpenedPlace:
    """What an anchor opens.

    `state`: "exact" (the text it was made on), "moved" (the same words found in a newer edition), "changed"
    (similar words in a newer edition), "superseded" (only the older edition has it; its text is shown).
    """

    anchor: Anchor  # where it is now; for "superseded" the anchor as given
    product: Product
    section: Section
    quote: str
    prefix: str
    suffix: str
    blocks: tuple[PlacedBlock, ...]  # those that the quote touches
    state: PlaceState

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where the blocks come from; of speech, only the time in which the quote is said."""
        return tuple(_origin(placed, self.anchor) for placed in self.blocks)

    @property
    def path(self) -> str:
        """The section's, without the title's own name."""
        return below_title(self.product.title, " › ".join(self.section.path))

    @property
    def label(self) -> str:
        if not self.blocks:
            return ""
        first = self.blocks[0]
        return place_label(first.block, self.anchor.start - first.start)

    def view(self, around: int) -> PlaceView:
        """As it is sent, with `around` blocks before and after the quote."""
        return PlaceView(
            anchor=str(self.anchor),
            state=self.state,
            product_id=self.product.product_id,
            title=self.product.title,
            section_id=self.section.section_id,
            section=" › ".join(self.section.path),
            place=self.label,
            quote=self.quote,
            prefix=self.prefix,
            suffix=self.suffix,
            origins=self.origins,
            around=tuple(map(TextBlockView.of_block, self.around(around, around))),
        )

    def around(self, before: int, after: int) -> list[PlacedBlock]:
        """The blocks that the quote touches with so many before and after them, of the same section."""
        every = self.section.blocks
        touched = [i for i, placed in enumerate(every) if placed in self.blocks]
        if not touched:
            return []
        return list(every[max(0, touched[0] - before) : touched[-1] + 1 + after])


def open_anchor(catalog: Catalog, text: str) -> OpenedPlace:
    """The place that an anchor's string names.

    Raises BadRequestError when it is no anchor, NotFoundError when its product or section is not there.
    """
    anchor = Anchor.parse(text)
    if anchor is None:
        raise BadRequestError(
            f"{text!r} is no anchor.",
            hint="An anchor looks like PRODUCT/SECTION/START-END and stands behind every citation.",
        )
    product = catalog.product(anchor.product_id)
    section = catalog.section(anchor.product_id, anchor.section_id)
    if anchor.end > len(section.text):
        raise NotFoundError(
            f"The section of {text!r} ends before it.", hint="Copy the anchor whole from where it was shown."
        )
    if anchor.section_id.startswith(f"{product.edition_id}-"):
        return _place(anchor, product, section, "exact")
    return _find_again(catalog, product, section, anchor)


def _origin(placed: PlacedBlock, anchor: Anchor) -> Origin:
    origin = placed.block.origin
    if isinstance(origin, TimeOrigin):
        start, end = anchor.start - placed.start, anchor.end - placed.start
        return origin.within(start, end, placed.end - placed.start)
    return origin


def touched_blocks(section: Section, start: int, end: int) -> tuple[PlacedBlock, ...]:
    return tuple(p for p in section.blocks if p.start < end and start < p.end)


def _place(anchor: Anchor, product: Product, section: Section, state: PlaceState) -> OpenedPlace:
    text = section.text
    return OpenedPlace(
        anchor=anchor,
        product=product,
        section=section,
        quote=text[anchor.start : anchor.end],
        prefix=text[max(0, anchor.start - CONTEXT) : anchor.start],
        suffix=text[anchor.end : anchor.end + CONTEXT],
        blocks=touched_blocks(section, anchor.start, anchor.end),
        state=state,
    )


def _find_again(catalog: Catalog, product: Product, old: Section, anchor: Anchor) -> OpenedPlace:
    """The anchor's quote in the product's current edition (the W3C text-quote selector's way)."""
    was = _place(anchor, product, old, "superseded")
    best: tuple[float, Section, int, int] | None = None
    for section in catalog.sections(product.product_id):
        for start in _occurrences(section.text, was.quote):
            end = start + len(was.quote)
            score = _context_score(section, start, end, was) + (1.0 if section.path == old.path else 0.0)
            if best is None or score > best[0]:
                best = (score, section, start, end)
    state: PlaceState = "moved"
    if best is None:
        state, best = "changed", _most_similar(catalog, product, was)
    if best is None:
        return was
    _, section, start, end = best
    return _place(Anchor(product.product_id, section.section_id, start, end), product, section, state)


def _occurrences(text: str, quote: str) -> Iterator[int]:
    start = text.find(quote)
    while start >= 0:
        yield start
        start = text.find(quote, start + 1)


def _context_score(section: Section, start: int, end: int, was: OpenedPlace) -> float:
    """How alike the surroundings are, 0 to 2."""
    prefix = section.text[max(0, start - CONTEXT) : start]
    suffix = section.text[end : end + CONTEXT]
    return (ratio(prefix, was.prefix) + ratio(suffix, was.suffix)) / 100


def _most_similar(
    catalog: Catalog, product: Product, was: OpenedPlace
) -> tuple[float, Section, int, int] | None:
    quote = was.quote[:_LONGEST_FUZZY]
    if len(quote) < _SHORTEST_FUZZY:
        return None
    best: tuple[float, Section, int, int] | None = None
    for section in catalog.sections(product.product_id):
        if len(section.text) < len(quote) / 2:
            continue
        found = partial_ratio_alignment(quote, section.text, score_cutoff=SIMILAR)
        if found and found.dest_end > found.dest_start:
            score = found.score + (_SAME_SECTION if section.path == was.section.path else 0.0)
            if best is None or score > best[0]:
                best = (score, section, *_widened(section, found.dest_start, found.dest_end, was))
    return best


def _widened(section: Section, start: int, end: int, was: OpenedPlace) -> tuple[int, int]:
    """A similar range made whole: to its blocks when the quote was whole blocks, else to its words."""
    touched = touched_blocks(section, start, end)
    whole = was.blocks and (was.anchor.start, was.anchor.end) == (was.blocks[0].start, was.blocks[-1].end)
    if touched and whole:
        return touched[0].start, touched[-1].end
    while start > 0 and not section.text[start - 1].isspace():
        start -= 1
    while end < len(section.text) and not section.text[end].isspace():
        end += 1
    return start, end
