"""Runs: what is asked, and how a run stands."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from wellread.events import Citation, Mode, Roles, ScopeEntry, Statement, Usage
from wellread.wire.view import Id, View, example

RunState = Literal["waiting", "working", "completed", "failed", "cancelled"]
Rating = Literal["up", "down"]
_Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Model = Annotated[str, Field(max_length=300)]


class RunLimits(View):
    """What the run may spend at most, within what the settings allow a run of its mode."""

    model_config = ConfigDict(extra="forbid")

    steps: int | None = Field(default=None, ge=1, le=100)
    seconds: _Amount | None = None
    input_tokens: int | None = Field(default=None, gt=0)
    output_tokens: int | None = Field(default=None, gt=0)
    cost: _Amount | None = Field(default=None, description="In US dollars.")


class AskOptions(View):
    """What may be said with a question, over whichever interface. A model that is not named here is that of the
    settings."""

    model_config = ConfigDict(extra="forbid")

    product_ids: list[Id] = Field(
        default=[], max_length=200, description="Search these titles and no others."
    )
    excluded: list[Id] = Field(
        default=[],
        max_length=200,
        description="Titles that are not meant, though the question may name them.",
    )
    mode: Mode = "quick"
    model: _Model = Field(default="", description="As `provider/model`; else that of the settings.")
    planner_model: _Model = ""
    writer_model: _Model = ""
    judge: _Model = Field(
        default="", description="Who judges statements: as `provider/model`, `onnx:FOLDER` or `words`."
    )
    fallback_model: _Model = ""
    limits: RunLimits = RunLimits()
    conversation_id: str = Field(default="", max_length=32, description="Go on with this conversation.")

    @property
    def models(self) -> dict[str, str]:
        """The models that are named, by role; `model` is every role's that is not."""
        return {name: value for name, value in self if (name == "judge" or name.endswith("model")) and value}


class Question(AskOptions):
    """A question and what is said with it."""

    model_config = ConfigDict(
        defer_build=False,  # FastAPI builds the schema of a body with an alias of its own
        json_schema_extra={
            "example": {
                "question": "What does Steady Hands say about delegation?",
                "product_ids": [],
                "mode": "quick",
            }
        },
    )

    question: str


class Failure(View):
    """Why a run failed."""

    status: int
    message: str
    hint: str
    retryable: bool


class Answer(View):
    """An answer in full; offsets and positions are those of the event `answer.completed`."""

    markdown: str
    citations: tuple[Citation, ...]
    statements: tuple[Statement, ...]
    written_by: str


class RunView(View):
    """A run as it stands: a fold over its events."""

    model_config = example(run_id="0f6b…", state="completed", question="What is …?")

    run_id: str
    conversation_id: str
    state: RunState
    question: str
    mode: Mode
    model: str
    roles: Roles = Field(description="The models by name.")
    scope: list[ScopeEntry]
    excluded: list[str]
    created_at: str
    ended_at: str = Field(description="Empty while it goes on.")
    last_event: int = Field(description="The number of its last event so far.")
    answer: Answer | None
    failure: Failure | None
    usage: Usage
    seconds: float


class FeedbackView(View):
    """What the caller has said of an answer."""

    model_config = example(rating="up", comment="To the point.", given_at="2026-11-02T09:30:00.000000+00:00")

    rating: Rating
    comment: str
    given_at: str
