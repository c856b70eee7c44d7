"""The events of a run without what was cut off, as `docs/events.md` says under "Runs that were cut off"."""

from collections.abc import Sequence

from wellread.events import (
    AnswerDelta,
    AnswerOutlined,
    AnswerStarted,
    AnyEvent,
    EvidenceScored,
    ProductsFound,
    QuestionUnderstood,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    StepAction,
    StepCompleted,
    StepStarted,
    StepThinking,
)

_OF_A_STEP = (
    StepStarted,
    StepThinking,
    StepAction,
    ProductsFound,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    EvidenceScored,
)
_OF_AN_ANSWER = (AnswerStarted, AnswerOutlined, AnswerDelta)


def settled(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The events that hold, in their order and with their numbers.

    A step.started drops what its step brought before, if that was not completed; an answer.started drops the answer
    begun before; of several question.understood the last holds. All else stays: a model that failed has failed, and
    the reader's wish to stop is not taken back.
    """
    kept: list[AnyEvent] = []
    completed: set[int] = set()
    for event in events:
        match event:
            case StepStarted(step=step) if step not in completed:
                kept = [e for e in kept if not (isinstance(e, _OF_A_STEP) and e.step == step)]
            case StepCompleted(step=step):
                completed.add(step)
            case AnswerStarted():
                kept = [e for e in kept if not isinstance(e, _OF_AN_ANSWER)]
            case QuestionUnderstood():
                kept = [e for e in kept if not isinstance(e, QuestionUnderstood)]
            case _:
                pass
        kept.append(event)
    return kept
