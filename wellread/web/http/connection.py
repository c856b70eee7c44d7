"""HTTP connections that do not wait for ever: uvicorn's protocol with limits on what a peer may leave undone.

uvicorn 0.54 limits how long a connection may idle between two requests. It waits without an end for the first request,
for a head that arrives byte by byte, and for a listener that does not read what is sent.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from wellread.errors import UnavailableError
from wellread.web.http.problems import problem_response

HEAD_SECONDS = (
    10.0  # from the beginning of a connection, or the end of a response, to the end of a request's head
)
STALL_SECONDS = 120.0  # in which a listener takes nothing of what waits for it
ABORT = "wellread.abort"  # in the scope's extensions: what an application calls to drop a connection
HOLD_LITTLE = "wellread.hold_little"  # and to have little held of what its listener does not take
_LITTLE = 16 * 1024  # bytes; the system holds as much again, and twice that


class HttpConnection(H11Protocol):
    """For `uvicorn.Config(http=Connection)`.

    With `limit_concurrency`, connections beyond that number get 503 for their requests, and beyond twice that number
    they are dropped at once, which keeps file descriptors for those who are served.
    """

    head_seconds = HEAD_SECONDS
    stall_seconds = STALL_SECONDS
    busy: ASGIApp  # answers a request for which there is no room

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = self.limit_concurrency
        self.limit_concurrency = None  # uvicorn's own answer is no problem+json and has no security headers
        self._served = self.app
        self.app = self._serve
        self._head = _Timer(self.loop)
        self._stall = _Timer(self.loop)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self._most is not None and len(self.connections) > 2 * self._most:
            transport.abort()
            return
        self._head.start(self.head_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.cancel()
        self._stall.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        if not self.transport.is_closing():
            self._head.start(self.timeout_keep_alive + self.head_seconds, self.transport.abort)
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall.start(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._stall.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        # What follows a request can be no HTTP while that one is answered: there is no room for another answer.
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and (
            self.cycle is None or self.cycle.response_complete
        ):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _hold_little(self) -> None:
        self.transport.set_write_buffer_limits(high=_LITTLE)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LITTLE)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: strangers decide how often it would be said."""

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._head.cancel()
        scope["extensions"] = {
            **scope.get("extensions", {}),
            ABORT: self.transport.abort,
            HOLD_LITTLE: self._hold_little,
        }
        if self._most is not None and len(self.connections) > self._most:
            await self.busy(scope, receive, send)
        else:
            await self._served(scope, receive, send)


class _Timer:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._set: asyncio.TimerHandle | None = None

    def start(self, seconds: float, act: Callable[[], None]) -> None:
        self.cancel()
        self._set = self._loop.call_later(seconds, act)

    def cancel(self) -> None:
        if self._set is not None:
            self._set.cancel()
            self._set = None


def abort(scope: Scope) -> bool:
    """Drop the connection of a request at once, with what waits to be sent. False where the server cannot."""
    drop = scope.get("extensions", {}).get(ABORT)
    if drop is None:
        return False
    drop()
    return True


def hold_little(scope: Scope) -> None:
    """Notice soon that a listener takes nothing: by default the system alone holds megabytes for it."""
    hold = scope.get("extensions", {}).get(HOLD_LITTLE)
    if hold is not None:
        hold()


async def too_many_connections(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(
        UnavailableError("The server has too many connections.", hint="Try again in a moment.")
    )
    response.headers["connection"] = "close"
    await response(scope, receive, send)
