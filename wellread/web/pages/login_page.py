"""`/login`: by name and password, or by the server's token. It says nothing about the library."""

from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from wellread.errors import UnauthorizedError
from wellread.web.http.callers import current_caller
from wellread.web.http.credentials import presented_session
from wellread.web.http.state import server_of
from wellread.web.pages.page import page_of

router = APIRouter(include_in_schema=False)
_HOME = "/"
_LOGIN = "login"
_LONGEST = 2000  # characters of an address that is gone on to


@router.get("/login")
async def login(request: Request, next: str = "") -> Response:  # the name of the parameter
    """The forms; whoever is known, or need not be, goes on to `next`."""
    target = place_on_this_server(next)
    if server_of(request).access.is_open or await _is_logged_in(request):
        return RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
    return page_of(request, None).html("login.html", target=target)


def place_on_this_server(address: str) -> str:
    """The address, if a browser that goes there stays on this server and does not come back to the login; else `/`.

    Browsers take a backslash for a slash, and leave out tabs and line breaks: what has such characters is refused.
    """
    plain = address.isprintable() and " " not in address and "\\" not in address
    if not (plain and len(address) <= _LONGEST and address.startswith("/") and not address.startswith("//")):
        return _HOME
    try:
        parts = urlsplit(address)
    except ValueError:
        return _HOME
    steps = [step for step in unquote(parts.path).split("/") if step not in ("", ".")]
    # A path with steps back leads who knows where; no page has one.
    if parts.scheme or parts.netloc or ".." in steps or steps == [_LOGIN]:
        return _HOME
    return address


async def _is_logged_in(request: Request) -> bool:
    if not presented_session(request):
        return False
    try:
        await current_caller(request)
    except UnauthorizedError:
        return False
    return True
