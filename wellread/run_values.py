"""The values that the events of a run carry."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

Mode = Literal["quick", "deep"]
Found = Literal["named", "doubtful", "picked", "discovered", "whole library"]
Voice = Literal["author", "wellread"]
VerdictName = Literal[
    "quoted", "supported", "partly", "contradicted", "unsupported", "conflict", "not checked", "general"
]
StatementVoice = Literal["said", "inferred", "advice", "wellread"]


QUOTATION = "quotation"  # the judge that finds a statement's words in a passage
WORDS = "words"  # the judge that compares words, numbers and names, and needs no model


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
    """A claim of the answer; `start` and `end` are code points of the answer's Markdown. `voice` tells, where the
    author's is played, what the author said, what follows from his passages and what is general advice."""

    start: int
    end: int
    text: str
    verdict: VerdictName
    voice: StatementVoice
    citations: tuple[int, ...]  # positions in the answer's citations, from 0
    evidence: str = ""  # the sentence that tells most for or against it
    score: float | None = None  # probability of the verdict, 0 to 1; None where nobody could tell
    judge: str = ""  # who judged: "quotation", "words", or the name of a judge
    why: str = ""  # for the reader, what is wrong with it
    misplaced: tuple[int, ...] = ()  # numbers behind it whose passages do not bear it, while its citations do

    @field_validator("voice", mode="before")
    @classmethod
    def _as_it_was_stored(cls, voice: object) -> object:
        return "said" if voice == "author" else voice  # in answers of before `said`, `inferred` and `advice`


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
    judge: str = WORDS  # of statements; a language model scores evidence, too
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


class RevisedStatement(Value):
    """A statement of a draft, its verdict, and what stands in its place: "" where it was dropped."""

    text: str
    verdict: VerdictName
    became: str
