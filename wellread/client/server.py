"""The server itself: whether it is ready, its models, and what runs took."""

from datetime import date
from typing import Literal

from wellread.client.protocol import Call, HttpRequest, reading
from wellread.wire.server import Health, ModelsView, ModelTrial, Readiness, UsageView


def health() -> Call[Health]:
    """Raises UnavailableError when it does not answer."""
    return Call(HttpRequest("GET", "health"), reading(Health))


def ready() -> Call[Readiness]:
    """What a question needs, and whether it is there."""
    return Call(HttpRequest("GET", "ready"), reading(Readiness), also=(503,))


def models() -> Call[ModelsView]:
    """The language models that a question may name."""
    return Call(HttpRequest("GET", "api/v1/models"), reading(ModelsView))


def try_model(name: str) -> Call[ModelTrial]:
    """Call a model once for a structured reply and once for a text. Only an admin may; with a model that is slow to
    open, give the client a long `timeout`."""
    return Call(
        HttpRequest("POST", "api/v1/models/try", json={"model": name}, repeatable=False), reading(ModelTrial)
    )


def usage(
    first: date | None = None,
    last: date | None = None,
    *,
    group: Literal["day", "model"] = "day",
    of_all: bool = False,
) -> Call[UsageView]:
    """What runs took: of the last 30 days, if no others are given; of all callers only for an admin."""
    params = {"group": group, "caller": "all" if of_all else "me"}
    params |= {"from": first.isoformat()} if first else {}
    params |= {"to": last.isoformat()} if last else {}
    return Call(HttpRequest("GET", "api/v1/usage", params=params), reading(UsageView))
