"""The loop: choose an action, do it, say so in events, until the answer is written.

One async generator, for every caller. Each event is also folded into the Knowledge from which the next step is
chosen, so a run that was cut off goes on from the fold of its stored events: an unfinished step is done again as it
was chosen, and an unfinished answer is written again.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from wellread.agent.judging.checking import OpenJudge
from wellread.agent.judging.revision import Reviser
from wellread.agent.planning.evidence import EvidenceJudge
from wellread.agent.planning.follow_up import FollowUp
from wellread.agent.planning.gate import allowed, objection
from wellread.agent.planning.lookup import Lookup, TimeUpError, failed, in_time
from wellread.agent.planning.rules import Planned, Planner, RulePlanner
from wellread.agent.state.actions import (
    AskClarifyingQuestion,
    Choice,
    CreateAnswerDraft,
    DescribeLibrary,
    FindProducts,
    ReadSection,
    ReviewEvidence,
    SearchInsideBooks,
)
from wellread.agent.state.budget import Meter
from wellread.agent.state.control import Control, StoppedError
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.resumed_step import ResumedStep
from wellread.agent.writing.answer import Answering, ask_back, check_events
from wellread.agent.writing.writer import Writer
from wellread.errors import BudgetSpentError, ModelError, StorageError, UnusableReplyError, WellreadError
from wellread.events import (
    AnyEvent,
    ModelFailed,
    QuestionUnderstood,
    RunCompleted,
    RunFailed,
    RunStarted,
    RunStopping,
    SearchCell,
    SectionRead,
    StepAction,
    StepCompleted,
    StepStarted,
    StepThinking,
)
from wellread.grounding.inline import defused
from wellread.library.matrix import TitleMatrix
from wellread.library.scope import Scope, named, scope_of
from wellread.store.catalog.catalog import Catalog
from wellread.tracing import context_of, record_usage, span

_TITLE_LENGTH = 190  # code points of the question in a step's title


@dataclass(frozen=True, slots=True)
class Loop:
    """What a run works with. Of the planners and the writers the first is preferred; when a model fails, the next
    one goes on. Behind the planners are the rules; the last writer is the extractive one."""

    catalog: Catalog
    inside: TitleMatrix
    planners: Sequence[Planner]
    writers: Sequence[Writer]
    discovered: int  # titles that find_products brings at most; a library of no more is searched whole
    judge: EvidenceJudge | None = None
    judged: int = 0  # snippets that it scores in one round at most
    snippets: int = 16  # that a round of searching brings at most, and that the writer is given
    follow_up: FollowUp | None = None
    open_judge: OpenJudge | None = None  # None: statements are compared by words only
    reviser: Reviser | None = None

    async def run(
        self, knowledge: Knowledge, control: Control | None = None
    ) -> AsyncGenerator[AnyEvent, None]:
        """The events from `knowledge` on to the end: run.completed, or run.failed with the error's own words.

        Raises StorageError when the store fails.
        """
        control = control or Control()
        start = knowledge.start
        meter = Meter(
            start.budget,
            seconds=knowledge.seconds,
            usage=knowledge.usage,
            share=knowledge.lookup_share,
            judged=self.open_judge is not None,
        )
        with span("run", None, {"wellread.run_id": start.run_id, "wellread.mode": start.mode}) as own:
            meter.tally.context = context_of(own)
            try:
                while not knowledge.answered:
                    async with aclosing(self._following(knowledge, meter, control)) as events:
                        async for event in events:
                            knowledge = knowledge.advance(event)
                            yield event
                yield RunCompleted(usage=meter.usage, seconds=meter.seconds)
            except StorageError:
                raise  # no event could say so, and the run can be gone on with when the store is back
            except WellreadError as error:
                yield RunFailed.of(error, meter.usage, meter.seconds)
            finally:
                record_usage(own, meter.usage)

    def _following(
        self, knowledge: Knowledge, meter: Meter, control: Control
    ) -> AsyncGenerator[AnyEvent, None]:
        """What comes next in this state."""
        if control.stopped and not knowledge.stopped:
            return _stopping()
        closing = knowledge.closing
        if knowledge.answer is not None:
            judge = self._answer_judge(knowledge)
            return check_events(self.catalog, knowledge, knowledge.answer, judge, meter)
        if closing is not None:
            return self._close(closing, knowledge, meter)
        if knowledge.start.before and knowledge.understood is None and knowledge.steps_completed == 0:
            return self._understand(knowledge, meter, control)
        return self._step(knowledge, meter, control)

    async def _understand(
        self, knowledge: Knowledge, meter: Meter, control: Control
    ) -> AsyncGenerator[AnyEvent, None]:
        """The question made self-contained with the conversation before it, and the scope that it has then."""
        start = knowledge.start
        asked, mentions, scope, outside = start.asked, start.mentions, knowledge.scope, start.outside
        options = start.options
        if self.follow_up is not None and not knowledge.spent:
            try:
                asked = await in_time(self.follow_up.complete(knowledge, meter), meter.left, control)
            except ModelError as error:
                yield failed(error, "planner", self.follow_up.name, 0, self._after(self.follow_up.name))
            except (TimeUpError, StoppedError):
                pass  # then it is asked as the rules have it
        found = await asyncio.to_thread(self._scope_of, asked, start) if asked != start.asked else None
        if found is not None:
            mentions, scope, outside, options = found.mentions, found.entries, found.outside, found.options
        else:
            asked = start.asked
        yield QuestionUnderstood(
            asked=asked, mentions=mentions, scope=scope, outside=outside, options=options
        )

    def _scope_of(self, asked: str, start: RunStarted) -> Scope | None:
        """The scope of a question that a model completed. None when it leads to titles that neither were in scope nor
        are named by the reader: the model may have them from an answer before, and that from a passage."""
        found = scope_of(
            self.catalog,
            asked,
            picked=[entry.product_id for entry in start.scope] if start.picked else [],
            excluded=start.excluded,
            carried=start.scope,
            small_library=self.discovered,
        )
        meant = {entry.product_id for entry in found.entries}
        known = {entry.product_id for entry in start.scope}
        if not known or meant <= known:
            return found
        for said in (*(exchange.question for exchange in start.before), start.question):
            naming = named(self.catalog, said)
            known |= {product.product_id for product in (*naming.products, *naming.doubtful_products)}
        return found if meant <= known else None

    async def _step(
        self, knowledge: Knowledge, meter: Meter, control: Control
    ) -> AsyncGenerator[AnyEvent, None]:
        step = knowledge.steps_completed + 1
        run = meter.tally.context
        with span("step", run, {"wellread.step": step}) as own:
            meter.tally.context = context_of(own)
            earlier = ResumedStep.of(knowledge)
            if earlier is None:
                started = StepStarted(step=step, title=step_title(step, knowledge.start.question))
                if not knowledge.unfinished:
                    yield started
                failures: list[ModelFailed] = []
                planned, note = await self._choose(knowledge, meter, control, failures)
                for failure in failures:
                    yield failure
                choice = planned.choice
                chosen = (
                    StepThinking(step=step, text=defused(choice.thinking)),
                    StepAction(
                        step=step,
                        action=choice.action.name,
                        label=choice.action.label,
                        parameters=choice.action.model_dump(mode="json"),
                        chosen_by=planned.by,
                        note=note,
                        usage=meter.usage,
                    ),
                )
                for said in chosen:
                    yield said
            else:
                choice = earlier.choice
            own.set_attribute("wellread.action", choice.action.name)
            outcome = _Outcome()
            lookup = Lookup(
                catalog=self.catalog,
                inside=self.inside,
                judge=self._judge(knowledge),
                discovered=self.discovered,
                judged=self.judged,
                snippets=self.snippets,
                step=step,
                knowledge=knowledge,
                meter=meter,
                control=control,
                scores=earlier.scores if earlier else (),
            )
            doing = _done(choice, lookup, outcome)
            async with aclosing(earlier.beyond(doing) if earlier else doing) as events:
                async for event in events:
                    yield event
            # Counted from the end of the step before, so that the steps' seconds add up to the run's.
            seconds = meter.step_seconds(knowledge.seconds, time_up=outcome.time_up)
            yield StepCompleted(step=step, summary=outcome.summary, usage=meter.usage, seconds=seconds)
        meter.tally.context = run

    async def _choose(
        self, knowledge: Knowledge, meter: Meter, control: Control, failures: list[ModelFailed]
    ) -> tuple[Planned, str]:
        """The choice of the first planner that gives a good one, and why it was not an earlier one's."""
        names = allowed(knowledge)
        rules = RulePlanner()
        note = ""
        for planner in self.planners:
            if knowledge.spent or ("planner", planner.name) in knowledge.failed:
                continue  # what is left of a budget is for the answer
            try:
                planned = await in_time(planner.choose(knowledge, names, meter), meter.left, control)
            except UnusableReplyError as error:
                why = error.message.rstrip(".")
                note = f"{planner.name} gave no step that can be taken ({why}); the rules chose it."
                break
            except (BudgetSpentError, TimeUpError):
                note = f"The budget for {planner.name} is spent; the rules chose this step."
                break
            except StoppedError:
                stopped = replace(knowledge, stopped=True)
                return Planned(rules.choice(stopped, frozenset({CreateAnswerDraft.name})), rules.name), note
            except ModelError as error:
                step = knowledge.steps_completed + 1
                failures.append(failed(error, "planner", planner.name, step, self._after(planner.name)))
                continue
            return _permitted(planned, knowledge), note
        return _permitted(Planned(rules.choice(knowledge, names), rules.name), knowledge), note

    def _after(self, name: str) -> str:
        """Which planner goes on when this one fails."""
        names = [*(planner.name for planner in self.planners), RulePlanner.name]
        return names[names.index(name) + 1]

    def _judge(self, knowledge: Knowledge) -> EvidenceJudge | None:
        if knowledge.start.mode != "deep" or self.judge is None:
            return None
        return None if ("judge", self.judge.name) in knowledge.failed else self.judge

    def _answer_judge(self, knowledge: Knowledge) -> OpenJudge | None:
        """Who judges the answer; nobody when the reader wants it at once, or the judge has failed."""
        failed_before = ("judge", knowledge.start.roles.judge) in knowledge.failed
        return None if knowledge.stopped or failed_before else self.open_judge

    def _close(
        self, closing: StepAction, knowledge: Knowledge, meter: Meter
    ) -> AsyncGenerator[AnyEvent, None]:
        """What follows the last step, from its action as it was stored."""
        if closing.action == AskClarifyingQuestion.name:
            return ask_back(AskClarifyingQuestion.model_validate(closing.parameters), meter)
        judge = self._answer_judge(knowledge)
        answering = Answering(self.catalog, self.writers, knowledge, meter, judge, self.reviser)
        return answering.events(CreateAnswerDraft.model_validate(closing.parameters))


@dataclass(slots=True)
class _Outcome:
    """What a step came to."""

    summary: str = ""
    time_up: bool = False


async def _done(choice: Choice, lookup: Lookup, outcome: _Outcome) -> AsyncGenerator[AnyEvent, None]:
    """The events of doing what was chosen."""
    found = 0
    try:
        match choice.action:
            case SearchInsideBooks() as search:
                async with aclosing(lookup.search(search)) as cells:
                    async for cell in cells:
                        found += len(cell.found) if isinstance(cell, SearchCell) else 0
                        yield cell
                outcome.summary = f"Ask books complete. Found {_counted(found, 'snippet')}."
            case FindProducts() as find:
                products = await lookup.find(find)
                yield products
                outcome.summary = (
                    f"Catalog search complete. Found {_counted(len(products.products), 'title')}."
                )
            case DescribeLibrary() as describe:
                described = await lookup.describe(describe)
                yield described
                outcome.summary = (
                    f"Library looked up. It gave {_counted(len(described.found), 'piece')} of knowledge."
                )
                if described.topics:
                    outcome.summary = (
                        f"Library looked up. The titles share {_counted(len(described.topics), 'topic')}."
                    )
            case ReadSection() as read:
                async with aclosing(lookup.read(read)) as results:
                    async for result in results:
                        found += len(result.found) if isinstance(result, SectionRead) else 0
                        yield result
                outcome.summary = f"Section read. It gave {_counted(found, 'more snippet')}."
            case ReviewEvidence(missing=missing):
                outcome.summary = "Review complete. Nothing is missing."
                if missing:
                    outcome.summary = f"Review complete. {_counted(len(missing), 'question')} still open."
            case AskClarifyingQuestion():
                outcome.summary = "Asking back"
            case CreateAnswerDraft():
                outcome.summary = "Ready to provide a comprehensive answer"
    except TimeUpError:
        outcome.time_up = True
        outcome.summary = f"The time was up. Found {_counted(found, 'snippet')} until then."
    except StoppedError:
        outcome.summary = f"You stopped it. Found {_counted(found, 'snippet')} until then."


def _permitted(planned: Planned, knowledge: Knowledge) -> Planned:
    """The choice, or the draft in its place when the gate objects to it."""
    reason = objection(planned.choice, knowledge)
    if not reason:
        return planned
    everything = tuple(snippet.number for snippet in knowledge.snippets)
    thinking = f"{planned.choice.thinking} ({reason}; I write with what there is.)"
    action = CreateAnswerDraft(relevant_knowledge_indices=everything)
    return Planned(Choice(thinking=thinking, action=action), planned.by)


def step_title(step: int, question: str) -> str:
    return f'Step {step} for "{shortened(question)}"'


async def _stopping() -> AsyncGenerator[AnyEvent, None]:
    yield RunStopping()


def shortened(text: str, length: int = _TITLE_LENGTH) -> str:
    """`text` in one line, cut after `length` code points at a word, with " [...]"."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: line.rfind(" ", 0, length) if " " in line[:length] else length] + " [...]"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
