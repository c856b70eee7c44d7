"""Errors as a server sends them (`application/problem+json`), as errors of the family."""

from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, ValidationError

from wellread.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    LimitError,
    ModelError,
    NotFoundError,
    SlowRequestError,
    StorageError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
    UnreadableError,
    WellreadError,
)

_FAMILY: dict[int, type[WellreadError]] = {
    kind.status: kind
    for kind in (
        BadRequestError,
        UnauthorizedError,
        ForbiddenError,
        NotFoundError,
        SlowRequestError,
        ConflictError,
        LimitError,
        UnreadableError,
        TooManyError,
        ModelError,
        UnavailableError,
        StorageError,
    )
}
_LONGEST_WAIT = 3600.0  # seconds; a header that asks for more is not believed


class _Field(BaseModel):
    field: str
    message: str


class _Problem(BaseModel):
    """The body of an error. One from a proxy has none of it."""

    detail: str
    hint: str = ""
    retryable: bool = False
    errors: list[_Field] = []


def error_of(status: int, message: str, hint: str, *, retryable: bool) -> WellreadError:
    """The error of that status; one that the family lacks is the family's root with that status."""
    error = _FAMILY.get(status, WellreadError)(message, hint=hint)
    error.status = status
    error.retryable = retryable
    return error


def error_of_reply(status: int, headers: Mapping[str, str], body: bytes) -> WellreadError:
    """The error that a reply tells."""
    try:
        problem = _Problem.model_validate_json(body, extra="ignore")
    except ValidationError:
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "no phrase"
        return error_of(
            status,
            f"The answer is {status} ({phrase}).",
            "Something between here and the server may have sent it.",
            retryable=status in (502, 503, 504),
        )
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and problem.errors:
        # The request itself, not a file, cannot be read.
        error: WellreadError = BadRequestError(problem.detail, hint=problem.hint)
        error.status = status
        return error
    error = error_of(status, problem.detail, problem.hint, retryable=problem.retryable)
    if isinstance(error, TooManyError):
        error.retry_after = round(retry_after(headers)) or 1
    return error


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that a reply asks to wait; 0 when it does not say, or says it as a date."""
    value = headers.get("retry-after", "").strip()
    return min(float(value), _LONGEST_WAIT) if value.isascii() and value.isdecimal() else 0.0
