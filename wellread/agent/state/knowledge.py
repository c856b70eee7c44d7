"""What a run has gathered so far, as a fold over its events.

Only a finished step counts: what a step brings is kept aside until its step.completed, and goes when it begins
anew (`effective_events`). So the fold of a run that was cut off is its state after the last finished step, with what
the step under way had brought in `unfinished`: its choice is taken from there and not asked for again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from wellread.agent.state.budget import WRITING_SHARE, spent, usage_told
from wellread.agent.state.effective_events import UnderWay
from wellread.agent.state.question_form import QuestionForm, asks_for_titles, form_of
from wellread.agent.state.questions import asked_questions, catalogue_topic, marked, without_mentions
from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnyEvent,
    Elsewhere,
    EvidenceScored,
    KnowledgeCarried,
    LibraryDescribed,
    ModelFailed,
    ProductsFound,
    QuestionUnderstood,
    RunStarted,
    RunStopping,
    ScopeEntry,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    Snippet,
    StepAction,
    StepCompleted,
    TellingSentence,
    Usage,
)

_CLOSING = ("create_answer_draft", "ask_clarifying_question")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The state from which the next step is chosen. `advance` is the only way it changes."""

    start: RunStarted
    scope: tuple[ScopeEntry, ...]
    snippets: tuple[Snippet, ...] = ()
    cells: tuple[SearchCell, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    sections_read: frozenset[tuple[str, str]] = frozenset()  # product id, section id
    actions: tuple[StepAction, ...] = ()  # of the finished steps
    steps_completed: int = 0
    seconds: float = 0.0  # that the finished steps took
    usage: Usage = field(default_factory=Usage)  # as far as it has been told
    answer: AnswerCompleted | None = None
    answered: bool = False  # nothing more is to be written or checked
    asked: dict[int, tuple[str, ...]] = field(default_factory=dict)  # knowledge number → questions
    telling: dict[tuple[int, str], tuple[TellingSentence, ...]] = field(
        default_factory=dict
    )  # number, question
    ranks: dict[tuple[int, str], int] = field(
        default_factory=dict
    )  # number, question → place among those found
    described: tuple[LibraryDescribed, ...] = ()
    scores: dict[int, EvidenceScored] = field(default_factory=dict)  # by knowledge number
    carried: frozenset[int] = frozenset()  # numbers that came from the answer before
    understood: QuestionUnderstood | None = None
    stopped: bool = False  # by the reader
    failed: frozenset[tuple[str, str]] = frozenset()  # role, model
    under_way: UnderWay = field(default_factory=UnderWay)
    history: tuple[AnyEvent, ...] = ()  # of the finished steps

    def advance(self, event: AnyEvent) -> "Knowledge":
        after = self if (usage := usage_told(event)) is None else replace(self, usage=usage)
        return replace(after._advance(event), under_way=self.under_way.after(event)[0])

    def _advance(self, event: AnyEvent) -> "Knowledge":
        match event:
            case StepCompleted():
                after = replace(self, history=(*self.history, *self.unfinished[1:], event))
                for held in self.unfinished:
                    after = after._with(held)
                seconds = round(self.seconds + event.seconds, 3)
                return replace(after, steps_completed=event.step, seconds=seconds)
            case KnowledgeCarried():
                return replace(
                    self,
                    snippets=self.snippets + event.snippets,
                    carried=self.carried | {snippet.number for snippet in event.snippets},
                )
            case QuestionUnderstood():
                return replace(
                    self,
                    understood=event,
                    scope=event.scope,
                    snippets=tuple(
                        s for s in self.snippets if s.product_id in {e.product_id for e in event.scope}
                    ),
                )
            case RunStopping():
                return replace(self, stopped=True)
            case ModelFailed():
                return replace(self, failed=self.failed | {(event.role, event.model)})
            case AnswerCompleted():
                return replace(self, answer=event, answered=not event.statements)
            case AnswerChecked():
                return replace(self, answered=True)
            case _:
                return self

    def _with(self, event: AnyEvent) -> "Knowledge":
        """With what an event of a finished step brought."""
        match event:
            case ProductsFound():
                known = {entry.product_id for entry in self.scope}
                return replace(
                    self, scope=self.scope + tuple(p for p in event.products if p.product_id not in known)
                )
            case SearchCell():
                asked = dict(self.asked)
                for number in event.knowledge:
                    asked[number] = (*asked.get(number, ()), event.question)
                telling = {(snippet.number, event.question): snippet.telling for snippet in event.found}
                return replace(
                    self,
                    cells=(*self.cells, event),
                    snippets=self._joined(event.found),
                    asked=asked,
                    telling=self.telling | telling,
                    ranks=self.ranks | {(n, event.question): rank for rank, n in enumerate(event.knowledge)},
                )
            case LibraryDescribed():
                return replace(self, described=(*self.described, event), snippets=self._joined(event.found))
            case SectionRead():
                return replace(
                    self,
                    sections_read=self.sections_read | {(event.product_id, event.section_id)},
                    snippets=self._joined(event.found),
                )
            case SearchElsewhere():
                return replace(self, elsewhere=self.elsewhere + event.products)
            case EvidenceScored():
                return replace(self, scores={**self.scores, event.number: event})
            case StepAction():
                return replace(self, actions=(*self.actions, event))
            case _:
                return self

    def _joined(self, found: tuple[Snippet, ...]) -> tuple[Snippet, ...]:
        """The snippets with those found, each number once."""
        known = {snippet.number for snippet in self.snippets}
        return self.snippets + tuple(snippet for snippet in found if snippet.number not in known)

    @property
    def unfinished(self) -> tuple[AnyEvent, ...]:
        """What is told of the step that is not yet completed, its step.started first."""
        return self.under_way.step

    @property
    def closing(self) -> StepAction | None:
        """The action of the last finished step if nothing but the answer follows it."""
        return self.actions[-1] if self.actions and self.actions[-1].action in _CLOSING else None

    @property
    def question(self) -> str:
        """What is asked, self-contained."""
        return self.understood.asked if self.understood else self.start.asked

    @property
    def form(self) -> QuestionForm:
        """The kind of answer that is asked for: of nothing but a title, an overview."""
        if self.mentions and not any(map(str.isalnum, without_mentions(self.question, self.mentions))):
            return QuestionForm.OVERVIEW
        return form_of(marked(self.question, self.mentions))

    @property
    def plain_question(self) -> str:
        """What is asked, without the names of titles and the frame of a role-play."""
        return asked_questions(self.question, self.mentions).whole

    @property
    def is_described(self) -> bool:
        """Whether metadata and contents have answered, so that nothing need be searched: who asks for more of a title
        than its facts has an answer inside of it."""
        told = any(event.knowledge and not event.topics for event in self.described)
        beyond = self.form is QuestionForm.CATALOGUE and not asks_for_titles(self.question)
        return told and not (beyond and catalogue_topic(self.plain_question))

    @property
    def mentions(self) -> tuple[tuple[int, int], ...]:
        """The ranges of `question` (code points) that name titles."""
        return self.understood.mentions if self.understood else self.start.mentions

    @property
    def options(self) -> tuple[ScopeEntry, ...]:
        """Works between which the reader must choose, if a name fits several."""
        return self.understood.options if self.understood else self.start.options

    @property
    def is_open(self) -> bool:
        """Whether no title is in scope but such as the question may mean."""
        return all(entry.found == "doubtful" for entry in self.scope)

    @property
    def outside(self) -> bool:
        """Whether titles beyond the scope may be looked for."""
        return self.understood.outside if self.understood else self.start.outside

    @property
    def lookup_share(self) -> float:
        """The part of the budget that looking things up may take: all of it where no model writes."""
        return 1 - WRITING_SHARE if self.start.roles.writer != "extractive" else 1.0

    @property
    def spent(self) -> str:
        """Why nothing more is looked up: "reader" (stopped), "time", "tokens", "money"; "" while there is no reason."""
        if self.stopped:
            return "reader"
        return spent(self.start.budget, self.seconds, self.usage, share=self.lookup_share)

    @property
    def searched(self) -> frozenset[tuple[str, str]]:
        """The (question, product id) pairs asked so far, questions folded for case and white space."""
        return frozenset((fold(cell.question), cell.product_id) for cell in self.cells)

    @property
    def absent(self) -> tuple[str, ...]:
        """The names and numbers of the question that no passage in scope holds."""
        return tuple(dict.fromkeys(word for cell in self.cells for word in cell.absent))

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
