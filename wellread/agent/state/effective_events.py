"""The events of a run that count, as `docs/events.md` says under "Runs that were cut off".

A step that was cut off begins anew: its second `step.started` takes back what the first had brought. So does the
second `answer.started` of an answer, and of several `question.understood` the last one counts. All else stays: a model
that failed has failed, and the reader's wish to stop is not taken back. The rule stands here once, for the fold of a
run, the page, the other interfaces and the export.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wellread.events import (
    AnswerDelta,
    AnswerDrafted,
    AnswerOutlined,
    AnswerRevised,
    AnswerStarted,
    AnyEvent,
    QuestionUnderstood,
    StepCompleted,
    StepEvent,
    StepStarted,
)

_OF_AN_ANSWER = (AnswerStarted, AnswerOutlined, AnswerDrafted, AnswerRevised, AnswerDelta)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an event takes back of those before it."""

    step: tuple[AnyEvent, ...] = ()  # of the step that was cut off, its step.started first
    answer: bool = False  # the text of the answer so far
    understood: bool = False  # how the question was understood before


_NOTHING = TakenBack()


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What a later event may take back: the step that is not completed, the answer that is begun."""

    step: tuple[AnyEvent, ...] = ()  # its events so far, its step.started first
    answer: bool = False
    understood: bool = False

    def after(self, event: AnyEvent) -> tuple["UnderWay", TakenBack]:
        """What is under way after the next event, and what that takes back."""
        match event:
            case StepStarted():
                return replace(self, step=(event,)), TakenBack(step=self.step)
            case StepCompleted():
                return replace(self, step=()), _NOTHING
            case AnswerStarted():
                return replace(self, answer=True), TakenBack(answer=self.answer)
            case QuestionUnderstood():
                return replace(self, understood=True), TakenBack(understood=self.understood)
            case StepEvent():
                return replace(self, step=(*self.step, event)), _NOTHING
            case _:
                return self, _NOTHING


def effective_events(events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """Those that count at their end, in their order and with their numbers."""
    kept: list[AnyEvent | None] = []
    of_step: list[int] = []  # where in `kept` the events of the step under way stand
    under_way = UnderWay()
    for event in events:
        under_way, back = under_way.after(event)
        if back.step:
            for place in of_step:
                kept[place] = None
        if back.answer:
            kept = [None if isinstance(e, _OF_AN_ANSWER) else e for e in kept]
        if back.understood:
            kept = [None if isinstance(e, QuestionUnderstood) else e for e in kept]
        if under_way.step and under_way.step[-1] is event:
            of_step = [*of_step, len(kept)] if len(under_way.step) > 1 else [len(kept)]
        kept.append(event)
    return [event for event in kept if event is not None]
