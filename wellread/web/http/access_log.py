"""What is told of requests to those who run the server: a line and a figure for each, also for those refused early."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wellread.serving.metrics import Metrics

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OFTEN = (
    "/health",
    "/ready",
    "/metrics",
    "/static/{digest}/{path:path}",
)  # by machines, all day; with each page
_log = logging.getLogger(__name__)


class AccessLog:
    """Goes around everything else. The route is told as its template, for a path may hold the token of a link."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0
        answered = began

        async def send_noted(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], time.perf_counter()
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            self._tell(scope, status, answered - began, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, to_answer: float, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = str(getattr(scope.get("route"), "path", "none"))
        self._metrics.requests.labels(method, route, str(status) if status else "none").inc()
        if status:
            self._metrics.request_seconds.labels(route).observe(to_answer)
        told = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        if caller := caller_of(scope):
            told["caller"] = caller
        _log.log(_level(route, status), "request", extra=told)


def _level(route: str, status: int) -> int:
    if status >= 500:
        # That it is not ready yet is what it was asked, and no defect.
        return logging.INFO if (route, status) == ("/ready", 503) else logging.ERROR
    return logging.DEBUG if route in _OFTEN else logging.INFO


def note_caller(scope: Scope, account_id: str) -> None:
    """Have the request's line say who sent it."""
    scope.setdefault("state", {})["caller"] = account_id or "owner"


def caller_of(scope: Scope) -> str:
    """Who sent it, "" where nobody had to say."""
    return str(scope.get("state", {}).get("caller", ""))
