"""Errors as a reader sees them: a page with what is wrong and what to do, and the way to the login."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from wellread.errors import NotFoundError, UnauthorizedError, WellreadError, public_error
from wellread.serving.request import OWNER
from wellread.web.http.problems import problem_response
from wellread.web.http.state import server_of
from wellread.web.pages.page import page_of, wants_page

_PROGRAMS = ("/api/", "/v1/", "/mcp", "/metrics", "/health", "/ready", "/static/")


def add_problem_pages(app: FastAPI) -> None:
    """Have the errors of pages shown as pages; call it after `add_problems`."""
    others = dict(app.exception_handlers)

    async def family(request: Request, error: Exception) -> Response:
        if not isinstance(error, WellreadError) or not _is_page(request):
            return await _other(others[WellreadError], request, error)
        return _shown(request, error)

    async def http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException) or error.status_code != 404 or not _is_page(request):
            return await _other(others[HTTPException], request, error)
        return _shown(request, _nothing())

    async def invalid(request: Request, error: Exception) -> Response:
        if not _is_page(request):
            return await _other(others[RequestValidationError], request, error)
        return _shown(request, _nothing())

    app.add_exception_handler(WellreadError, family)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _shown(request: Request, error: WellreadError) -> Response:
    if isinstance(error, UnauthorizedError) and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)
    told = public_error(error)
    caller = OWNER if server_of(request).access.is_open else None
    response = page_of(request, caller).html(
        "problem.html", status=problem_response(error).status_code, problem=told
    )
    for name, value in problem_response(error).headers.items():
        if name == "retry-after":
            response.headers[name] = value
    return response


def _is_page(request: Request) -> bool:
    return wants_page(request) and not request.url.path.startswith(_PROGRAMS)


def _nothing() -> NotFoundError:
    return NotFoundError("There is no such page.", hint="Ask a question, or look into the library.")


async def _other(handler: object, request: Request, error: Exception) -> Response:
    answer = handler(request, error)  # type: ignore[operator]  # an exception handler of `problems`, none of which waits
    return answer if isinstance(answer, Response) else await answer
