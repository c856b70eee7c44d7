"""The server process: a socket, uvicorn, and an end that leaves nothing half done."""

import errno
import resource
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from wellread.errors import BadRequestError
from wellread.web.http.connection import HttpConnection, too_many_connections
from wellread.web.http.security import SecurityHeaders
from wellread.web.openai.errors import OpenAIErrors

_BACKLOG = 2048
_CONNECTIONS = 2000  # beyond which a server answers 503, and beyond twice that does not answer
_OTHER_FILES = 200  # that a process has open beside its connections
_KEEP_ALIVE = 15  # seconds that an idle connection stays open
_PORTS = 100  # that are tried for one that is free
_GRACE = 10  # seconds for requests under way when the server is stopped


class ServerConnection(HttpConnection):
    """A connection of this server, which answers in the shapes that its clients read when it has too many."""

    busy = SecurityHeaders(OpenAIErrors(too_many_connections))


class HttpServer(uvicorn.Server):
    """uvicorn, which first ends the streams when it is told to stop: their listeners come back to the next one."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, on_ready: Callable[[], None]) -> None:
        """`config` is that of `app` within its middlewares."""
        super().__init__(config)
        self._app = app
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """As uvicorn's, which ends by killing the process with the signal that stopped it. SIGTERM has done its work
        then, and what is open around the server is still to be closed."""
        with super().capture_signals():
            yield
            self._captured_signals[:] = [sig for sig in self._captured_signals if sig != signal.SIGTERM]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._app.state.server.runtime.feed.close()
        await self._app.state.server.importer.feed.close()
        await super().shutdown(sockets)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BadRequestError when the address cannot be had."""
    try:
        return _listening(host, port)
    except OSError as error:
        raise BadRequestError(
            f"{host} port {port} cannot be listened on: {error.strerror or error}.",
            hint="Another program may be there: choose another with --port.",
        ) from error


def bound_from(host: str, port: int) -> socket.socket:
    """A listening socket at `port`, or at the first one after it that no other program has. Raises BadRequestError as
    `bound` does, for any other reason."""
    for free in range(port, port + _PORTS):
        try:
            return _listening(host, free)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                break
    return bound(host, port)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def configuration(guarded: ASGIApp, proxies: Sequence[str] = ()) -> uvicorn.Config:
    """How uvicorn serves an app within its middlewares; `proxies` are the addresses that are believed when they say
    whom they forward."""
    return uvicorn.Config(
        guarded,
        http=ServerConnection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies) or None,
        limit_concurrency=_most_connections(),
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        backlog=_BACKLOG,
    )


def _most_connections() -> int:
    """As many as the process may have open, after it has asked for enough."""
    wanted = 2 * _CONNECTIONS + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = wanted if soft == resource.RLIM_INFINITY else soft
    return max(1, min(_CONNECTIONS, (room - _OTHER_FILES) // 2))
