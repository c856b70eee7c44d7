"""The events of a run. A run is their list, numbered from 1: every view of it is a fold over that list.

A reader of the stream ignores types that it does not know. `docs/events.md` describes each one.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from wellread.errors import WellreadError

Mode = Literal["quick", "deep"]
Found = Literal["named", "picked", "discovered", "whole library"]
VerdictName = Literal["quoted", "supported", "partly", "unsupported", "general"]
Voice = Literal["author", "wellread"]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScopeEntry(Value):
    """A title that the run may search, and how it came to be meant."""

    product_id: str
    title: str
    found: Found
    kind: str = "book"
    authors: tuple[str, ...] = ()
    language: str = ""  # BCP 47, "" unknown


class Budget(Value):
    """Limits of a run. None: no limit. `cost` is in US dollars."""

    steps: int
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None


class Usage(Value):
    """What calls of language models took. `cached_tokens` are those of the input that the provider, or llama.cpp,
    did not have to read again; `cost` is in US dollars, of the calls whose price is known."""

    model_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced_calls: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in Usage.model_fields})


class Flags(Value):
    """What `create_answer_draft` says of the question; the names are fixed."""

    is_role_play_request: bool = False
    is_controversial_sensitive_topic: bool = False
    is_greeting_or_simple_calculation: bool = False
    is_who_are_you: bool = False

    @property
    def needs_no_search(self) -> bool:
        return self.is_greeting_or_simple_calculation or self.is_who_are_you


class TellingSentence(Value):
    """A sentence that tells what was asked: code points of the text it stands in, and how much it tells, 0 to 1."""

    start: int
    end: int
    score: float


class FoundPassage(Value):
    """What a title says to a question: one or more neighbouring passages of a section."""

    anchor: str
    section: str  # the section's path, " › " between
    place: str  # for people: "p. 12", "00:03:12", or ""
    text: str
    score: float  # relevance of its best passage, 0 to 1
    telling: tuple[TellingSentence, ...] = ()  # best first; none in what was stored before there were any


class Snippet(FoundPassage):
    """A found passage with its knowledge number, the same within a run for ever."""

    number: int
    product_id: str
    title: str


class Citation(Value):
    number: int
    product_id: str
    title: str
    section: str
    place: str
    anchor: str
    quote: str
    link: str


class Statement(Value):
    """A claim of the answer; `start` and `end` are code points of the answer's Markdown."""

    start: int
    end: int
    text: str
    verdict: VerdictName
    voice: Voice
    citations: tuple[int, ...]  # positions in the answer's citations, from 0


class Elsewhere(Value):
    """The best title outside the scope for a question that the scope did not answer."""

    product_id: str
    title: str
    best: float
    anchor: str


class Roles(Value):
    """The models of a run by name; "extractive" where none is at work."""

    planner: str = "extractive"
    writer: str = "extractive"
    judge: str = "extractive"
    fallback: str = ""  # what goes on when one of them fails, before the rules do

    @property
    def uses_models(self) -> bool:
        return any(name != "extractive" for name in (self.planner, self.writer))


class Exchange(Value):
    """A question of the conversation so far, as it was understood, and the beginning of its answer."""

    question: str
    answer: str


class OutlineSection(Value):
    """A section of a long answer before it is written, with the knowledge it rests on."""

    heading: str
    knowledge: tuple[int, ...]


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
    left_out: int = 0  # sentences of a small model that nothing in its knowledge held, which were not shown


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
    | AnswerDelta
    | AnswerCompleted
    | RunCompleted
    | RunFailed
    | RunCancelled,
    Field(discriminator="type"),
]

EVENT = TypeAdapter[AnyEvent](AnyEvent)
TERMINAL = (RunCompleted, RunFailed, RunCancelled)
