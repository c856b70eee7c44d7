"""The server itself: whether it is ready, its models, what runs took, and what errors look like."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from wellread import __version__
from wellread.events import Usage
from wellread.wire.view import View, example


class Health(View):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str = __version__


class Readiness(View):
    """What a question needs; `ready` is that all of it is there."""

    ready: bool
    database: str
    search: str
    embedder: str
    working: int  # runs under way in this process
    workers: int  # processes that work on runs; without one, questions wait


class ModelView(View):
    """A model, or, as `provider/…`, what there is to say of a provider."""

    model_config = example(name="openai/gpt-4.1", usable=True, note="", hint="")

    name: str
    usable: bool
    note: str
    hint: str = Field(description="What to do about one that cannot be used.")


class ModelsView(View):
    """The models of this server."""

    models: list[ModelView]
    connected: bool = Field(True, description="Whether there is any language model; else answers quote.")
    default: str = Field(description="Used when a question names none.")
    why: str


class Trial(View):
    """What came of one thing that was tried. `seconds` from the call on; `first_seconds` to the first text."""

    model_config = ConfigDict(frozen=True)

    name: str
    worked: bool
    said: str  # what the model gave, or what went wrong
    hint: str = ""
    seconds: float
    first_seconds: float | None = None
    tokens_per_second: float | None = None
    usage: Usage


class ModelTrial(View):
    """What came of trying a model."""

    model_config = example(model="openai/gpt-4.1", context_tokens=1_000_000, trials=[])

    model: str
    context_tokens: int = Field(description="Prompt and reply together.")
    trials: list[Trial] = Field(description="A structured reply, and a text that is streamed.")


_SUM: JsonDict = {
    "key": "2026-11-02",
    "runs": 3,
    "model_calls": 9,
    "input_tokens": 12000,
    "cached_tokens": 4000,
    "output_tokens": 1500,
    "cost": 0.04,
    "unpriced_calls": 0,
}


class SumView(View):
    """Runs that were begun, and what those of them took that have ended."""

    model_config = example(**_SUM)

    key: str = Field(description="A day in UTC, a model as run.started names it, or empty for the total.")
    runs: int
    model_calls: int
    input_tokens: int
    cached_tokens: int = Field(description="Of the input.")
    output_tokens: int
    cost: float = Field(description="In US dollars, of the calls whose price is known.")
    unpriced_calls: int


class UsageView(View):
    """Usage over some days, both included."""

    model_config = example(first="2026-10-04", last="2026-11-02", total={**_SUM, "key": ""}, groups=[_SUM])

    first: date
    last: date
    total: SumView
    groups: list[SumView] = Field(
        description="Days in order, without those when nothing was asked; models, the most used first."
    )


class FieldProblem(View):
    """A value of a request that is not as it must be."""

    field: str
    message: str


class Problem(View):
    """The body of every error."""

    model_config = example(
        type="about:blank",
        title="Not Found",
        status=404,
        detail="There is no run 'a1b2'.",
        hint="Ask again.",
        retryable=False,
        errors=[],
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str = ""
    retryable: bool = False
    errors: list[FieldProblem] = Field(default=[])
