"""What a run has gathered so far, as a fold over its events."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from wellread.events import (
    AnswerCompleted,
    AnswerStarted,
    AnyEvent,
    Elsewhere,
    ProductsFound,
    RunStarted,
    ScopeEntry,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    Snippet,
    StepAction,
    StepCompleted,
)


@dataclass(frozen=True, slots=True)
class CellResult:
    """What one question asked of one title came to."""

    question: str
    product_id: str
    title: str
    best: float
    knowledge: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The state from which the next step is chosen. `advance` is the only way it changes."""

    start: RunStarted
    scope: tuple[ScopeEntry, ...]
    snippets: tuple[Snippet, ...] = ()
    cells: tuple[CellResult, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    sections_read: frozenset[str] = frozenset()
    actions: tuple[StepAction, ...] = ()
    steps_completed: int = 0
    answer: AnswerStarted | None = None
    answered: bool = False
    asked: dict[int, tuple[str, ...]] = field(default_factory=dict)  # knowledge number → questions

    def advance(self, event: AnyEvent) -> "Knowledge":
        match event:
            case ProductsFound():
                known = {entry.product_id for entry in self.scope}
                return replace(
                    self, scope=self.scope + tuple(p for p in event.products if p.product_id not in known)
                )
            case SearchCell():
                cell = CellResult(event.question, event.product_id, event.title, event.best, event.knowledge)
                known_numbers = {s.number for s in self.snippets}
                asked = dict(self.asked)
                for number in event.knowledge:
                    asked[number] = (*asked.get(number, ()), event.question)
                return replace(
                    self,
                    cells=(*self.cells, cell),
                    snippets=self.snippets + tuple(s for s in event.found if s.number not in known_numbers),
                    asked=asked,
                )
            case SectionRead():
                known_numbers = {s.number for s in self.snippets}
                return replace(
                    self,
                    sections_read=self.sections_read | {event.section_id},
                    snippets=self.snippets + tuple(s for s in event.found if s.number not in known_numbers),
                )
            case SearchElsewhere():
                return replace(self, elsewhere=self.elsewhere + event.products)
            case StepAction():
                return replace(self, actions=(*self.actions, event))
            case StepCompleted():
                return replace(self, steps_completed=event.step)
            case AnswerStarted():
                return replace(self, answer=event)
            case AnswerCompleted():
                return replace(self, answered=True)
            case _:
                return self

    @property
    def searched(self) -> frozenset[tuple[str, str]]:
        """The (question, product id) pairs asked so far, questions folded for case and white space."""
        return frozenset((fold(cell.question), cell.product_id) for cell in self.cells)

    def snippet(self, number: int) -> Snippet:
        """The snippet of that number. KeyError if there is none."""
        for snippet in self.snippets:
            if snippet.number == number:
                return snippet
        raise KeyError(number)


def fold(question: str) -> str:
    """A question as it is compared with others: without case, outer marks and doubled white space."""
    return " ".join(question.casefold().split()).rstrip("?.! ")


def fold_events(events: Iterable[AnyEvent]) -> Knowledge:
    """The knowledge of a run from its events, of which the first is `run.started`."""
    stream = iter(events)
    start = next(stream)
    if not isinstance(start, RunStarted):
        raise TypeError("a run begins with run.started")
    knowledge = Knowledge(start=start, scope=start.scope)
    for event in stream:
        knowledge = knowledge.advance(event)
    return knowledge
