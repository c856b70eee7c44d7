"""A stream of numbered events that is cut off at times: told without a connection.

`Following` knows which event comes next, so after a cut the stream goes on there (`Last-Event-ID`), and no event comes
twice or is left out. The parsing of the stream itself is httpx2's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from wellread.client.problems import error_of_reply, retry_after
from wellread.client.protocol import PASSING, HttpRequest, not_reached
from wellread.client.retry import Patience
from wellread.errors import UnavailableError
from wellread.events import Event

E = TypeVar("E")
LARGEST_EVENT = 64 * 1024 * 1024
_LONGEST_PAUSE = 60.0  # seconds of `retry:` that are believed


class _Numbered(BaseModel):
    """What is known of an event of any type."""

    seq: int
    type: str


@dataclass(frozen=True, slots=True)
class StreamKind(Generic[E]):
    """The events of a stream: the types that are known, how one is read, and which are the last."""

    types: frozenset[str]
    read: Callable[[str], E]
    last: frozenset[str]


def types_of(kinds: Iterable[type[Event]]) -> frozenset[str]:
    """The names of types of events."""
    return frozenset(str(kind.model_fields["type"].default) for kind in kinds)


class Following(Generic[E]):
    """One listener of one stream."""

    def __init__(self, path: str, kind: StreamKind[E], after: int, patience: Patience) -> None:
        self._path = path
        self._kind = kind
        self._position = after
        self._patience = patience
        self._wait = 0.0
        self._ended = False

    def goes_on(self) -> bool:
        """Whether the last event is still to come."""
        return not self._ended

    @property
    def request(self) -> HttpRequest:
        """What opens the stream, or opens it again."""
        return HttpRequest(
            "GET",
            self._path,
            headers={"Accept": "text/event-stream", "Last-Event-ID": str(self._position)},
        )

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """No stream came, but this. Raises what it says unless it may pass."""
        if status == HTTPStatus.NO_CONTENT:
            self._ended = True
            return
        error = error_of_reply(status, headers, body)
        if status not in PASSING:
            raise error
        self._wait = self._patience.after(error, at_least=retry_after(headers))

    def told(self, sse: httpx2.ServerSentEvent) -> Iterator[E]:
        """The event that arrived: none for one that had arrived before, or of a type that is not known.

        Raises httpx2.TransportError for what cannot be part of the stream: it is opened anew then.
        """
        if sse.retry is not None and sse.retry >= 0:
            self._patience.first = min(sse.retry / 1000, _LONGEST_PAUSE)
        if not sse.data:
            return
        try:
            numbered = _Numbered.model_validate_json(sse.data, extra="ignore")
            known = numbered.type in self._kind.types
            event = self._kind.read(sse.data) if known else None
        except ValidationError as error:
            raise httpx2.RemoteProtocolError("an event that is none") from error
        if numbered.seq <= self._position:
            return
        if numbered.seq > self._position + 1:
            raise httpx2.RemoteProtocolError("an event is missing")
        self._position = numbered.seq
        self._patience.renew()
        self._ended = numbered.type in self._kind.last
        if event is not None:
            yield event

    def lost(self, error: httpx2.TransportError | None = None) -> None:
        """The connection is gone before the stream has ended. Raises UnavailableError when patience has ended."""
        unreachable = (
            not_reached(error)
            if error is not None
            else UnavailableError("The server ended the stream early.", hint="Follow the run again later.")
        )
        self._wait = self._patience.after(unreachable)

    def pause(self) -> float:
        """The seconds to wait before `request` is sent again."""
        wait, self._wait = self._wait, 0.0
        return wait
