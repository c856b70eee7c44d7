"""Asking questions inside titles: the question × title matrix and the snippets that its cells give."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.content import Anchor, Section, place_label
from wellread.errors import NotFoundError
from wellread.events import FoundPassage
from wellread.index.passages import Hit, PassageIndex, PassageQuery
from wellread.index.relevance import FLOOR
from wellread.library.open_anchor import touched_blocks
from wellread.store.catalog.catalog import Catalog
from wellread.text.words import count_words
from wellread.wire.library import Cell

SNIPPET_WORDS = 300  # a snippet never exceeds this
_CANDIDATES = 12  # hits of a cell from which its snippets are joined
_ELSEWHERE_HITS = 40  # passages of the whole library by which its titles are compared
_TITLE_WEIGHT = 0.15  # what a title in the question's own words adds to a relevance
_NEAR_BEST = 0.7  # the share of the best title's rank that another needs


@dataclass(frozen=True, slots=True)
class TitleHit:
    """The best passage of one title for a question."""

    product_id: str
    best: float
    anchor: Anchor


class TitleMatrix:
    """Searches inside titles of one library."""

    def __init__(self, catalog: Catalog, index: PassageIndex, *, snippets: int) -> None:
        self._catalog = catalog
        self._index = index
        self._snippets = snippets

    async def matrix(self, pairs: Sequence[tuple[str, str]]) -> list[Cell]:
        """Search every (question, product id) at once; a cell for each pair, in order, with its best score even when
        nothing cleared the floor. A product that is gone has the title ""."""
        cells = [PassageQuery(question, (product_id,), _CANDIDATES) for question, product_id in pairs]
        found = await self._index.search(cells)
        return await asyncio.to_thread(self._cells, pairs, found)

    def _cells(self, pairs: Sequence[tuple[str, str]], found: Sequence[Sequence[Hit]]) -> list[Cell]:
        products = self._catalog.products_by_id(list({product_id for _, product_id in pairs}))
        return [
            Cell(
                question=question,
                product_id=product_id,
                title=products[product_id].title if product_id in products else "",
                best=max((hit.relevance for hit in hits), default=0.0),
                found=tuple(self._join(hits)),
                nearest=tuple(self._nearest(hits)),
            )
            for (question, product_id), hits in zip(pairs, found, strict=True)
        ]

    async def titles(
        self, questions: Sequence[str], *, without: frozenset[str] = frozenset(), limit: int = 5
    ) -> list[TitleHit]:
        """The titles of the whole library that answer the questions best, outside `without`, best first.

        A title counts by its best passage, and for more when its metadata speak of the question too. Those far
        behind the best are left out.
        """
        cells = [PassageQuery(question, (), _ELSEWHERE_HITS) for question in questions]
        best: dict[str, TitleHit] = {}
        for hits in await self._index.search(cells):
            for hit in hits:
                product_id = hit.passage.product_id
                known = best.get(product_id)
                if product_id not in without and (known is None or hit.relevance > known.best):
                    best[product_id] = TitleHit(product_id, hit.relevance, hit.passage.anchor)
        about = await asyncio.to_thread(self._about, " ".join(questions))
        rank = {p: hit.best + _TITLE_WEIGHT * about.get(p, 0.0) for p, hit in best.items()}
        above = [title for title in best.values() if title.best >= FLOOR]
        above.sort(key=lambda title: (-rank[title.product_id], title.product_id))
        return [t for t in above if rank[t.product_id] >= _NEAR_BEST * rank[above[0].product_id]][:limit]

    def _about(self, text: str) -> dict[str, float]:
        """How much of what `text` shares with any title each title has, 0 to 1."""
        candidates = self._catalog.titles.candidates(text)
        most = max((candidate.weight for candidate in candidates), default=0.0)
        return {candidate.product_id: candidate.weight / most for candidate in candidates}

    def around(self, section: Section, product_id: str, covered: Sequence[Anchor]) -> list[FoundPassage]:
        """What a section and those beside it under the same heading say beyond the ranges already `covered`, as
        findings of at most SNIPPET_WORDS words each, in reading order."""
        near = [
            other.section_id
            for other in self._catalog.contents(product_id)
            if abs(other.ordinal - section.ordinal) <= 1 and other.path[:-1] == section.path[:-1]
        ]
        return [
            finding
            for section_id in near
            for finding in self._uncovered(self._catalog.section(product_id, section_id), product_id, covered)
        ]

    def _uncovered(self, section: Section, product_id: str, covered: Sequence[Anchor]) -> list[FoundPassage]:
        findings = []
        start = 0
        while start < len(section.blocks):
            stop, words = start, 0.0
            while stop < len(section.blocks):
                words += count_words(section.blocks[stop].block.text)
                if words > SNIPPET_WORDS and stop > start:
                    break
                stop += 1
            begin, end = section.blocks[start].start, section.blocks[stop - 1].end
            anchor = Anchor(product_id, section.section_id, begin, _within(section, begin, end))
            if not any(anchor.overlap(other) > 0.5 for other in covered):
                findings.append(self._finding(section, anchor, FLOOR))
            start = stop
        return findings

    def _nearest(self, hits: Sequence[Hit]) -> list[FoundPassage]:
        """The best hit, where none is above the floor."""
        near: list[FoundPassage] = []
        if any(hit.relevance >= FLOOR for hit in hits):
            return near
        for hit in sorted(hits, key=lambda hit: -hit.relevance)[:1]:
            try:
                section = self._catalog.section(hit.passage.product_id, hit.passage.section_id)
            except NotFoundError:
                continue
            anchor = Anchor(hit.passage.product_id, section.section_id, hit.passage.start, hit.passage.end)
            near.append(self._finding(section, anchor, hit.relevance))
        return near

    def _join(self, hits: Sequence[Hit]) -> list[FoundPassage]:
        """The best hits above the floor as snippets, neighbours in a section joined."""
        good = [hit for hit in hits if hit.relevance >= FLOOR]
        used: set[str] = set()
        findings: list[FoundPassage] = []
        for hit in good:
            if len(findings) == self._snippets:
                break
            if hit.passage.passage_id in used:
                continue
            group = _neighbours(hit, good, used)
            used |= {member.passage.passage_id for member in group}
            try:
                section = self._catalog.section(hit.passage.product_id, hit.passage.section_id)
            except NotFoundError:
                continue  # removed since the search
            start = min(member.passage.start for member in group)
            end = max(member.passage.end for member in group)
            anchor = Anchor(hit.passage.product_id, section.section_id, start, _within(section, start, end))
            findings.append(self._finding(section, anchor, max(m.relevance for m in group)))
        return findings

    def _finding(self, section: Section, anchor: Anchor, score: float) -> FoundPassage:
        touched = touched_blocks(section, anchor.start, anchor.end)
        return FoundPassage(
            anchor=str(anchor),
            section=" › ".join(section.path),
            place=place_label(touched[0].block, anchor.start - touched[0].start) if touched else "",
            text=section.text[anchor.start : anchor.end],
            score=round(score, 3),
        )


def _neighbours(hit: Hit, hits: Sequence[Hit], used: set[str]) -> list[Hit]:
    """`hit` with the hits that adjoin it in its section, as far as a snippet may reach."""
    group = [hit]
    words = count_words(hit.passage.text)
    same = [
        other
        for other in hits
        if other is not hit
        and other.passage.passage_id not in used
        and other.passage.section_id == hit.passage.section_id
    ]
    for other in same:
        adjoins = any(
            0 <= other.passage.start - member.passage.end <= 2
            or 0 <= member.passage.start - other.passage.end <= 2
            for member in group
        )
        size = count_words(other.passage.text)
        if adjoins and words + size <= SNIPPET_WORDS:
            group.append(other)
            words += size
    return group


def _within(section: Section, start: int, end: int) -> int:
    """`end`, or the last place before it up to which the snippet has SNIPPET_WORDS words."""
    while count_words(section.text[start:end]) > SNIPPET_WORDS:
        cut = section.text.rfind(" ", start, end - max(1, (end - start) // 20))
        if cut <= start:
            break
        end = cut
    return end
