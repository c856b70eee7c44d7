"""The events of a run. A run is their list, numbered from 1: every view of it is a fold over that list.

A reader of the stream ignores types that it does not know. `docs/events.md` describes each one.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from wellread.errors import WellreadError
from wellread.run_values import Budget as Budget
from wellread.run_values import Citation as Citation
from wellread.run_values import Elsewhere as Elsewhere
from wellread.run_values import Exchange as Exchange
from wellread.run_values import Flags as Flags
from wellread.run_values import Found as Found
from wellread.run_values import FoundPassage as FoundPassage
from wellread.run_values import Mode as Mode
from wellread.run_values import OutlineSection as OutlineSection
from wellread.run_values import RevisedStatement as RevisedStatement
from wellread.run_values import Roles as Roles
from wellread.run_values import ScopeEntry as ScopeEntry
from wellread.run_values import Snippet as Snippet
from wellread.run_values import Statement as Statement
from wellread.run_values import StatementVoice as StatementVoice
from wellread.run_values import TellingSentence as TellingSentence
from wellread.run_values import Usage as Usage
from wellread.run_values import Value as Value
from wellread.run_values import VerdictName as VerdictName
from wellread.run_values import Voice as Voice


class Event(BaseModel):
    """What all events carry. `seq` and `at` are given when the event is stored."""

    model_config = ConfigDict(frozen=True)

    seq: int = 0
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    type: str = ""


class StepEvent(Event):
    """What a step brings, once it is begun and until it is completed."""

    step: int


class RunEnded(Event):
    """What each end of a run says, whichever it is."""

    usage: Usage
    seconds: float


class RunStarted(Event):
    type: Literal["run.started"] = "run.started"
    run_id: str
    conversation_id: str
    question: str
    asked: str  # the question made self-contained, for searching
    mentions: tuple[tuple[int, int], ...] = ()  # ranges of `asked` (code points) that name titles
    mode: Mode
    model: str  # for people; `roles` has the names
    roles: Roles = Roles()
    before: tuple[Exchange, ...] = ()  # of the conversation, oldest first
    picked: bool = False  # whether the reader picked the titles for this question
    excluded: tuple[str, ...] = ()  # products that are not meant, though the question may name them
    scope: tuple[ScopeEntry, ...]
    outside: bool = False  # whether titles beyond `scope` may be looked for
    options: tuple[ScopeEntry, ...] = ()  # works between which the reader must choose, if a name fits several
    languages: tuple[str, ...] = ()  # of the library's titles, "" unknown; told when no title is in scope
    budget: Budget


class KnowledgeCarried(Event):
    """Snippets that the answer before rested on; they keep their numbers in this run."""

    type: Literal["knowledge.carried"] = "knowledge.carried"
    run_id: str  # where they come from
    snippets: tuple[Snippet, ...]


class QuestionUnderstood(Event):
    """A follow-up that a model made self-contained, and the scope that it then has."""

    type: Literal["question.understood"] = "question.understood"
    asked: str
    mentions: tuple[tuple[int, int], ...]
    scope: tuple[ScopeEntry, ...]
    outside: bool
    options: tuple[ScopeEntry, ...] = ()


class RunStopping(Event):
    """The reader wants the answer now, with what there is."""

    type: Literal["run.stopping"] = "run.stopping"


class ModelFailed(Event):
    """A model failed in a role, and is left alone for the rest of the run. `instead` is what goes on."""

    type: Literal["model.failed"] = "model.failed"
    step: int
    role: Literal["planner", "writer", "judge"]
    model: str
    status: int
    message: str
    hint: str
    instead: str


class StepStarted(Event):
    type: Literal["step.started"] = "step.started"
    step: int
    title: str


class StepThinking(StepEvent):
    type: Literal["step.thinking"] = "step.thinking"
    text: str


class StepAction(StepEvent):
    type: Literal["step.action"] = "step.action"
    action: str
    label: str
    parameters: dict[str, object]
    chosen_by: str = "rules"  # or the model's name
    note: str = ""  # why the rules chose in its place, if they did
    usage: Usage | None = None  # of the run so far, this choice included


class ProductsFound(StepEvent):
    """`find_products` widened the scope by these titles."""

    type: Literal["products.found"] = "products.found"
    query: str
    products: tuple[ScopeEntry, ...]


class SearchCell(StepEvent):
    """One cell of the question × title matrix."""

    type: Literal["search.cell"] = "search.cell"
    question: str
    product_id: str
    title: str
    found: tuple[Snippet, ...]
    best: float
    knowledge: tuple[int, ...]
    nearest: tuple[FoundPassage, ...] = ()  # what came closest, when nothing was found
    absent: tuple[str, ...] = ()  # names and numbers of the question that no passage in scope holds


class SearchElsewhere(StepEvent):
    """What the library holds outside the scope for questions that the scope left open."""

    type: Literal["search.elsewhere"] = "search.elsewhere"
    question: str
    products: tuple[Elsewhere, ...]


class LibraryDescribed(StepEvent):
    """What metadata and contents say of titles; `topics` are those that titles to be compared share."""

    type: Literal["library.described"] = "library.described"
    question: str
    found: tuple[Snippet, ...]
    knowledge: tuple[int, ...]
    topics: tuple[str, ...] = ()


class SectionRead(StepEvent):
    type: Literal["section.read"] = "section.read"
    product_id: str
    title: str
    section_id: str
    section: str
    found: tuple[Snippet, ...]
    knowledge: tuple[int, ...]


class EvidenceScored(StepEvent):
    """How far a snippet helps with the question, 0 to 10, as a model read it, and what it says in short."""

    type: Literal["evidence.scored"] = "evidence.scored"
    number: int  # of the knowledge
    score: int
    summary: str


class StepCompleted(Event):
    type: Literal["step.completed"] = "step.completed"
    step: int
    summary: str
    usage: Usage
    seconds: float


class AnswerStarted(Event):
    type: Literal["answer.started"] = "answer.started"
    flags: Flags
    knowledge: tuple[int, ...]
    voice: Voice
    usage: Usage = Usage()  # of the run so far


class AnswerOutlined(Event):
    type: Literal["answer.outlined"] = "answer.outlined"
    sections: tuple[OutlineSection, ...]  # of a long answer, before the first of them is written


class AnswerDrafted(Event):
    """A draft that is checked before it is shown."""

    type: Literal["answer.drafted"] = "answer.drafted"
    words: int
    statements: int


class AnswerRevised(Event):
    """What became of the draft's statements that its passages contradict or do not bear, in the order of the text."""

    type: Literal["answer.revised"] = "answer.revised"
    statements: tuple[RevisedStatement, ...]


class AnswerDelta(Event):
    type: Literal["answer.delta"] = "answer.delta"
    text: str


class AnswerCompleted(Event):
    type: Literal["answer.completed"] = "answer.completed"
    markdown: str
    citations: tuple[Citation, ...]
    statements: tuple[Statement, ...]
    usage: Usage
    written_by: str = "extractive"  # the model's name; with " + " between, when another had to go on
    dropped_citations: int = 0  # numbers that the model gave and that were not among the knowledge it had
    left_out: int = (
        0  # sentences that were not shown: of a small model, those that nothing in its knowledge held; in an
    )
    # author's voice, experiences of his own that it does not tell in the same words

    def with_check(self, check: "AnswerChecked") -> "AnswerCompleted":
        """The answer with its statements as they were checked."""
        return self.model_copy(
            update={"statements": check.statements, "citations": check.citations, "usage": check.usage}
        )


class AnswerChecked(Event):
    """The statements of the answer as a judge found them, and the citations that they then rest on: these replace
    those of answer.completed, which words alone were compared for."""

    type: Literal["answer.checked"] = "answer.checked"
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    judge: str = "words"  # who judged what is no quotation
    usage: Usage = Usage()  # of the run so far


class RunCompleted(RunEnded):
    type: Literal["run.completed"] = "run.completed"


class RunFailed(RunEnded):
    type: Literal["run.failed"] = "run.failed"
    status: int
    message: str
    hint: str
    retryable: bool

    @classmethod
    def of(cls, error: WellreadError, usage: Usage, seconds: float) -> Self:
        """The end that an error puts to a run."""
        names = ("status", "message", "hint", "retryable")
        return cls(usage=usage, seconds=seconds, **{name: getattr(error, name) for name in names})


class RunCancelled(RunEnded):
    type: Literal["run.cancelled"] = "run.cancelled"


StepResult = ProductsFound | SearchCell | SearchElsewhere | LibraryDescribed | SectionRead | EvidenceScored
AnyEvent = Annotated[
    RunStarted
    | KnowledgeCarried
    | QuestionUnderstood
    | RunStopping
    | ModelFailed
    | StepStarted
    | StepThinking
    | StepAction
    | StepResult
    | StepCompleted
    | AnswerStarted
    | AnswerOutlined
    | AnswerDrafted
    | AnswerRevised
    | AnswerDelta
    | AnswerCompleted
    | AnswerChecked
    | RunCompleted
    | RunFailed
    | RunCancelled,
    Field(discriminator="type"),
]

EVENT = TypeAdapter[AnyEvent](AnyEvent)
TERMINAL = (RunCompleted, RunFailed, RunCancelled)


def scope_of(events: Iterable[AnyEvent]) -> list[str]:
    """The ids of the products that a run began with, none when it was to find them."""
    scopes = (event.scope for event in events if isinstance(event, RunStarted))
    return [entry.product_id for scope in scopes for entry in scope]


def answer_of(events: Iterable[AnyEvent]) -> AnswerCompleted | None:
    """The last answer that is whole, its statements as far as they have been checked; None when there is none."""
    answer: AnswerCompleted | None = None
    for event in events:
        if isinstance(event, AnswerCompleted):
            answer = event
        elif isinstance(event, AnswerChecked) and answer is not None:
            answer = answer.with_check(event)
    return answer
