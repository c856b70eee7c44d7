"""`/mcp`: the MCP server over streamable HTTP.

No session is kept: a client may come back to another process, or after a restart. What a client names as its session
only serves to cancel a call by a second request, as clients of the protocol until 2025-11-25 do; those of later
versions close the call's stream.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from fastapi import Request, Response
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from wellread.serving.request import Caller
from wellread.serving.runtime import Runtime
from wellread.web.http.callers import current_caller
from wellread.web.mcp.calls import CallKey, Calls
from wellread.web.mcp.server import Context, mcp_server

_SESSION = "mcp-session-id"
_VERSION = "mcp-protocol-version"
_CALLER = "wellread.caller"  # in a request's scope
_CANCELLED = "notifications/cancelled"


class McpEndpoint:
    """An ASGI app for one path, which serves while `at_work` lasts."""

    def __init__(self, runtime: Runtime) -> None:
        self._calls = Calls()
        self._server = mcp_server(runtime, _caller, self._calls, _key)
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        # The SDK's own check of Host and Origin is left off: web.security makes it for every path.
        self._manager = StreamableHTTPSessionManager(self._server, stateless=True)
        async with self._manager.run():
            yield
        self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises UnauthorizedError for a caller who is not known, and TooManyError."""
        request = Request(scope, receive)
        scope[_CALLER] = await current_caller(request)
        if self._manager is None:
            raise RuntimeError("use `async with endpoint.at_work()`")
        if request.method != "POST":
            # A stream that a client opens by GET would carry nothing: all that is said belongs to a call.
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        session = request.headers.get(_SESSION, "")
        if session:
            body = await request.body()
            if cancelled := _cancelled(body):
                self._calls.cancel(CallKey(scope[_CALLER].account_id, session, cancelled))
                await Response(status_code=202)(scope, receive, send)
                return
            receive = _again(body, receive)
        elif _VERSION not in request.headers:
            send = _with_session(send)
        await self._manager.handle_request(scope, receive, send)


def _caller(context: Context) -> Caller:
    return cast(Caller, _request(context).scope[_CALLER])


def _key(context: Context) -> CallKey | None:
    session = _request(context).headers.get(_SESSION, "")
    return CallKey(_caller(context).account_id, session, str(context.request_id)) if session else None


def _request(context: Context) -> Request:
    return cast(Request, context.request)


def _cancelled(body: bytes) -> str:
    """The id of the request that a notification cancels; "" for anything else."""
    if _CANCELLED.encode() not in body:
        return ""
    try:
        match json.loads(body):
            case {"method": str(method), "params": {"requestId": str() | int() as request}}:
                return str(request) if method == _CANCELLED else ""
    except (ValueError, RecursionError):
        pass  # the SDK says what is wrong with it
    return ""


def _again(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, and then what follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _with_session(send: Send) -> Send:
    """Name a session in the response to a client's first request, which has none and states no version."""

    async def send_with_session(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            MutableHeaders(scope=message).setdefault(_SESSION, uuid.uuid4().hex)
        await send(message)

    return send_with_session
