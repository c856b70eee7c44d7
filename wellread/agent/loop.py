"""The loop: choose an action, do it, say so in events, until the answer is written.

One async generator, for every caller. Each event is also folded into the Knowledge from which the next step is
chosen, so a run that was cut off goes on from the fold of its stored events: an unfinished step is done again, and
so is an unfinished answer.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

from wellread.agent.actions import (
    AskClarifyingQuestion,
    Choice,
    CreateAnswerDraft,
    FindProducts,
    ReadSection,
    ReviewEvidence,
    SearchInsideBooks,
)
from wellread.agent.budget import Meter
from wellread.agent.gate import allowed, new_cells, objection
from wellread.agent.intent import plays_author
from wellread.agent.knowledge import Knowledge, fold
from wellread.agent.planner import Planner
from wellread.agent.writer import Brief, OpenCell, Writer
from wellread.content import Anchor
from wellread.errors import WellreadError
from wellread.events import (
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    AnyEvent,
    Citation,
    Elsewhere,
    Flags,
    ProductsFound,
    RunCompleted,
    RunFailed,
    ScopeEntry,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    Snippet,
    StepAction,
    StepCompleted,
    StepStarted,
    StepThinking,
    Voice,
)
from wellread.grounding.inline import inert
from wellread.grounding.verdicts import judge
from wellread.library.inside import Finding, Inside
from wellread.library.naming import one_edition_each
from wellread.library.reading import open_anchor
from wellread.library.scope import entry
from wellread.store.catalog import Catalog

_TITLE_LENGTH = 200  # code points of the question in a step's title
_SAME_RANGE = 0.6  # share of a finding within a snippet from which it is the same knowledge

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Loop:
    """What a run works with."""

    catalog: Catalog
    inside: Inside
    planner: Planner
    writer: Writer
    discovered: int  # titles that find_products brings at most

    async def run(self, knowledge: Knowledge) -> AsyncGenerator[AnyEvent, None]:
        """The events from `knowledge` on to the end: run.completed, or run.failed with the error's own words."""
        meter = Meter(knowledge.start.budget, spent=knowledge.seconds)
        try:
            while not knowledge.answered:
                closing = knowledge.closing
                following = (
                    self._step(knowledge, meter)
                    if closing is None
                    else self._close(closing, knowledge, meter)
                )
                async with aclosing(following) as events:
                    async for event in events:
                        knowledge = knowledge.advance(event)
                        yield event
            yield RunCompleted(usage=meter.usage, seconds=meter.seconds)
        except WellreadError as error:
            yield RunFailed(
                usage=meter.usage,
                seconds=meter.seconds,
                status=error.status,
                message=error.message,
                hint=error.hint,
                retryable=error.retryable,
            )

    async def _step(self, knowledge: Knowledge, meter: Meter) -> AsyncGenerator[AnyEvent, None]:
        step = knowledge.steps_completed + 1
        yield StepStarted(step=step, title=f'Step {step} for "{shortened(knowledge.start.question)}"')
        choice = await self.planner.choose(knowledge, allowed(knowledge))
        reason = objection(choice, knowledge)
        if reason:
            choice = Choice(
                thinking=f"{choice.thinking} ({reason}; I write with what there is.)",
                action=CreateAnswerDraft(
                    relevant_knowledge_indices=tuple(snippet.number for snippet in knowledge.snippets)
                ),
            )
        action = choice.action
        yield StepThinking(step=step, text=choice.thinking)
        yield StepAction(
            step=step, action=action.name, label=action.label, parameters=action.model_dump(mode="json")
        )
        summary = ""
        found = 0
        time_up = False
        try:
            match action:
                case SearchInsideBooks():
                    async with aclosing(self._search(step, action, knowledge, meter)) as results:
                        async for result in results:
                            found += len(result.found) if isinstance(result, SearchCell) else 0
                            yield result
                    summary = f"Ask books complete. Found {_counted(found, 'snippet')}."
                case FindProducts():
                    products = await _in_time(self._find(action, knowledge), meter)
                    yield ProductsFound(step=step, query=action.query, products=products)
                    summary = f"Catalog search complete. Found {_counted(len(products), 'title')}."
                case ReadSection():
                    read = await _in_time(self._read(step, action, knowledge), meter)
                    yield read
                    summary = f"Section read. It gave {_counted(len(read.found), 'more snippet')}."
                case ReviewEvidence(missing=missing):
                    summary = f"Review complete. {_counted(len(missing), 'question')} still open."
                    if not missing:
                        summary = "Review complete. Nothing is missing."
                case AskClarifyingQuestion():
                    summary = "Asking back"
                case CreateAnswerDraft():
                    summary = "Ready to provide a comprehensive answer"
        except _TimeUpError:
            time_up = True
            summary = f"The time was up. Found {_counted(found, 'snippet')} until then."
        # Counted from the end of the step before, so that the steps' seconds add up to the run's.
        seconds = meter.step_seconds(knowledge.seconds, time_up=time_up)
        yield StepCompleted(step=step, summary=summary, usage=meter.usage, seconds=seconds)

    async def _search(
        self, step: int, action: SearchInsideBooks, knowledge: Knowledge, meter: Meter
    ) -> AsyncGenerator[SearchCell | SearchElsewhere, None]:
        titles = {entry.product_id: entry.title for entry in knowledge.scope}
        numbering = _Numbering(knowledge)
        answered = {fold(cell.question) for cell in knowledge.cells if cell.knowledge}
        for cell in await _in_time(self.inside.matrix(new_cells(action, knowledge)), meter):
            snippets = numbering.snippets(cell.findings, titles[cell.product_id])
            if snippets:
                answered.add(fold(cell.question))
            yield SearchCell(
                step=step,
                question=cell.question,
                product_id=cell.product_id,
                title=titles[cell.product_id],
                found=snippets,
                best=round(cell.best, 2),
                knowledge=tuple(snippet.number for snippet in snippets),
            )
        for question in action.askBookQuestions:
            if fold(question) not in answered:
                elsewhere = await _in_time(self._elsewhere(question, frozenset(titles)), meter)
                if elsewhere:
                    yield SearchElsewhere(step=step, question=question, products=elsewhere)

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

    async def _find(self, action: FindProducts, knowledge: Knowledge) -> tuple[ScopeEntry, ...]:
        known = frozenset(entry.product_id for entry in knowledge.scope)
        hits = await self.inside.titles([action.query], without=known, limit=4 * self.discovered)
        products = await asyncio.to_thread(self.catalog.products_by_id, [hit.product_id for hit in hits])
        found = [products[hit.product_id] for hit in hits if hit.product_id in products]
        if action.kinds:
            found = [product for product in found if product.kind in action.kinds]
        works = one_edition_each(found, knowledge.start.question)
        return tuple(entry(product, "discovered") for product in works[: self.discovered])

    async def _read(self, step: int, action: ReadSection, knowledge: Knowledge) -> SectionRead:
        section = await asyncio.to_thread(self.catalog.section, action.productId, action.sectionId)
        product = await asyncio.to_thread(self.catalog.product, action.productId)
        covered = [anchor for snippet in knowledge.snippets if (anchor := Anchor.parse(snippet.anchor))]
        numbering = _Numbering(knowledge)
        findings = await asyncio.to_thread(self.inside.around, section, action.productId, covered)
        found = numbering.snippets(findings, product.title)
        return SectionRead(
            step=step,
            product_id=product.product_id,
            title=product.title,
            section_id=section.section_id,
            section=" › ".join(section.path),
            found=found,
            knowledge=tuple(snippet.number for snippet in found),
        )

    def _placed(self, citation: Citation) -> Citation:
        """The citation with the page or second of its own words: a snippet may begin a page earlier."""
        place = open_anchor(self.catalog, citation.anchor)
        return citation.model_copy(update={"place": place.label})

    def _close(
        self, closing: StepAction, knowledge: Knowledge, meter: Meter
    ) -> AsyncGenerator[AnyEvent, None]:
        """What follows the last step, from its action as it was stored."""
        if closing.action == AskClarifyingQuestion.name:
            return self._ask_back(AskClarifyingQuestion.model_validate(closing.parameters), meter)
        return self._answer(CreateAnswerDraft.model_validate(closing.parameters), knowledge, meter)

    async def _ask_back(self, action: AskClarifyingQuestion, meter: Meter) -> AsyncGenerator[AnyEvent, None]:
        markdown = "\n".join(
            [inert(action.question), "", *(f"- {inert(option)}" for option in action.options)]
        )
        yield AnswerStarted(flags=Flags(), knowledge=(), voice="wellread")
        yield AnswerDelta(text=markdown)
        yield AnswerCompleted(markdown=markdown, citations=(), statements=(), usage=meter.usage)

    async def _answer(
        self, action: CreateAnswerDraft, knowledge: Knowledge, meter: Meter
    ) -> AsyncGenerator[AnyEvent, None]:
        flags = action.flags
        snippets = tuple(knowledge.snippet(number) for number in action.relevant_knowledge_indices)
        voice: Voice = "author" if snippets and plays_author(flags, knowledge.scope) else "wellread"
        yield AnswerStarted(flags=flags, knowledge=action.relevant_knowledge_indices, voice=voice)
        brief = Brief(
            question=knowledge.start.question,
            questions=tuple(dict.fromkeys(cell.question for cell in knowledge.cells)),
            flags=flags,
            scope=knowledge.scope,
            snippets=snippets,
            asked=knowledge.asked,
            open_cells=tuple(
                OpenCell(cell.question, cell.title, cell.best)
                for cell in knowledge.cells
                if not cell.knowledge
            ),
            elsewhere=knowledge.elsewhere,
            deep=knowledge.start.mode == "deep",
            out_of_time=knowledge.out_of_time,
        )
        pieces = []
        async with aclosing(self.writer.write(brief)) as texts:
            async for text in texts:
                pieces.append(text)
                yield AnswerDelta(text=text)
        markdown = "".join(pieces)
        statements, citations = judge(markdown, snippets, voice=voice)
        citations = await asyncio.to_thread(lambda: tuple(map(self._placed, citations)))
        yield AnswerCompleted(
            markdown=markdown, citations=citations, statements=statements, usage=meter.usage
        )


class _TimeUpError(Exception):
    """The budget's seconds have passed."""


async def _in_time(work: Awaitable[_T], meter: Meter) -> _T:
    """What `work` gives. Raises _TimeUpError when the budget's time is up before it is done."""
    left = meter.left
    try:
        async with asyncio.timeout(left) as limit:
            return await work
    except TimeoutError as error:
        if limit.expired():
            raise _TimeUpError from error
        raise


class _Numbering:
    """Gives findings their knowledge numbers; one that was found before keeps the number it has."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = [(Anchor.parse(s.anchor), s) for s in knowledge.snippets]

    def snippets(self, findings: Sequence[Finding], title: str) -> tuple[Snippet, ...]:
        """The findings of one title with their numbers, each number once."""
        numbered = (self._snippet(finding, title) for finding in findings)
        return tuple({snippet.number: snippet for snippet in numbered}.values())

    def _snippet(self, finding: Finding, title: str) -> Snippet:
        for anchor, snippet in self._known:
            if anchor and _share_within(finding.anchor, anchor) >= _SAME_RANGE:
                return snippet
        new = Snippet(
            number=len(self._known),
            product_id=finding.anchor.product_id,
            title=title,
            section=finding.section,
            anchor=str(finding.anchor),
            place=finding.place,
            text=finding.text,
            score=round(finding.score, 3),
        )
        self._known.append((finding.anchor, new))
        return new


def _share_within(new: Anchor, known: Anchor) -> float:
    """The share of `new` that lies within `known`: a longer range around a known one says more than it."""
    shorter = min(new.end - new.start, known.end - known.start)
    return new.overlap(known) * shorter / (new.end - new.start)


def shortened(text: str, length: int = _TITLE_LENGTH) -> str:
    """`text` in one line, cut after `length` code points at a word, with " [...]"."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: line.rfind(" ", 0, length) if " " in line[:length] else length] + " [...]"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
