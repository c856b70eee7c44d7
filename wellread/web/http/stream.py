"""Streams of server-sent events (the WHATWG HTML standard, §9.2), to a listener that may freeze or go away."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from wellread.store.event_log import E, StoredEvent
from wellread.web.http.connection import abort, hold_little

FROZEN = 20.0  # seconds that a listener may take no bytes before it is dropped
ALIVE = b": alive\n\n"
_RETRY_MS = 1000
_HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx and those that learned from it pass each event on at once
}
BEGINNING = f"retry: {_RETRY_MS}\n\n"
_T = TypeVar("_T")


class ByteStream(Response):
    """Sends the pieces of `source`, which is closed when the listener leaves. `attended` is entered before the first
    piece and left after the last, whatever ends the stream."""

    media_type = "text/event-stream"

    def __init__(
        self,
        source: AsyncGenerator[bytes, None],
        *,
        attended: AbstractAsyncContextManager[object] | None = None,
        frozen: float = FROZEN,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._source = source
        self._attended = attended or nullcontext()
        self._frozen = frozen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hold_little(scope)
        async with self._attended:
            await until_left(self._send(scope, send), receive)

    async def _send(self, scope: Scope, send: Send) -> None:
        async def chunk(body: bytes, *, more: bool = True) -> None:
            async with asyncio.timeout(self._frozen):
                await send({"type": "http.response.body", "body": body, "more_body": more})

        try:
            async with asyncio.timeout(self._frozen):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with aclosing(self._source) as source:
                async for piece in source:
                    await chunk(piece)
            await chunk(b"", more=False)
        except TimeoutError:
            abort(scope)  # what waits to be sent to it is forgotten


class EventStream(ByteStream):
    """Sends what `feed` gives. An event's number is its id, by which a listener goes on (`Last-Event-ID`)."""

    def __init__(
        self, feed: AsyncGenerator[Sequence[StoredEvent[E]], None], *, frozen: float = FROZEN
    ) -> None:
        super().__init__(_events(feed), frozen=frozen)


async def until_left(work: Coroutine[Any, Any, _T], receive: Receive) -> _T | None:
    """What `work` comes to; it is cancelled when the listener closes the connection, and None comes of it."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _events(feed: AsyncGenerator[Sequence[StoredEvent[E]], None]) -> AsyncGenerator[bytes, None]:
    yield BEGINNING.encode()
    async with aclosing(feed) as followed:
        async for events in followed:
            yield "".join(map(_event, events)).encode() if events else ALIVE


def _event(event: StoredEvent[E]) -> str:
    return f"id: {event.seq}\ndata: {event.body}\n\n"


async def _left(receive: Receive) -> None:
    """Returns when the listener has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
