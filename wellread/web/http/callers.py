"""Who sends a request: the dependency of every route that does not serve everybody."""

import re
from typing import Annotated

from fastapi import Depends, Request

from wellread.errors import ForbiddenError, UnauthorizedError
from wellread.serving.request import OWNER, Caller
from wellread.web.http.access_log import note_caller
from wellread.web.http.credentials import address_of, presented_session, presented_token
from wellread.web.http.state import server_of

_PICTURE = re.compile(
    r"/library/[^/]+/(?:cover|(?:pages|pictures)/.+)"
)  # a page shows dozens: they are not counted


async def current_caller(request: Request) -> Caller:
    """The caller of a request. Raises UnauthorizedError, and TooManyError for one who asks too often."""
    caller = await _caller_of(request)
    note_caller(request.scope, caller.account_id)
    return caller


async def _caller_of(request: Request) -> Caller:
    server = server_of(request)
    access, rates = server.access, server.rates
    if access.is_open:
        return OWNER
    if token := presented_token(request.headers):
        caller = await access.caller_with_token(token)
    elif session := presented_session(request):
        caller = await access.caller_with_session(session)
    else:
        raise UnauthorizedError(
            "This needs a login.", hint="Log in, or send a token: Authorization: Bearer …."
        )
    if caller is None:
        rates.failures.take(address_of(request))
        raise UnauthorizedError(
            "That login is not valid, or not any more.", hint="Log in again, or use another token."
        )
    if not _PICTURE.fullmatch(request.url.path):
        rates.requests.take(caller.account_id)
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def check_admin(caller: Caller, what: str) -> None:
    """Raises ForbiddenError."""
    if not caller.is_admin:
        raise ForbiddenError(f"Only an admin may {what}.", hint="Ask an admin of this library.")
