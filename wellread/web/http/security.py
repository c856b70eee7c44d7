"""What every request and response passes, before any route: headers, origin, size and pace of the body."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wellread.errors import BadRequestError, ForbiddenError, LimitError, SlowRequestError, WellreadError
from wellread.web.http.access import Access, is_forwarded, is_loopback
from wellread.web.http.credentials import COOKIE, presented_token
from wellread.web.http.problems import problem_response

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
REQUESTED_WITH = "wellread"  # what a page of ours says in X-Requested-With
_SAFE = ("GET", "HEAD", "OPTIONS")
_PRIVATE = ("/api/", "/v1/", "/mcp")
_UPLOADS = ("/api/v1/uploads", "/api/v1/library/files/")
_THREADS = ("/v1/", "/api/v1/agui")  # with each question they send all that was said before
_THREAD_MB = 8
_PORTS = {"http": 80, "https": 443}
_LEFTOVER_BYTES = 1024 * 1024
_LEFTOVER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large a request's body may be, and how slow."""

    size: int = 1024 * 1024
    sizes: Mapping[str, int] = field(default_factory=dict)  # by the beginning of the path; the longest counts
    pause_seconds: float = 15.0  # between two pieces
    grace_seconds: float = 30.0  # before the rate counts
    bytes_per_second: float = 1024.0

    def size_at(self, path: str) -> int:
        fitting = [prefix for prefix in self.sizes if path.startswith(prefix)]
        return self.sizes[max(fitting, key=len)] if fitting else self.size


def limits_with(upload_mb: int) -> BodyLimits:
    """The limits of a server whose uploads may have so many MiB."""
    return BodyLimits(
        sizes={**dict.fromkeys(_UPLOADS, upload_mb << 20), **dict.fromkeys(_THREADS, _THREAD_MB << 20)}
    )


class SecurityHeaders:
    """Gives every response the headers of `HEADERS` that it does not set itself, and keeps the API's out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(_PRIVATE):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class RequestOrigin:
    """Refuses what a page of another site makes a browser send, and WebSockets, which nothing here speaks."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            try:
                self._check(scope, Headers(scope=scope))
            except WellreadError as error:
                await _refuse(error, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if "websocket" in headers.get("upgrade", "").lower():
            raise BadRequestError("There is no WebSocket here.", hint="Read streams as server-sent events.")
        if self._access.is_open:
            _check_local(headers)
        if presented_token(headers):
            return
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        if scope["method"] in _SAFE:
            # A link may lead here; another site's images, scripts and fetches may not.
            if site in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
                raise _foreign()
            return
        if site is None and origin is None and COOKIE not in headers.get("cookie", ""):
            return  # no browser, and nothing that a browser adds by itself
        if site not in (None, "same-origin") or (origin is not None and not _is_own(origin, scope, headers)):
            raise _foreign()
        if site is None and origin is None:
            raise ForbiddenError(
                "A request with a session's cookie has to say which page it comes from.",
                hint="Browsers send Origin by themselves; programs use a token: Authorization: Bearer ….",
            )
        if headers.get("x-requested-with", "").lower() != REQUESTED_WITH:
            raise ForbiddenError(
                "The header X-Requested-With is missing.", hint=f"Send X-Requested-With: {REQUESTED_WITH}."
            )


class RequestBody:
    """Refuses a body that is too large or too slow: by its announced length before it is read, else while it is."""

    def __init__(
        self, app: ASGIApp, limits: BodyLimits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._limits = limits
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = self._limits.size_at(scope["path"])
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > size:
            await _refuse(_too_large(size), receive, send)
            return
        await _Body(self._app, self._limits, size, self._clock).pass_on(scope, receive, send)


class _Body:
    """One request on its way. What it is refused for replaces what the application makes of it."""

    def __init__(self, app: ASGIApp, limits: BodyLimits, size: int, clock: Callable[[], float]) -> None:
        self._app = app
        self._limits = limits
        self._size = size
        self._clock = clock
        self._received = 0
        self._waited = 0.0
        self._complete = False
        self._answered = False
        self._refusal: WellreadError | None = None

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_limited() -> Message:
            if self._refusal is not None:
                raise self._refusal
            if self._complete:
                return await receive()
            try:
                return await self._next(receive)
            except WellreadError as error:
                self._refusal = error
                raise

        async def send_unless_refused(message: Message) -> None:
            if self._refusal is None or self._answered:
                self._answered = True
                await send(message)

        try:
            await self._app(scope, receive_limited, send_unless_refused)
        except WellreadError as error:
            if error is not self._refusal or self._answered:
                raise
        if self._refusal is not None and not self._answered:
            await _refuse(self._refusal, receive, send)

    async def _next(self, receive: Receive) -> Message:
        limits = self._limits
        allowed = limits.grace_seconds + self._received / limits.bytes_per_second - self._waited
        began = self._clock()
        try:
            async with asyncio.timeout(max(0.0, min(limits.pause_seconds, allowed))):
                message = await receive()
        except TimeoutError as error:
            raise SlowRequestError(
                "The request did not arrive in time.", hint="Send it again, all at once."
            ) from error
        self._waited += self._clock() - began
        self._received += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        if self._received > self._size:
            raise _too_large(self._size)
        return message


async def _refuse(error: WellreadError, receive: Receive, send: Send) -> None:
    """Answer without the application and close the connection, whose body nobody reads to its end."""
    response = problem_response(error)
    response.headers["connection"] = "close"
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    if not isinstance(error, SlowRequestError):
        await _read_leftover(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read_leftover(receive: Receive) -> None:
    # A connection that is closed while bytes arrive is reset, and the reset can overtake the answer. So a little is
    # still read, and thrown away.
    left = _LEFTOVER_BYTES
    try:
        async with asyncio.timeout(_LEFTOVER_SECONDS):
            more = True
            while more and left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        return


def _check_local(headers: Headers) -> None:
    """Refuses what reaches an open server by another name (DNS rebinding) or through a proxy."""
    host = _host(headers)
    if not is_loopback(host):
        raise ForbiddenError(
            f"This server answers on this machine only, and not as {host[:100]!r}.",
            hint="Open it as http://127.0.0.1 or http://localhost, or start it with a token or accounts.",
        )
    if is_forwarded(headers):
        raise ForbiddenError(
            "This server has no login, so it does not answer through a proxy.",
            hint="Start it with a token or accounts: wellread serve --token, or wellread user add NAME.",
        )


def _host(headers: Headers) -> str:
    try:
        return (urlsplit(f"//{headers.get('host', '')}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_own(origin: str, scope: Scope, headers: Headers) -> bool:
    return _place(origin) == _place(f"{scope['scheme']}://{headers.get('host', '')}") is not None


def _place(address: str) -> tuple[Any, ...] | None:
    try:
        parts = urlsplit(address)
        return (parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]) if parts.hostname else None
    except (ValueError, KeyError):
        return None


def _foreign() -> ForbiddenError:
    return ForbiddenError(
        "This request comes from a page of another site.",
        hint="Behind a proxy with HTTPS, name the proxy's address to wellread serve, so that its headers are trusted.",
    )


def _too_large(size: int) -> LimitError:
    return LimitError("The request is too large.", hint=f"Send {size:,} bytes at most.")
