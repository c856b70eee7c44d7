"""A step that was cut off after its action was chosen: it is done again, and what is stored of it is not told twice."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Self

from wellread.agent.state.actions import BY_NAME, Choice
from wellread.agent.state.knowledge import Knowledge
from wellread.events import AnyEvent, Event, EvidenceScored, StepAction, StepStarted, StepThinking

_UNNUMBERED = {name: Event.model_fields[name].default for name in ("seq", "at")}


@dataclass(frozen=True, slots=True)
class ResumedStep:
    """What is stored of such a step: how it was chosen, and what came of it before the cut."""

    chosen: tuple[StepStarted, StepThinking, StepAction]
    results: tuple[AnyEvent, ...]

    @classmethod
    def of(cls, knowledge: Knowledge) -> Self | None:
        """The step that a run was cut off in, None if its action had not been chosen."""
        match knowledge.unfinished:
            case (StepStarted() as started, StepThinking() as thinking, StepAction() as action, *results):
                return cls((started, thinking, action), tuple(results))
            case _:
                return None

    @property
    def choice(self) -> Choice:
        _, thinking, action = self.chosen
        return Choice(thinking=thinking.text, action=BY_NAME[action.action].model_validate(action.parameters))

    @property
    def scores(self) -> tuple[EvidenceScored, ...]:
        """What a model has said of the evidence already."""
        scored = (event for event in self.results if isinstance(event, EvidenceScored))
        return tuple(event.model_copy(update=_UNNUMBERED) for event in scored)

    async def beyond(self, doing: AsyncGenerator[AnyEvent, None]) -> AsyncGenerator[AnyEvent, None]:
        """What doing the action brings that is not stored.

        If it brings something else than before, since the library has changed, all of the step is told again: a
        reader of the events drops what came before its second step.started.
        """
        told: list[AnyEvent] = []
        same = True
        async with aclosing(doing) as events:
            async for event in events:
                position = len(told)
                told.append(event)
                if same and position < len(self.results):
                    if _unnumbered(self.results[position]) == event:
                        continue
                    same = False
                    for again in (*self.chosen, *told[:-1]):
                        yield _unnumbered(again)
                yield event


def _unnumbered(event: AnyEvent) -> AnyEvent:
    """The event as it was before it was stored."""
    return event.model_copy(update=_UNNUMBERED)
