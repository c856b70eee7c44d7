"""The server itself: whether it is ready, its models, and what runs took."""

from datetime import date
from typing import Literal

from wellread.client.protocol import Call, HttpRequest, reading
from wellread.wire.server import Health, ModelsView, ModelTrial, Readiness, UsageView

HEALTH = Call(HttpRequest("GET", "health"), reading(Health))
READINESS = Call(HttpRequest("GET", "ready"), reading(Readiness), also=(503,))
MODELS = Call(HttpRequest("GET", "api/v1/models"), reading(ModelsView))


def try_model(name: str) -> Call[ModelTrial]:
    return Call(
        HttpRequest("POST", "api/v1/models/try", json={"model": name}, repeatable=False), reading(ModelTrial)
    )


def usage(
    first: date | None, last: date | None, group: Literal["day", "model"], *, of_all: bool
) -> Call[UsageView]:
    params = {"group": group, "caller": "all" if of_all else "me"}
    params |= {"from": first.isoformat()} if first else {}
    params |= {"to": last.isoformat()} if last else {}
    return Call(HttpRequest("GET", "api/v1/usage", params=params), reading(UsageView))
