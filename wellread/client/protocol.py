"""Requests and replies as values, and what the client does between them: told without doing it.

A `Talk` is a generator that is given outcomes and yields what is to be done next. A connection only carries it out.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeAlias, TypeVar

import httpx2
from pydantic import TypeAdapter, ValidationError

from wellread.client.problems import error_of_reply, retry_after
from wellread.client.retry import Patience
from wellread.errors import UnavailableError, WellreadError

T = TypeVar("T")
PASSING = (408, 425, 429, 502, 503, 504)  # what may be otherwise a little later
_UNCLEAR = (408, 502, 504)  # of those, what leaves open whether the server has done what it was asked for


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str
    params: Mapping[str, str | int | list[str]] = field(default_factory=dict)
    json: object = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True  # whether twice is as good as once, when nobody knows if it arrived

    @property
    def arguments(self) -> dict[str, Any]:
        """As httpx2 takes them."""
        names = ("method", "params", "json", "content", "headers")
        return {"url": self.path, **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class HttpReply:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and how its reply is read."""

    request: HttpRequest
    read: Callable[[HttpReply], T]
    also: tuple[int, ...] = ()  # statuses that are read beside those of success


Outcome: TypeAlias = HttpReply | httpx2.TransportError | None  # None: the pause is over
Talk: TypeAlias = Generator[HttpRequest | Pause, Outcome, T]


def reading(kind: type[T]) -> Callable[[HttpReply], T]:
    """Reads a reply's JSON as that type. What a newer server adds is passed over."""
    adapter = TypeAdapter(kind)

    def read(reply: HttpReply) -> T:
        try:
            return adapter.validate_json(reply.body, extra="ignore")
        except ValidationError as error:
            raise UnavailableError(
                f"What answers is no Wellread server, or one of another version: {error.errors()[0]['msg']}.",
                hint="Check the address; the server tells its version at /health.",
            ) from error

    return read


def nothing(_: HttpReply) -> None:
    """Reads nothing from a reply."""


def talk(call: Call[T], patience: Patience) -> Talk[T]:
    """Send a request until it is answered, as long as patience lasts. Raises what the answer says.

    One that is not repeatable is sent again only when it certainly had no effect. What a DELETE does not find that
    was sent before is what it has deleted.
    """
    request = call.request
    unclear = False  # whether one that was sent before may have had its effect
    while True:
        outcome = yield request
        if isinstance(outcome, HttpReply):
            gone = request.method == "DELETE" and unclear and outcome.status == HTTPStatus.NOT_FOUND
            if outcome.is_success or outcome.status in call.also or gone:
                return call.read(outcome)
            error = error_of_reply(outcome.status, outcome.headers, outcome.body)
            may_have_happened = outcome.status in _UNCLEAR
            if outcome.status not in PASSING or (may_have_happened and not request.repeatable):
                raise error
            yield Pause(patience.after(error, at_least=retry_after(outcome.headers)))
        elif outcome is not None:
            unreachable = not_reached(outcome)
            may_have_happened = not isinstance(outcome, httpx2.ConnectError)
            if may_have_happened and not request.repeatable:
                raise unreachable from outcome
            yield Pause(patience.after(unreachable))
        else:
            may_have_happened = False
        unclear = unclear or may_have_happened


def error_of_outcome(outcome: Outcome) -> WellreadError:
    """Why there is no success."""
    if isinstance(outcome, HttpReply):
        return error_of_reply(outcome.status, outcome.headers, outcome.body)
    return not_reached(outcome or httpx2.TransportError("no answer"))


def not_reached(error: httpx2.TransportError) -> UnavailableError:
    return UnavailableError(
        f"The server does not answer: {error or type(error).__name__}.",
        hint="Is the address right, and does it run? `wellread serve` starts one.",
    )
