"""What the actions that look something up do: search the matrix, find titles, read around, score evidence."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from wellread.agent.planning.evidence import EvidenceJudge
from wellread.agent.planning.gate import new_cells
from wellread.agent.state.actions import DescribeLibrary, FindProducts, ReadSection, SearchInsideBooks
from wellread.agent.state.budget import Meter
from wellread.agent.state.control import Control
from wellread.agent.state.knowledge import Knowledge, fold
from wellread.agent.state.numbering import KnowledgeNumbering
from wellread.agent.state.question_form import QuestionForm, asks_for_contents, asks_for_titles, chapter_asked
from wellread.agent.state.questions import catalogue_topic, names_and_numbers, words_within
from wellread.content import Anchor
from wellread.errors import ModelError
from wellread.events import (
    Elsewhere,
    EvidenceScored,
    LibraryDescribed,
    ModelFailed,
    ProductsFound,
    ScopeEntry,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    Snippet,
)
from wellread.library.description import Description, LibraryDescription
from wellread.library.matrix import TitleMatrix
from wellread.library.naming.kinds import kinds_meant
from wellread.library.naming.works import one_edition_each
from wellread.library.scope import entry
from wellread.store.catalog.catalog import Catalog

_FEWEST, _MOST = 2, 12  # snippets of a cell
_DESCRIBED = 3  # titles of which an overview is given

_T = TypeVar("_T")


class TimeUpError(Exception):
    """The budget's seconds for looking things up have passed."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One step's looking, under the run's time and the reader's control. Its methods raise TimeUpError and
    StoppedError; what they gave out before counts."""

    catalog: Catalog
    inside: TitleMatrix
    judge: EvidenceJudge | None  # None: evidence is not scored
    discovered: int  # titles that find_products brings at most
    judged: int  # snippets that are scored at most
    snippets: int  # that one round of searching brings at most, shared by its cells
    step: int
    knowledge: Knowledge
    meter: Meter
    control: Control
    scores: tuple[EvidenceScored, ...] = ()  # given before the step was cut off

    async def search(
        self, action: SearchInsideBooks
    ) -> AsyncGenerator[SearchCell | SearchElsewhere | EvidenceScored | ModelFailed, None]:
        titles = {entry.product_id: entry.title for entry in self.knowledge.scope}
        numbering = KnowledgeNumbering(self.knowledge)
        answered = {fold(cell.question) for cell in self.knowledge.cells if cell.knowledge}
        found: dict[int, Snippet] = {}
        # Without the first search there is nothing to write from, so it may take the answer's time.
        left = self.meter.left if self.knowledge.cells else self.meter.left_in_all
        pairs = new_cells(action, self.knowledge)
        a_cell = min(max(self.snippets // max(1, len(pairs)), _FEWEST), _MOST)
        searching = self.inside.matrix(pairs, snippets=a_cell)
        cells = await in_time(searching, left, self.control)
        absent = await in_time(self._absent(pairs), left, self.control)
        for cell in sorted(cells, key=lambda cell: not cell.found):  # what was found, in the order asked
            snippets = numbering.snippets(cell.found, cell.product_id, titles[cell.product_id])
            found |= {snippet.number: snippet for snippet in snippets}
            if snippets:
                answered.add(fold(cell.question))
            yield SearchCell(
                step=self.step,
                question=cell.question,
                product_id=cell.product_id,
                title=titles[cell.product_id],
                found=snippets,
                best=round(cell.best, 2),
                knowledge=tuple(snippet.number for snippet in snippets),
                nearest=cell.nearest,
                absent=absent[cell.question],
            )
        for question in dict.fromkeys(cell.question for cell in cells):
            if fold(question) not in answered:
                elsewhere = await self._in_time(self._elsewhere(question, frozenset(titles)))
                if elsewhere:
                    yield SearchElsewhere(step=self.step, question=question, products=elsewhere)
        async with aclosing(self._scored(tuple(found.values()))) as scores:
            async for score in scores:
                yield score

    async def _absent(self, pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
        """For each question its names and numbers that no passage of the titles in scope holds."""
        titles = [entry.product_id for entry in self.knowledge.scope]
        absent = {}
        for question in dict.fromkeys(question for question, _ in pairs):
            meant = names_and_numbers(question)
            missing = await self.inside.absent(question, titles) if meant else ()
            absent[question] = tuple([w for w in missing if w in meant and await self._is_absent(w, titles)])
        return absent

    async def _is_absent(self, name: str, titles: Sequence[str]) -> bool:
        """Whether a name is not there either as it is spoken: "PySimpleGUI" is heard as three words."""
        parts = words_within(name)
        return len(parts) < 2 or bool(await self.inside.absent(" ".join(parts), titles))

    async def find(self, action: FindProducts) -> ProductsFound:
        return await self._in_time(self._find(action))

    async def describe(self, action: DescribeLibrary) -> LibraryDescribed:
        """What metadata and contents say of the titles in scope, or, when none was named, which titles fit."""
        described = await self._in_time(self._described())
        numbering = KnowledgeNumbering(self.knowledge)
        snippets = tuple(
            snippet
            for product, passage in described.found
            for snippet in numbering.snippets([passage], product.product_id, product.title)
        )
        return LibraryDescribed(
            step=self.step,
            question=action.question,
            found=tuple({snippet.number: snippet for snippet in snippets}.values()),
            knowledge=tuple(dict.fromkeys(snippet.number for snippet in snippets)),
            topics=described.topics,
        )

    async def _described(self) -> Description:
        library = LibraryDescription(self.catalog, self.inside)
        named = [e.product_id for e in self.knowledge.scope if e.found in ("named", "picked")]
        match self.knowledge.form:
            case QuestionForm.OVERVIEW:
                return await library.overview(named[:_DESCRIBED], chapter_asked(self.knowledge.question))
            case QuestionForm.COMPARISON:
                return await asyncio.to_thread(library.shared, [e.product_id for e in self.knowledge.scope])
            case _ if named and not asks_for_titles(self.knowledge.question):
                contents = asks_for_contents(self.knowledge.question)
                return await asyncio.to_thread(lambda: library.titles(named, contents=contents))
            case _:
                kinds = sorted(kinds_meant(self.knowledge.question))
                return await library.about(catalogue_topic(self.knowledge.question), kinds)

    async def read(
        self, action: ReadSection
    ) -> AsyncGenerator[SectionRead | EvidenceScored | ModelFailed, None]:
        read = await self._in_time(self._read(action))
        yield read
        async with aclosing(self._scored(read.found)) as scores:
            async for score in scores:
                yield score

    async def _scored(
        self, snippets: tuple[Snippet, ...]
    ) -> AsyncGenerator[EvidenceScored | ModelFailed, None]:
        """Scores of the snippets that are new, the best first if there are too many."""
        for given in self.scores:
            yield given
        if self.judge is None:
            return
        known = {snippet.number for snippet in self.knowledge.snippets}
        known |= {score.number for score in self.scores}
        new = sorted((s for s in snippets if s.number not in known), key=lambda s: -s.score)[: self.judged]
        scoring = self.judge.score(self.knowledge.question, new, self.step, self.meter)
        try:
            async with aclosing(scoring) as scores:
                while (score := await self._in_time(anext(scores, None))) is not None:
                    yield score
        except ModelError as error:
            yield failed(error, "judge", self.judge.name, self.step, "the search's own scores")

    async def _elsewhere(self, question: str, scope: frozenset[str]) -> tuple[Elsewhere, ...]:
        hits = await self.inside.titles([question], without=scope, limit=3)
        products = await asyncio.to_thread(self.catalog.products_by_id, [hit.product_id for hit in hits])
        return tuple(
            Elsewhere(
                product_id=hit.product_id,
                title=products[hit.product_id].title,
                best=round(hit.best, 2),
                anchor=str(hit.anchor),
            )
            for hit in hits
            if hit.product_id in products
        )

    async def _find(self, action: FindProducts) -> ProductsFound:
        known = frozenset(entry.product_id for entry in self.knowledge.scope)
        hits = await self.inside.titles([action.query], without=known, limit=4 * self.discovered)
        products = await asyncio.to_thread(self.catalog.products_by_id, [hit.product_id for hit in hits])
        found = [products[hit.product_id] for hit in hits if hit.product_id in products]
        if action.kinds:
            found = [product for product in found if product.kind in action.kinds]
        works = one_edition_each(found, self.knowledge.start.question)[: self.discovered]
        entries: tuple[ScopeEntry, ...] = tuple(entry(product, "discovered") for product in works)
        return ProductsFound(step=self.step, query=action.query, products=entries)

    async def _read(self, action: ReadSection) -> SectionRead:
        section = await asyncio.to_thread(self.catalog.section, action.productId, action.sectionId)
        product = await asyncio.to_thread(self.catalog.product, action.productId)
        covered = [anchor for snippet in self.knowledge.snippets if (anchor := Anchor.parse(snippet.anchor))]
        found = await asyncio.to_thread(self.inside.around, section, action.productId, covered)
        snippets = KnowledgeNumbering(self.knowledge).snippets(found, product.product_id, product.title)
        return SectionRead(
            step=self.step,
            product_id=product.product_id,
            title=product.title,
            section_id=section.section_id,
            section=" › ".join(section.path),
            found=snippets,
            knowledge=tuple(snippet.number for snippet in snippets),
        )

    async def _in_time(self, work: Awaitable[_T]) -> _T:
        return await in_time(work, self.meter.left, self.control)


async def in_time(work: Awaitable[_T], seconds: float | None, control: Control) -> _T:
    """What `work` gives. Raises TimeUpError when `seconds` pass before it is done, StoppedError when the reader
    stops."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await control.unless_stopped(work)
    except TimeoutError as error:
        if limit.expired():
            raise TimeUpError from error
        raise


def failed(error: ModelError, role: str, model: str, step: int, instead: str) -> ModelFailed:
    """The event that tells of a model that is left alone from now on."""
    return ModelFailed(
        step=step,
        role=role,  # type: ignore[arg-type]  # one of three names, written where it is called
        model=model,
        status=error.status,
        message=error.message,
        hint=error.hint,
        instead=instead,
    )
