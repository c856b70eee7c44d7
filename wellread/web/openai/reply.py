"""The response to a question on either wire: streamed, or whole when the run has ended."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from wellread.serving.attended_run import AttendedRun
from wellread.web.http.stream import ByteStream, until_left


class ToldRun(Protocol):
    """A run on a wire."""

    async def whole(self, attended: AttendedRun) -> dict[str, Any]: ...

    def streamed(self, attended: AttendedRun) -> AsyncGenerator[bytes, None]: ...


async def reply(told: ToldRun, attended: AttendedRun, request: Request, *, stream: bool | None) -> Response:
    if stream:
        return ByteStream(told.streamed(attended), attended=attended)
    async with attended:
        whole = await until_left(told.whole(attended), request.receive)
    return JSONResponse(whole)
