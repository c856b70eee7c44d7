"""Errors below `/v1` in the shape that clients of OpenAI read: `{"error": {"message", "type", "param", "code"}}`."""

import json
import re
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wellread.web.http.problems import MEDIA_TYPE
from wellread.wire.server import Problem

_PLACE = "/v1"
_CODES = {
    401: "invalid_api_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "request_too_large",
    429: "rate_limit_exceeded",
}
_TYPES = {429: "rate_limit_error"}
_TRIED_AGAIN = (408, 409, 429)  # by the client of OpenAI, beside all from 500 on
_INVALID = 422
_INDEX = re.compile(r"\.(\d+)(?=\.|$)")


class OpenAIErrors:
    """Turns every problem+json below `/v1` into that shape, whichever part of the server it comes from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_below(scope["path"]):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_translated(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            elif not body:
                # The server's problems come in one piece; what follows it only closes the connection.
                body, headers = _translated(message["body"], start)
                status = 400 if start["status"] == _INVALID else start["status"]
                await send({**start, "status": status, "headers": headers})
                await send({**message, "body": body})
            else:
                await send(message)

        await self._app(scope, receive, send_translated)


def error_object(status: int, message: str, *, param: str | None = None) -> dict[str, Any]:
    """The body of an error, or what a stream carries in place of a chunk."""
    kind = "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error")
    return {
        "error": {
            "message": message,
            "type": kind,
            "param": param,
            "code": _CODES.get(status, kind),
        }
    }


def _translated(body: bytes, start: Message) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    problem = Problem.model_validate_json(body)
    status = 400 if problem.status == _INVALID else problem.status
    if problem.errors:
        first = problem.errors[0]
        param: str | None = _INDEX.sub(r"[\1]", first.field)
        message = f"{param}: {first.message}"
    else:
        param, message = None, f"{problem.detail} {problem.hint}".strip()
    content = json.dumps(error_object(status, message, param=param), ensure_ascii=False).encode()
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(content))
    if (status >= 500 or status in _TRIED_AGAIN) and not problem.retryable:
        headers["x-should-retry"] = "false"  # a question asked again costs again
    return content, headers.raw


def _is_below(path: str) -> bool:
    return path == _PLACE or path.startswith(f"{_PLACE}/")


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith(MEDIA_TYPE)
