"""Asking questions inside titles: the question × title matrix and the snippets that its cells give."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.content import Anchor, Section, place_label
from wellread.errors import NotFoundError
from wellread.events import FoundPassage, TellingSentence
from wellread.index.passages import Hit, PassageIndex, PassageQuery
from wellread.index.relevance import FLOOR
from wellread.library.evidence_range import SNIPPET_WORDS, evidence_range, fitting
from wellread.library.open_anchor import touched_blocks
from wellread.library.repeated_text import SeenTexts
from wellread.store.catalog.catalog import Catalog
from wellread.text.words import count_words
from wellread.wire.library import Cell

_CANDIDATES = 12  # hits of a cell from which its snippets are joined, at least
_MOST_CANDIDATES = 36
_TELLING = 6  # sentences of a snippet
_COVERED = 0.5  # the share of a passage within a snippet from which it needs none of its own
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

    async def matrix(self, pairs: Sequence[tuple[str, str]], *, snippets: int | None = None) -> list[Cell]:
        """Search every (question, product id) at once; a cell for each pair, in order, with its best score even when
        nothing cleared the floor. A product that is gone has the title "".

        A cell gives at most `snippets`: as many as its reader has use for, by default what the settings say.
        """
        most = self._snippets if snippets is None else snippets
        limit = min(_MOST_CANDIDATES, max(_CANDIDATES, 3 * most))
        found = await self._index.search(
            [PassageQuery(question, (product_id,), limit) for question, product_id in pairs]
        )
        return await asyncio.to_thread(self._cells, pairs, found, most)

    async def cells(
        self, questions: Sequence[str], product_ids: Sequence[str] = (), *, limit: int
    ) -> list[Cell]:
        """The matrix of these questions × titles: those given, else the `limit` that fit best. Raises NotFoundError
        for a product that is not there."""
        ids = list(dict.fromkeys(product_ids))
        for product_id in ids:
            await asyncio.to_thread(self._catalog.product, product_id)
        if not ids:
            ids = [hit.product_id for hit in await self.titles(questions, limit=limit)]
        cells = await self.matrix([(question, product_id) for question in questions for product_id in ids])
        return [cell for cell in cells if cell.title]  # one may have been removed meanwhile

    def _cells(
        self, pairs: Sequence[tuple[str, str]], found: Sequence[Sequence[Hit]], most: int
    ) -> list[Cell]:
        products = self._catalog.products_by_id(list({product_id for _, product_id in pairs}))
        return [
            Cell(
                question=question,
                product_id=product_id,
                title=products[product_id].title if product_id in products else "",
                best=max((hit.relevance for hit in hits), default=0.0),
                found=tuple(self._join(hits, most)),
                nearest=tuple(self._nearest(hits)),
            )
            for (question, product_id), hits in zip(pairs, found, strict=True)
        ]

    async def absent(self, question: str, product_ids: Sequence[str]) -> tuple[str, ...]:
        """The words of a question, as typed, that no passage of these titles holds."""
        return await self._index.absent(question, product_ids)

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
            anchor = Anchor(product_id, section.section_id, begin, fitting(section, begin, end))
            if not any(anchor.overlap(other) > 0.5 for other in covered):
                findings.append(self._finding(section, anchor, FLOOR))
            start = stop
        return findings

    def _nearest(self, hits: Sequence[Hit]) -> list[FoundPassage]:
        """The best hit, where none is above the floor."""
        if not hits or any(hit.relevance >= FLOOR for hit in hits):
            return []
        best = max(hits, key=lambda hit: hit.relevance)
        try:
            section = self._catalog.section(best.passage.product_id, best.passage.section_id)
        except NotFoundError:
            return []
        anchor = best.passage.anchor
        return [self._finding(section, anchor, best.relevance, _telling(anchor, [best]))]

    def _join(self, hits: Sequence[Hit], most: int) -> list[FoundPassage]:
        """The best hits above the floor as snippets, each with what it leans on, and each text once."""
        good = [hit for hit in hits if hit.relevance >= FLOOR]
        given: list[Anchor] = []
        seen = SeenTexts()
        findings: list[FoundPassage] = []
        for hit in good:
            if len(findings) == most:
                break
            if any(hit.passage.anchor.overlap(other) > _COVERED for other in given):
                continue
            try:
                section = self._catalog.section(hit.passage.product_id, hit.passage.section_id)
            except NotFoundError:
                continue  # removed since the search
            group = _neighbours(hit, good, given)
            start, end = evidence_range(
                section,
                min(member.passage.start for member in group),
                max(member.passage.end for member in group),
            )
            anchor = Anchor(hit.passage.product_id, section.section_id, start, end)
            given.append(anchor)
            if seen.is_new(section.text[start:end]):
                within = [other for other in good if other.passage.anchor.overlap(anchor) > 0]
                score = max(member.relevance for member in group)
                findings.append(self._finding(section, anchor, score, _telling(anchor, within)))
        return findings

    def _finding(
        self, section: Section, anchor: Anchor, score: float, telling: tuple[TellingSentence, ...] = ()
    ) -> FoundPassage:
        touched = touched_blocks(section, anchor.start, anchor.end)
        return FoundPassage(
            anchor=str(anchor),
            section=" › ".join(section.path),
            place=place_label(touched[0].block, anchor.start - touched[0].start) if touched else "",
            text=section.text[anchor.start : anchor.end],
            score=round(score, 3),
            telling=telling,
        )


def _telling(anchor: Anchor, hits: Sequence[Hit]) -> tuple[TellingSentence, ...]:
    """The sentences of the hits that tell most and lie whole in a snippet, by its own offsets, best first."""
    moved = [
        TellingSentence(
            start=sentence.start + hit.passage.start - anchor.start,
            end=sentence.end + hit.passage.start - anchor.start,
            score=sentence.score,
        )
        for hit in hits
        for sentence in hit.telling
    ]
    within = [one for one in moved if one.start >= 0 and one.end <= anchor.end - anchor.start]
    return tuple(sorted(within, key=lambda one: -one.score)[:_TELLING])


def _neighbours(hit: Hit, hits: Sequence[Hit], given: Sequence[Anchor]) -> list[Hit]:
    """`hit` with the hits that adjoin it in its section, as far as a snippet may reach."""
    group = [hit]
    words = count_words(hit.passage.text)
    same = [
        other
        for other in hits
        if other is not hit
        and other.passage.section_id == hit.passage.section_id
        and not any(other.passage.anchor.overlap(anchor) > _COVERED for anchor in given)
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
