"""How well a title is searched, by its own index: each term with the pages or links that its indexer gave it.

No judge is needed: an index is gold that people made for readers who look for what these readers look for. A term
is asked inside its title, with the terms above it ("indexes unique"), and what it finds is held against its *targets*,
one for each locator:

- a link leads to a block: the target is that block, and where that is a heading also the first text below it;
- a link whose text is the label of a printed page, and which leads to where that page begins, is that page;
- a page is the blocks that begin on it, in a PDF those of which any line stands on it; a range is one target.
  The pages of a PDF without labels are counted from its first; by how many that is off is told by the terms, which
  stand on the pages given for them (`_first_page`).

A target is found by a passage that overlaps it, and by nothing beside it.
"""

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from wellread.content import Anchor, Block, BlockKind, BlockLink, PdfOrigin, PlacedBlock, Section, SectionRole
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.index.passages import Hit, PassageIndex, PassageQuery
from wellread.ingest.index_entries import IndexEntry, Locator, index_entries, page_key
from wellread.ingest.index_form import as_index
from wellread.ingest.passages import INDEXED_ROLES

DEPTHS = (5, 10)
MOST_DEPTH = 100
WORST = 10  # terms shown
_BATCH = 64  # terms searched at once
_MOST_FRONT = 60  # pages before printed page 1
_CLEARLY = 1.5

_LEADS_NOWHERE = "lead nowhere themselves: headings, and references to other entries"
_RUN_TOGETHER = "run together with a reference to another entry"
_NO_PAGES = "give printed pages, and the text does not say where pages begin"
_NO_SUCH_PAGE = "give pages that the text does not have"
_NOT_SEARCHED = "lead to what is not searched: the index itself, contents, front matter"


class TermFigures(BaseModel):
    """A term of an index, and which of its targets a search for it found."""

    model_config = ConfigDict(frozen=True)

    term: str
    question: str
    locators: tuple[str, ...]  # as the index has them
    ranks: tuple[int | None, ...]  # of the first passage on each target, from 1
    found_instead: str  # the anchor of the first passage; "" for none


class RecallAt(BaseModel):
    """Shares, 0 to 1: of the terms with a target among the first `k` passages, and of all targets."""

    model_config = ConfigDict(frozen=True)

    k: int
    terms: float
    targets: float


class IndexFigures(BaseModel):
    """What came of a title's index. `skipped` counts entries by why they are not measured."""

    model_config = ConfigDict(frozen=True)

    product_id: str
    title: str
    entries: int
    terms: int  # measured
    targets: int
    by_link: int  # targets that are blocks; the others are pages
    first_page: (
        int  # of a PDF without labels: the page, from 1, that is printed page 1; 1 where pages are labelled
    )
    skipped: dict[str, int]
    with_vectors: bool
    recall: tuple[RecallAt, ...]
    worst: tuple[TermFigures, ...]


@dataclass(frozen=True, slots=True)
class _Target:
    locator: str
    places: tuple[Anchor, ...]
    by_link: bool


@dataclass(frozen=True, slots=True)
class _AskedTerm:
    entry: IndexEntry
    targets: tuple[_Target, ...]

    @property
    def question(self) -> str:
        return " ".join(self.entry.path)


async def measured_index(
    library: Wellread, product_id: str, *, depths: Sequence[int] = DEPTHS, limit: int | None = None
) -> IndexFigures:
    """Search a title for the terms of its index; of `limit`, so many that are spread evenly over it.

    Raises NotFoundError for an unknown title, BadRequestError for one without an index, for an index of which nothing
    can be measured, and for depths that are none.
    """
    if not depths or not all(1 <= depth <= MOST_DEPTH for depth in depths):
        raise BadRequestError(f"A depth is 1 to {MOST_DEPTH}, not {depths}.", hint="For instance --k 5,10.")
    product = await library.product(product_id)
    sections = await asyncio.to_thread(lambda: [as_index(one) for one in library.titles.sections(product_id)])
    found = await asyncio.to_thread(_terms, product_id, product.title, sections)
    entries, terms, skipped, first_page = found
    asked = _spread(terms, limit)
    index = await library.index()
    measures: list[TermFigures] = []
    for start in range(0, len(asked), _BATCH):
        measures += await _measured(index, product_id, asked[start : start + _BATCH], max(depths))
    targets = [target for term in asked for target in term.targets]
    return IndexFigures(
        product_id=product_id,
        title=product.title,
        entries=entries,
        terms=len(asked),
        targets=len(targets),
        by_link=sum(target.by_link for target in targets),
        first_page=first_page,
        skipped=dict(skipped),
        with_vectors=library.embedder is not None and not await index.waiting([product_id]),
        recall=tuple(_recall(measures, depth) for depth in sorted(set(depths))),
        worst=tuple(sorted(measures, key=_goodness)[:WORST]),
    )


def _terms(
    product_id: str, title: str, sections: Sequence[Section]
) -> tuple[int, list[_AskedTerm], Counter[str], int]:
    """How many entries the index has, those that can be measured, why the others cannot, and on which page of its file
    the printed page 1 is."""
    listed = [section for section in sections if section.role is SectionRole.INDEX]
    entries = _merged(index_entries(listed))
    if not entries:
        raise BadRequestError(
            f"“{title}” has no index at its end that could be read.",
            hint="Its contents name none, or it was added before the links of an index were kept: add it again.",
        )
    targets = _IndexTargets(product_id, sections)
    first_page = targets.count_from_printed(entries)
    skipped = Counter[str]()
    terms: list[_AskedTerm] = []
    for entry in entries:
        found = [targets.of(locator) for locator in entry.locators]
        sure = tuple(target for target in found if isinstance(target, _Target))
        if entry.refers and entry.locators:
            skipped[_RUN_TOGETHER] += 1
        elif sure:
            terms.append(_AskedTerm(entry, sure))
        else:
            skipped[next((why for why in found if isinstance(why, str)), _LEADS_NOWHERE)] += 1
    if not terms:
        raise BadRequestError(
            f"Nothing of the index of “{title}” can be measured: its entries "
            + "; ".join(f"{why} ({count})" for why, count in skipped.most_common())
            + ".",
            hint="An edition is needed that marks its printed pages, or whose index has links.",
        )
    return len(entries), terms, skipped, first_page


def _merged(entries: Iterable[IndexEntry]) -> list[IndexEntry]:
    """A term that stands several times is one with all its locators."""
    merged: dict[tuple[str, ...], IndexEntry] = {}
    for entry in entries:
        same = merged.get(entry.path, IndexEntry(entry.path, ()))
        locators = tuple(dict.fromkeys((*same.locators, *entry.locators)))
        merged[entry.path] = IndexEntry(entry.path, locators, same.refers or entry.refers)
    return list(merged.values())


class _IndexTargets:
    """Where the locators of a title's index lead in its text."""

    def __init__(self, product_id: str, sections: Sequence[Section]) -> None:
        self._product_id = product_id
        self._sections = {section.ordinal: section for section in sections}
        self._searched = {s.section_id for s in sections if s.role in INDEXED_ROLES}
        self._pages: dict[str, list[Anchor]] = defaultdict(list)
        self._texts: dict[str, str] = defaultdict(str)  # of the pages, casefolded
        placed_in = [(section, placed) for section in sections for placed in section.blocks]
        labels = _labels(placed.block for _, placed in placed_in)
        self._are_labelled = any(label != str(page) for page, label in labels.items()) or not labels
        for section, placed in placed_in:
            for page in map(page_key, _pages_of(placed.block, labels)):
                self._pages[page].append(self._anchor(section, placed))
                if section.role is not SectionRole.INDEX:
                    self._texts[page] += placed.block.text.casefold() + "\n"

    def count_from_printed(self, entries: Sequence[IndexEntry]) -> int:
        """Give pages that only have numbers, because their file does not label them, those that are printed on them.
        Gives the number of the page that is printed page 1."""
        if self._are_labelled:
            return 1
        first = _first_page(entries, self._texts)
        self._pages = {
            str(int(page) - first + 1): places for page, places in self._pages.items() if int(page) >= first
        }
        return first

    def of(self, locator: Locator) -> _Target | str:
        """The target of a locator, or why it has none."""
        pages = [place for page in locator.pages for place in self._pages.get(page, ())]
        if locator.link is not None:
            places = self._at(locator.link)
            if places and pages and places[0] == pages[0]:
                places = pages
        elif pages:
            places = pages
        else:
            return _NO_SUCH_PAGE if self._pages else _NO_PAGES
        searched = tuple(place for place in places if place.section_id in self._searched)
        return _Target(locator.text, searched, locator.link is not None) if searched else _NOT_SEARCHED

    def _at(self, link: BlockLink) -> list[Anchor]:
        """The block at which a link leads, and below a heading the first text."""
        section = self._sections.get(link.section)
        if section is None:
            return []
        number = bisect_left(section.blocks, link.offset, key=lambda placed: placed.start)
        places: list[Anchor] = []
        for there, placed in self._from(link.section, number):
            places.append(self._anchor(there, placed))
            if placed.block.kind is not BlockKind.HEADING:
                break
        return places

    def _from(self, ordinal: int, number: int) -> Iterator[tuple[Section, PlacedBlock]]:
        while section := self._sections.get(ordinal):
            for placed in section.blocks[number:]:
                yield section, placed
            ordinal, number = ordinal + 1, 0

    def _anchor(self, section: Section, placed: PlacedBlock) -> Anchor:
        return Anchor(self._product_id, section.section_id, placed.start, placed.end)


def _labels(blocks: Iterable[Block]) -> dict[int, str]:
    """The labels of a PDF's pages on which any block begins."""
    origins = (block.origin for block in blocks)
    return {origin.page: origin.label for origin in origins if isinstance(origin, PdfOrigin)}


def _pages_of(block: Block, labels: Mapping[int, str]) -> Iterable[str]:
    """The labels of the printed pages on which a block stands, as far as its source tells."""
    origin = block.origin
    if not isinstance(origin, PdfOrigin):
        return filter(None, [block.page])
    pages = dict.fromkeys([origin.page, *(box.page for box in origin.boxes)])
    return (labels[page] for page in pages if page in labels)


def _first_page(entries: Sequence[IndexEntry], texts: Mapping[str, str]) -> int:
    """Which page of a file, from 1, is printed page 1: where most terms of its index stand on the page given for them,
    if that is clearly another than the first; else 1."""
    given = [
        (entry.path[-1].casefold().split(), int(locator.pages[0]))
        for entry in entries
        for locator in entry.locators
        if locator.pages and locator.pages[0].isdecimal()
    ]
    stand = {
        first: sum(
            all(word in texts.get(str(page + first - 1), "") for word in words) for words, page in given
        )
        for first in range(1, _MOST_FRONT + 1)
    }
    best = max(stand, key=lambda first: (stand[first], -first))
    return best if stand[best] >= max(len(given) / 2, _CLEARLY * stand[1]) else 1


def _spread(terms: Sequence[_AskedTerm], limit: int | None) -> Sequence[_AskedTerm]:
    if limit is None or limit >= len(terms):
        return terms
    return [terms[number * len(terms) // limit] for number in range(limit)]


async def _measured(
    index: PassageIndex, product_id: str, terms: Sequence[_AskedTerm], depth: int
) -> list[TermFigures]:
    queries = [PassageQuery(term.question, (product_id,), depth) for term in terms]
    return [
        TermFigures(
            term=term.entry.term,
            question=term.question,
            locators=tuple(target.locator for target in term.targets),
            ranks=tuple(_rank(target, hits) for target in term.targets),
            found_instead=str(hits[0].passage.anchor) if hits else "",
        )
        for term, hits in zip(terms, await index.search(queries), strict=True)
    ]


def _rank(target: _Target, hits: Sequence[Hit]) -> int | None:
    ranks = (
        rank
        for rank, hit in enumerate(hits, 1)
        if any(hit.passage.anchor.overlap(place) > 0 for place in target.places)
    )
    return next(ranks, None)


def _recall(measures: Sequence[TermFigures], depth: int) -> RecallAt:
    found = [[rank is not None and rank <= depth for rank in term.ranks] for term in measures]
    targets = [one for term in found for one in term]
    return RecallAt(
        k=depth,
        terms=round(sum(map(any, found)) / len(found), 4),
        targets=round(sum(targets) / len(targets), 4),
    )


def _goodness(term: TermFigures) -> tuple[int, float, int]:
    """By which the worst terms come first: those that found nothing, of them those with most targets; then by the share
    of the targets that was found, and how far down."""
    ranks = [rank for rank in term.ranks if rank is not None]
    share = len(ranks) / len(term.ranks)
    return (1, share, -min(ranks)) if ranks else (0, -len(term.ranks), 0)
