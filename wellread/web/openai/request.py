"""What requests of both OpenAI-style interfaces have in common, and the question that they come to."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from wellread.agent.run.start import RunRequest
from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.events import Exchange, Mode
from wellread.serving.request import Caller, request_of
from wellread.store.database.storable_text import storable
from wellread.wire.runs import Question, RunLimits
from wellread.wire.view import Id

MODES: dict[str, Mode] = {"wellread-quick": "quick", "wellread-deep": "deep"}
_CONVERSATION = "conv_"
_PLAIN = ("text", None)


def refused(message: str) -> PydanticCustomError:
    """What a validator raises for a value that cannot be heeded and would change the result."""
    return PydanticCustomError("refused", "{message}", {"message": storable(message)})


def refusing(wrong: Callable[[Any], object], message: str) -> Callable[[object], object]:
    """A validator that refuses what is wrong, in these words."""

    def checked(value: object) -> object:
        if wrong(value):
            raise refused(message)
        return value

    return checked


NO_PROBABILITIES = refusing(bool, "There are no log probabilities: an answer is checked text. Leave it out.")


def plain_text_only(wanted: object) -> object:
    """Refuses a format of the answer other than text."""
    if isinstance(wanted, dict) and wanted.get("type") not in _PLAIN:
        raise refused("Wellread writes Markdown: an answer cannot be bound to JSON. Leave it out.")
    return wanted


def without_force(choice: object) -> object:
    """Refuses a tool that must be called: Wellread calls no tool of the request."""
    kind = choice.get("type", "function") if isinstance(choice, dict) else choice
    if kind not in (None, "auto", "none", "allowed_tools"):
        raise refused("Wellread calls no tools of a request. Leave it out, or say auto or none.")
    return choice


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _bare(value: object) -> object:
    return value.strip().removeprefix(_CONVERSATION) if isinstance(value, str) else value


class RequestMetadata(BaseModel):
    """What can be said to Wellread beside the question. Values are text, as metadata has them; other keys are
    ignored."""

    model_config = ConfigDict(extra="ignore")

    product_ids: Annotated[list[Id], BeforeValidator(_listed)] = Field(
        default_factory=list, max_length=200, description="Search these titles and no others; commas between."
    )
    conversation_id: Annotated[str, BeforeValidator(_bare)] = Field(
        default="",
        max_length=32,
        description="Go on with this conversation; earlier messages are not read then.",
    )
    model: str = Field(
        default="", max_length=300, description="The language model of the run, as `provider/model`."
    )
    max_steps: int | None = Field(default=None, ge=1, le=100)
    max_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    max_input_tokens: int | None = Field(default=None, gt=0)
    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="In US dollars.")

    _given: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _kept(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        metadata = handler(given)
        if isinstance(given, dict):
            metadata._given = {
                storable(key): storable(value) for key, value in given.items() if isinstance(value, str)
            }
        return metadata

    @property
    def given(self) -> dict[str, str]:
        """All that was sent, as responses repeat it."""
        return self._given


class OpenAIRequest(BaseModel):
    """Fields of both interfaces. What is not here is ignored, whatever it holds."""

    model_config = ConfigDict(extra="ignore", strict=True)

    model: str = Field(description="`wellread-quick` or `wellread-deep` (DeepSearch).")
    stream: bool | None = None
    metadata: Annotated[RequestMetadata, Field(strict=False)] | None = None
    tool_choice: object = None
    top_logprobs: object = None

    _choice = field_validator("tool_choice")(without_force)
    _probabilities = field_validator("top_logprobs")(NO_PROBABILITIES)

    async def run_request(
        self,
        question: str,
        history: Iterable[Exchange],
        output_tokens: int | None,
        caller: Caller,
        library: Wellread,
        *,
        conversation_id: str = "",
    ) -> RunRequest:
        """Raises NotFoundError for a model that is none of the two, and as `request_of` does."""
        if self.model not in MODES:
            raise unknown_model(self.model)
        said = self.metadata or RequestMetadata()
        asked = Question(
            question=question,
            product_ids=said.product_ids,
            mode=MODES[self.model],
            model=said.model,
            limits=RunLimits(
                steps=said.max_steps,
                seconds=said.max_seconds,
                input_tokens=said.max_input_tokens,
                output_tokens=output_tokens,
                cost=said.max_cost,
            ),
            conversation_id=conversation_id or said.conversation_id,
        )
        return replace(await request_of(asked, caller, library), history=tuple(history))


class ConversationReference(BaseModel):
    """A conversation by its id."""

    id: Annotated[str, BeforeValidator(_bare)] = Field(max_length=32)


def conversation_object(conversation_id: str) -> dict[str, Any]:
    return {"id": f"{_CONVERSATION}{conversation_id}"}


def unknown_model(name: str) -> NotFoundError:
    return NotFoundError(
        f"There is no model {name[:100]!r} here.",
        hint=f"Use {' or '.join(MODES)}; metadata.model names the language model behind them.",
    )
