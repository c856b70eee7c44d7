"""The server itself: whether it is ready, its models, and what runs took."""

from datetime import date
from typing import Literal

from wellread.client.protocol import Call, HttpRequest, View, reading
from wellread.events import Usage


class Health(View):
    status: str
    version: str


class Readiness(View):
    """What a question needs; `ready` is that all of it is there."""

    ready: bool
    database: str
    search: str
    embedder: str
    working: int


class Model(View):
    """A language model; `hint` is what to do about one that cannot be used."""

    name: str
    usable: bool
    note: str
    hint: str


class Models(View):
    """`default` is used when a question names none, and `why`."""

    models: tuple[Model, ...]
    default: str
    why: str


class Trial(View):
    """One thing that was tried: what the model `said`, or what went wrong, with what to do about it."""

    name: str
    worked: bool
    said: str
    hint: str
    seconds: float
    first_seconds: float | None
    tokens_per_second: float | None
    usage: Usage


class ModelTrial(View):
    """What came of trying a model; `context_tokens` is how much it can read and write together."""

    model: str
    context_tokens: int
    trials: tuple[Trial, ...]


class Sum(View):
    """Runs that were begun, and what those of them took that have ended. `key` is a day, a model, or empty."""

    key: str
    runs: int
    model_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float
    unpriced_calls: int


class UsageOverDays(View):
    """Of both days and those between."""

    first: date
    last: date
    total: Sum
    groups: tuple[Sum, ...]


HEALTH = Call(HttpRequest("GET", "health"), reading(Health))
READINESS = Call(HttpRequest("GET", "ready"), reading(Readiness), also=(503,))
MODELS = Call(HttpRequest("GET", "api/v1/models"), reading(Models))


def try_model(name: str) -> Call[ModelTrial]:
    return Call(
        HttpRequest("POST", "api/v1/models/try", json={"model": name}, repeatable=False), reading(ModelTrial)
    )


def usage(
    first: date | None, last: date | None, group: Literal["day", "model"], *, of_all: bool
) -> Call[UsageOverDays]:
    params = {"group": group, "caller": "all" if of_all else "me"}
    params |= {"from": first.isoformat()} if first else {}
    params |= {"to": last.isoformat()} if last else {}
    return Call(HttpRequest("GET", "api/v1/usage", params=params), reading(UsageOverDays))
