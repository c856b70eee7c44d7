"""The actions of a run. A step is one of them, chosen with a thought; their docstrings are what a model reads."""

from typing import ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from wellread.content import ProductKind
from wellread.events import Flags

ActionName = Literal[
    "find_products",
    "describe_library",
    "search_inside_books",
    "read_section",
    "review_evidence",
    "ask_clarifying_question",
    "create_answer_draft",
]


class Action(BaseModel):
    """The parameters of an action, exactly as they are shown and stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[ActionName]
    label: ClassVar[str]


class FindProducts(Action):
    """Find titles of the library that may answer the question, by their metadata and their text."""

    name: ClassVar[ActionName] = "find_products"
    label: ClassVar[str] = "Catalog Search Agent"

    query: str = Field(description="What the titles should be about, in a few words.")
    kinds: tuple[ProductKind, ...] = Field(
        default=(), description="Only titles of these kinds; empty for all."
    )


class DescribeLibrary(Action):
    """Look up what metadata and contents say: who wrote a title, which titles speak of something, which chapters there
    are, how long it is, what it is about as a whole."""

    name: ClassVar[ActionName] = "describe_library"
    label: ClassVar[str] = "Library Agent"

    question: str = Field(description="What is asked about the library or a title as a whole.")


class SearchInsideBooks(Action):
    """Ask each of the questions inside each of the titles, all at once."""

    name: ClassVar[ActionName] = "search_inside_books"
    label: ClassVar[str] = "Book Content Snippet Search Agent"

    askBookQuestions: tuple[str, ...] = Field(  # noqa: N815 - the name is fixed, the reader sees it
        min_length=1, description="Short questions that make sense on their own."
    )
    productIds: tuple[str, ...] = Field(min_length=1, description="Ids of titles in scope.")  # noqa: N815


class ReadSection(Action):
    """Read the section around something found, for what the snippet left out."""

    name: ClassVar[ActionName] = "read_section"
    label: ClassVar[str] = "Section Reader Agent"

    productId: str  # noqa: N815
    sectionId: str  # noqa: N815


class ReviewEvidence(Action):
    """Say which parts of the question the knowledge leaves open. "The library does not say" is no gap."""

    name: ClassVar[ActionName] = "review_evidence"
    label: ClassVar[str] = "Evidence Review Agent"

    missing: tuple[str, ...] = Field(description="Questions still open; empty when nothing is missing.")


class AskClarifyingQuestion(Action):
    """Ask the reader which of several readings is meant, when they lead to different titles."""

    name: ClassVar[ActionName] = "ask_clarifying_question"
    label: ClassVar[str] = "Clarification Agent"

    question: str
    options: tuple[str, ...]


class CreateAnswerDraft(Action):
    """Write the answer from the knowledge named by its numbers."""

    name: ClassVar[ActionName] = "create_answer_draft"
    label: ClassVar[str] = "Answer Generation Agent"

    is_role_play_request: bool = False
    is_controversial_sensitive_topic: bool = False
    is_greeting_or_simple_calculation: bool = False
    is_who_are_you: bool = False
    relevant_knowledge_indices: tuple[int, ...] = ()

    @property
    def flags(self) -> Flags:
        return Flags(**self.model_dump(exclude={"relevant_knowledge_indices"}))


AnyAction = (
    FindProducts
    | DescribeLibrary
    | SearchInsideBooks
    | ReadSection
    | ReviewEvidence
    | AskClarifyingQuestion
    | CreateAnswerDraft
)
ACTIONS: tuple[type[AnyAction], ...] = get_args(AnyAction)
BY_NAME: dict[str, type[AnyAction]] = {action.name: action for action in ACTIONS}


class Choice(BaseModel):
    """What a planner gives for a step."""

    model_config = ConfigDict(frozen=True)

    thinking: str
    action: AnyAction
