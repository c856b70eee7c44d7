"""What a request carries to say who sends it: a token in a header, or a session in a cookie."""

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response

from wellread.store.accounts.accounts import SESSION_LIFE
from wellread.web.http.rates import network

COOKIE = "wellread_session"


def presented_token(headers: Headers) -> str:
    """The token in a header, which no page of another site can set; "" for none."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip()
    return headers.get("x-api-key", "").strip()


def presented_session(request: Request) -> str:
    return request.cookies.get(_cookie(request), "")


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Let the browser keep a session.

    SameSite=Lax, not Strict: a link in a mail opens an answer, and what changes something is checked for its origin.
    """
    response.set_cookie(
        _cookie(request),
        secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_session(request: Request, response: Response) -> None:
    response.delete_cookie(_cookie(request), secure=_is_secure(request), httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """Where a request comes from, as limits count it."""
    return network(request.client.host) if request.client else ""


def _cookie(request: Request) -> str:
    # A browser takes a cookie of that prefix from this very host only, and over HTTPS only.
    return f"__Host-{COOKIE}" if _is_secure(request) else COOKIE


def _is_secure(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")
