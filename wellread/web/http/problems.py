"""Errors as they are sent: `application/problem+json` (RFC 9457) with a hint that says what to do."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from wellread.errors import TooManyError, UnauthorizedError, WellreadError, public_error
from wellread.wire.server import FieldProblem, Problem

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER = 2  # seconds after which what is unavailable may be tried again
_UNPARSED = "There was an error parsing the body"  # FastAPI's words for what its JSON parser breaks on
_MOST_FIELDS = 20  # of a request's mistakes that are named
_log = logging.getLogger(__name__)


def problem_response(error: WellreadError) -> Response:
    """An error of the family, with Retry-After where the caller may come back."""
    error = public_error(error)
    headers = {}
    if isinstance(error, TooManyError):
        headers["Retry-After"] = str(error.retry_after)
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE or error.retryable:
        headers["Retry-After"] = str(_RETRY_AFTER)
    if isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    # A full disk or a lost database is the server's state and not the request's fault.
    status = 503 if error.status == HTTPStatus.INSUFFICIENT_STORAGE else error.status
    return _response(status, error.message, error.hint, headers, retryable=error.retryable)


def add_problems(app: FastAPI) -> None:
    """Have every error of `app` sent this way."""
    app.add_exception_handler(WellreadError, _family)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def describe_problems(app: FastAPI) -> None:
    """Say in the OpenAPI document of `app` what an error looks like, at every operation that does not say so itself."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        document = generate()
        if fresh:
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document["components"]["schemas"]
            schemas |= {**schema.pop("$defs", {}), "Problem": schema}
            content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            for path in document["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)  # FastAPI's own shape, which is not sent
                    operation["responses"].setdefault(
                        "default", {"description": "What is wrong, and what to do.", "content": content}
                    )
        return document

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation has it


def _family(_: Request, error: Exception) -> Response:
    if not isinstance(error, WellreadError):
        raise error
    return problem_response(error)


def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if any(found["type"] == "json_invalid" for found in error.errors()):
        return _no_json()
    fields = [
        FieldProblem(field=".".join(map(str, found["loc"][1:])) or "body", message=found["msg"])
        for found in error.errors()[:_MOST_FIELDS]
    ]
    first = f"{fields[0].field}: {fields[0].message}" if fields else "It cannot be read."
    return _response(
        422,
        f"The request is not as it must be. {first}",
        "The page docs/api.md and /api/v1/openapi.json say what each request may hold.",
        errors=fields,
    )


def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.detail == _UNPARSED:
        return _no_json()
    hint = "The interface is described at /api/v1/openapi.json." if error.status_code in (404, 405) else ""
    return _response(error.status_code, str(error.detail), hint, error.headers)


def _no_json() -> Response:
    hint = 'Send an object, as in {"question": "What is delegation?"}.'
    return _response(400, "The body is no JSON in UTF-8.", hint)


def _unexpected(_: Request, error: Exception) -> Response:
    hint = "This is a defect: please report it with the lines that the server printed."
    return _response(500, f"An unexpected error: {type(error).__name__}.", hint)


def _response(
    status: int,
    detail: str,
    hint: str,
    headers: Mapping[str, str] | None = None,
    *,
    retryable: bool = False,
    errors: Sequence[FieldProblem] = (),
) -> Response:
    problem = Problem(
        title=_phrase(status),
        status=status,
        detail=detail,
        hint=hint,
        retryable=retryable,
        errors=list(errors),
    )
    # A request may hold half of a surrogate pair, and its mistakes are told in its own words.
    body = json.dumps(problem.model_dump(), ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
