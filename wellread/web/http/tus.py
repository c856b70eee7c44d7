"""The tus protocol 1.0 (https://tus.io/protocols/resumable-upload) as it is spelt: versions, headers, refusals."""

import base64
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from wellread.errors import BadRequestError, ConflictError, WellreadError
from wellread.web.http.problems import problem_response
from wellread.web.http.state import server_of

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
BYTES = "application/offset+octet-stream"
_ABOUT = "docs/uploads.md and https://tus.io say how files are sent."
_MOST_BYTES = 1 << 62


class OtherVersionError(WellreadError):
    """A request of another version of the protocol, or of none."""

    status = 412


class OtherTypeError(WellreadError):
    """Bytes that are not sent as such."""

    status = 415


class BusyError(ConflictError):
    """Another request is writing to the same upload."""

    status = 423
    retryable = True


class TusRoute(APIRoute):
    """Refuses other versions of the protocol, and gives each response, errors too, the protocol's headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def tus(request: Request) -> Response:
            try:
                if request.method not in ("OPTIONS", "GET"):
                    _check_version(request.headers)
                response = await answer(request)
            except WellreadError as error:
                response = problem_response(error)
            response.headers["Tus-Resumable"] = VERSION
            if response.status_code == HTTPStatus.PRECONDITION_FAILED:
                response.headers["Tus-Version"] = VERSION
            if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                response.headers["Tus-Max-Size"] = str(server_of(request).library.settings.upload_mb << 20)
            return response

        return tus


def length(headers: Mapping[str, str]) -> int:
    """`Upload-Length`. Raises BadRequestError."""
    return _number(headers, "upload-length")


def offset(headers: Mapping[str, str]) -> int:
    """`Upload-Offset`. Raises BadRequestError."""
    return _number(headers, "upload-offset")


def sends_bytes(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == BYTES


def check_bytes(headers: Mapping[str, str]) -> None:
    """Raises OtherTypeError for a body that is not sent as bytes."""
    if not sends_bytes(headers):
        raise OtherTypeError("The bytes have another Content-Type.", hint=f"Send them as {BYTES}.")


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """`Upload-Metadata`: keys with values in Base64. Raises BadRequestError."""
    found = {}
    for pair in filter(None, (part.strip() for part in headers.get("upload-metadata", "").split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except ValueError as error:  # also binascii.Error; a header may hold any byte
            raise BadRequestError(
                f"Upload-Metadata has a {key[:50]!r} that is no Base64.", hint=_ABOUT
            ) from error
    return found


def spelt(found: Mapping[str, str]) -> str:
    """The same as a header."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in found.items())


def _check_version(headers: Mapping[str, str]) -> None:
    version = headers.get("tus-resumable")
    if version != VERSION:
        given = f"tus {version[:20]}" if version else "no header Tus-Resumable"
        raise OtherVersionError(f"The request has {given}.", hint=f"Send Tus-Resumable: {VERSION}. {_ABOUT}")


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or int(text) > _MOST_BYTES:
        shown = "-".join(part.capitalize() for part in name.split("-"))
        raise BadRequestError(f"{shown} is {text[:30]!r}, which is no number of bytes.", hint=_ABOUT)
    return int(text)
