"""Questions that are tried before anybody asks them: as runs without a model that are not stored. Those that are
answered well are suggested."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from wellread.agent.run.loop import Loop
from wellread.agent.run.start import RunRequest, RunStart
from wellread.agent.state.knowledge import fold_events
from wellread.content import Anchor, Product
from wellread.errors import NotFoundError
from wellread.events import AnyEvent, Citation, Roles, RunCompleted, SearchCell, Snippet, answer_of
from wellread.import_events import QuestionsTried, VectorsMade, WaitingFor
from wellread.index.passages import Embedder, PassageIndex
from wellread.library.matrix import TitleMatrix
from wellread.library.naming.works import one_edition_each
from wellread.library.suggested_questions import (
    Candidate,
    Origin,
    candidates,
    disagreements,
    headings,
    written,
)
from wellread.library.title_text import TitleText
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.suggestions import CitedTitle, Suggestion
from wellread.store.locks import SUGGESTING, acquired, lock
from wellread.wire.runs import AskOptions

MOST_KEPT = 6  # of a title
_MOST_TRIED = {
    Origin.WRITTEN: 4,
    Origin.HEADING: 4,
    Origin.DISAGREEMENT: 2,
    Origin.DEFINITION: 3,
    Origin.DIFFERENCE: 2,
    Origin.SUBJECT: 4,
    Origin.TEXT: 2,
}
_PASSAGES_A_TRY = 14  # of a title: trying takes a small part of the time that their vectors take
_FEWEST_TRIED = 3
_ABOUT = 4  # headings by which titles on the same are looked for
_OTHERS = 2  # titles with which one is compared
_GOOD = 0.4  # relevance of the best that is cited × how much its most telling sentence tells, at least
_SHARE = 0.5  # of the citations of one title that open the section that should answer
_LOOKED_AT = 50


class Embedding(Protocol):
    """`Pipeline.embed`."""

    def __call__(self, *, wait: bool, workers: int) -> AsyncGenerator[VectorsMade | WaitingFor, None]: ...


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Tries questions on the titles of one library. `open_loop` gives the loop of runs without a model."""

    start: RunStart
    inside: TitleMatrix
    index: PassageIndex
    embedder: Embedder | None
    open_loop: Callable[[Roles], Awaitable[Loop]]

    @property
    def catalog(self) -> Catalog:
        return self.start.catalog

    async def after(
        self, embed: Embedding, *, wait: bool, workers: int = 0
    ) -> AsyncGenerator[VectorsMade | WaitingFor | QuestionsTried, None]:
        """What `embed` does, then `untried`. Vectors come first: those of what is added meanwhile, too. Without an
        embedder nothing is tried."""
        more = True
        while more:
            more = False
            async with aclosing(embed(wait=wait, workers=workers)) as embedding:
                async for progress in embedding:
                    yield progress
            if self.embedder is None:
                return
            async with aclosing(self.untried()) as trying:
                async for tried in trying:
                    yield tried
                    if await self.index.has_waiting():
                        more, wait = True, False
                        break

    async def untried(self) -> AsyncGenerator[QuestionsTried, None]:
        """Try what may be asked of each title whose vectors were made since that was last tried, the latest first.
        Nothing while another process does it."""
        held = lock(self.start.settings.home, SUGGESTING)
        if not acquired(held):
            return
        try:
            while product := await self._next():
                # Marked first, so that a title on which this fails is not tried for ever.
                await asyncio.to_thread(self._keep, product, ())
                kept = await self._tried(product)
                await asyncio.to_thread(self._keep, product, kept)
                yield QuestionsTried(product_id=product.product_id, title=product.title, kept=len(kept))
        finally:
            held.release()

    async def _next(self) -> Product | None:
        for product_id in await asyncio.to_thread(self.catalog.suggestions.untried, _LOOKED_AT):
            if not await self.index.waiting([product_id]):
                try:
                    return await asyncio.to_thread(self.catalog.product, product_id)
                except NotFoundError:
                    continue  # it was removed meanwhile
        return None

    def _keep(self, product: Product, kept: Sequence[Suggestion]) -> None:
        self.catalog.suggestions.put(product.product_id, product.edition_id, kept)

    async def _tried(self, product: Product) -> list[Suggestion]:
        loop = await self.open_loop(Roles())
        left = max(_FEWEST_TRIED, product.passages // _PASSAGES_A_TRY)
        tried = Counter[Origin]()
        kept: list[Suggestion] = []
        for candidate in await self._candidates(product):
            if tried[candidate.origin] == _MOST_TRIED[candidate.origin]:
                continue
            if not left or len(kept) == MOST_KEPT:
                break
            tried[candidate.origin] += 1
            left -= candidate.origin is not Origin.WRITTEN
            try:
                events = await self._run(loop, candidate)
                suggestion = await asyncio.to_thread(self._suggestion, candidate, events)
            except NotFoundError:
                continue  # one of its titles was removed meanwhile
            if suggestion:
                kept.append(suggestion)
        return kept

    async def _candidates(self, product: Product) -> list[Candidate]:
        """What may be asked of a product, and of it and others of which questions were tried already."""
        title = await asyncio.to_thread(self._text, product)
        made = await asyncio.to_thread(candidates, title)
        compared = await self._compared(title)
        own = await asyncio.to_thread(self._written, product.product_id)
        return sorted([*own, *compared, *made], key=lambda candidate: candidate.origin)

    def _written(self, product_id: str) -> list[Candidate]:
        whole = written(product_id)
        others = {other for one in whole for other in one.sections} - {product_id}
        ready = self.catalog.suggestions.tried(others) | {product_id}
        return [one for one in whole if one.sections.keys() <= ready]

    async def _compared(self, title: TitleText) -> list[Candidate]:
        """What may be asked of a title and those that speak of the same, by some of its headings."""
        about = [title.heading(section) for section, _ in headings(title)] if title.wordings else []
        if not about:
            return []
        some = about[:: -(-len(about) // _ABOUT)]
        hits = await self.inside.titles(
            some, without=frozenset({title.product.product_id}), limit=4 * _OTHERS
        )
        return await asyncio.to_thread(self._disagreements, title, [hit.product_id for hit in hits])

    def _disagreements(self, title: TitleText, product_ids: Sequence[str]) -> list[Candidate]:
        tried = self.catalog.suggestions.tried(product_ids)
        others = self.catalog.products_by_id([other for other in product_ids if other in tried])
        works = [p for p in others.values() if len(one_edition_each([title.product, p], "")) > 1][:_OTHERS]
        return [one for other in works for one in disagreements(title, self._text(other))[:1]]

    def _text(self, product: Product) -> TitleText:
        return TitleText(product, list(self.catalog.sections(product.product_id)))

    async def _run(self, loop: Loop, candidate: Candidate) -> list[AnyEvent]:
        """The events of a run that is not stored."""
        request = RunRequest(candidate.question, AskOptions(product_ids=list(candidate.sections)), Roles())
        begun: list[AnyEvent] = [await asyncio.to_thread(self.start.start, request)]
        return begun + [event async for event in loop.run(fold_events(begun))]

    def _suggestion(self, candidate: Candidate, events: Sequence[AnyEvent]) -> Suggestion | None:
        """The suggestion that a question is by what came of it, None when its answer is not good."""
        answer = answer_of(events)
        if answer is None or not isinstance(events[-1], RunCompleted):
            return None
        cells = [event for event in events if isinstance(event, SearchCell)]
        answered = {cell.question for cell in cells if cell.found and not cell.absent}
        cited = {product_id: _sections(answer.citations, product_id) for product_id in candidate.sections}
        if {cell.question for cell in cells} != answered or not all(
            _are_expected(cited[product_id], expected) for product_id, expected in candidate.sections.items()
        ):
            return None
        numbers = {citation.number for citation in answer.citations}
        snippets = {snippet.number: snippet for cell in cells for snippet in cell.found}
        expected = frozenset[str]().union(*candidate.sections.values())
        quoted = [
            s
            for n, s in snippets.items()
            if n in numbers and (not expected or _section(s.anchor) in expected)
        ]
        best = max((snippet.score for snippet in quoted), default=0.0)
        telling = max(map(_tells, quoted), default=0.0)
        is_written = candidate.origin is Origin.WRITTEN
        score = round(best * telling, 3)
        if score < _GOOD and not is_written:
            return None
        titles = tuple(
            CitedTitle(
                product_id, self.catalog.product(product_id).edition_id, tuple(dict.fromkeys(sections))
            )
            for product_id, sections in cited.items()
        )
        return Suggestion(candidate.question, titles, round(score + is_written, 3))


def _sections(citations: Sequence[Citation], product_id: str) -> list[str]:
    """The ids of the sections of a title that are cited, once for each citation."""
    return [_section(citation.anchor) for citation in citations if citation.product_id == product_id]


def _section(anchor: str) -> str:
    place = Anchor.parse(anchor)
    return place.section_id if place else ""


def _are_expected(cited: Sequence[str], expected: frozenset[str]) -> bool:
    if not expected:
        return bool(cited)
    return bool(cited) and sum(section in expected for section in cited) >= _SHARE * len(cited)


def _tells(snippet: Snippet) -> float:
    """How much a snippet's most telling sentence tells that does not itself ask."""
    said = (one for one in snippet.telling if not snippet.text[: one.end].endswith(("?", "？", "؟")))
    return max((one.score for one in said), default=0.0)
