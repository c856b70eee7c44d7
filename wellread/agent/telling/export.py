"""Runs to take away: what was asked, done and answered, as a fold over the events of each run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from wellread.agent.state.effective_events import effective_events
from wellread.agent.state.knowledge import fold_events
from wellread.events import (
    AnswerDelta,
    AnswerStarted,
    AnyEvent,
    Citation,
    Event,
    Mode,
    ModelFailed,
    RunCancelled,
    RunCompleted,
    RunEnded,
    RunFailed,
    ScopeEntry,
    Statement,
    StepAction,
    StepCompleted,
    StepThinking,
    Usage,
    Value,
    VerdictName,
    Voice,
    answer_of,
)
from wellread.grounding.tally import verdict_counts

State = Literal["completed", "failed", "cancelled", "unfinished"]
_STATES: dict[type[Event], State] = {
    RunCompleted: "completed",
    RunFailed: "failed",
    RunCancelled: "cancelled",
}


class ExportedStep(Value):
    """A step; `summary` is "" for one that was not finished, `note` says why the rules chose in a model's place."""

    step: int
    action: str
    label: str
    parameters: dict[str, object]
    thinking: str
    chosen_by: str
    note: str
    summary: str


class ExportedAnswer(Value):
    """An answer; one that is not `whole` ends where its run did, and was not compared with its sources."""

    whole: bool
    markdown: str
    voice: Voice
    written_by: str
    citations: tuple[Citation, ...] = ()
    statements: tuple[Statement, ...] = ()
    verdicts: dict[VerdictName, int] = Field(default_factory=dict)  # how many statements have each


class ExportedFailure(Value):
    status: int
    message: str
    hint: str
    retryable: bool


class ExportedRun(Value):
    run_id: str
    conversation_id: str
    asked_at: datetime
    question: str
    understood_as: str  # the question made self-contained, "" if that changes nothing
    mode: Mode
    model: str
    scope: tuple[ScopeEntry, ...]
    state: State
    failure: ExportedFailure | None
    model_failures: tuple[str, ...]
    steps: tuple[ExportedStep, ...]
    answer: ExportedAnswer | None
    usage: Usage
    seconds: float | None  # None while it is unfinished


class Export(Value):
    """A run, or the runs of a conversation in their order. Its JSON is `model_dump_json`."""

    runs: tuple[ExportedRun, ...]


def export(runs: Sequence[Sequence[AnyEvent]]) -> Export:
    """What the events of each run say. Those of each begin with run.started; parts that were cut off and done again
    are told once."""
    return Export(runs=tuple(_run(effective_events(events)) for events in runs))


def _run(events: Sequence[AnyEvent]) -> ExportedRun:
    knowledge = fold_events(events)
    start = knowledge.start
    end = events[-1]
    ended = end if isinstance(end, RunEnded) else None
    return ExportedRun(
        run_id=start.run_id,
        conversation_id=start.conversation_id,
        asked_at=start.at,
        question=start.question,
        understood_as=knowledge.question if knowledge.question != start.question else "",
        mode=start.mode,
        model=start.model,
        scope=knowledge.scope,
        state=_STATES.get(type(end), "unfinished"),
        failure=ExportedFailure.model_validate(end, from_attributes=True)
        if isinstance(end, RunFailed)
        else None,
        model_failures=tuple(event.message for event in events if isinstance(event, ModelFailed)),
        steps=_steps(events),
        answer=_answer(events),
        usage=ended.usage if ended else knowledge.usage,
        seconds=ended.seconds if ended else None,
    )


def _steps(events: Sequence[AnyEvent]) -> tuple[ExportedStep, ...]:
    thinking: dict[int, str] = {}
    for event in events:
        if isinstance(event, StepThinking):
            thinking[event.step] = thinking.get(event.step, "") + event.text
    summaries = {event.step: event.summary for event in events if isinstance(event, StepCompleted)}
    return tuple(
        ExportedStep(
            step=event.step,
            action=event.action,
            label=event.label,
            parameters=event.parameters,
            thinking=thinking.get(event.step, ""),
            chosen_by=event.chosen_by,
            note=event.note,
            summary=summaries.get(event.step, ""),
        )
        for event in events
        if isinstance(event, StepAction)
    )


def _answer(events: Sequence[AnyEvent]) -> ExportedAnswer | None:
    begun = next((event for event in reversed(events) if isinstance(event, AnswerStarted)), None)
    if begun is None:
        return None
    answer = answer_of(events)
    if answer is not None:
        return ExportedAnswer(
            whole=True,
            markdown=answer.markdown,
            voice=begun.voice,
            written_by=answer.written_by,
            citations=answer.citations,
            statements=answer.statements,
            verdicts=verdict_counts(answer.statements),
        )
    text = "".join(event.text for event in events if isinstance(event, AnswerDelta))
    return ExportedAnswer(whole=False, markdown=text, voice=begun.voice, written_by="") if text else None
