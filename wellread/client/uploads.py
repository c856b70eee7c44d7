"""Files on their way into the library (tus 1.0): piece by piece, and on from what has arrived after a cut."""

import base64
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from wellread.client.problems import retry_after
from wellread.client.protocol import (
    PASSING,
    Call,
    HttpReply,
    HttpRequest,
    Pause,
    Talk,
    error_of_outcome,
    nothing,
    talk,
)
from wellread.client.retry import Patience
from wellread.errors import BadRequestError, NotFoundError, UnavailableError

PIECE = 4 * 1024 * 1024  # bytes that one request brings
Progress = Callable[[int, int], object]  # told the bytes that have arrived, and how many they are in all
_PATH = "api/v1/uploads"
_TUS = {"Tus-Resumable": "1.0.0"}
_BEHIND = (409, 423)  # other bytes have arrived than we know of, or are just arriving


def begin(name: str, size: int) -> Call[str]:
    """An upload of which nothing is sent yet; gives its id."""
    spelt = base64.b64encode(name.encode()).decode()
    headers = {**_TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {spelt}"}
    # Sent twice it would begin two, of which one would lie about until it expires.
    return Call(HttpRequest("POST", _PATH, headers=headers, repeatable=False), _read_id)


def offset(upload_id: str) -> Call[tuple[int, int]]:
    """The bytes of an upload that have arrived, and how many it has in all."""
    return Call(HttpRequest("HEAD", f"{_PATH}/{upload_id}", headers=_TUS), _read_offset)


def remove(upload_id: str) -> Call[None]:
    return Call(HttpRequest("DELETE", f"{_PATH}/{upload_id}", headers=_TUS), nothing)


def sending(
    path: Path | str,
    patience: Patience,
    progress: Progress | None = None,
    *,
    upload_id: str = "",
    piece: int = PIECE,
) -> Talk[str]:
    """Send a file, or the rest of one whose upload was begun before; gives the upload's id.

    Raises NotFoundError for a path where no file is, BadRequestError for an upload of another size.
    """
    path = Path(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotFoundError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check the path."
        ) from error
    with file:
        size = os.fstat(file.fileno()).st_size
        at = 0
        if upload_id:
            at, announced = yield from talk(offset(upload_id), patience)
            if announced != size:
                raise BadRequestError(
                    f"The upload is to have {announced:,} bytes, and {path.name} has {size:,}.",
                    hint="Begin a new upload.",
                )
        else:
            upload_id = yield from talk(begin(path.name, size), patience)
        while at < size:
            if progress is not None:
                progress(at, size)
            at = yield from _sent(file, at, piece, upload_id, patience)
        if progress is not None:
            progress(size, size)
    return upload_id


def _sent(file: BinaryIO, at: int, piece: int, upload_id: str, patience: Patience) -> Talk[int]:
    """Send the bytes from `at` on; gives the offset up to which they have arrived."""
    file.seek(at)
    content = file.read(piece)
    if not content:
        raise BadRequestError("The file became shorter while it was sent.", hint="Begin a new upload.")
    headers = {
        **_TUS,
        "Upload-Offset": str(at),
        "Content-Type": "application/offset+octet-stream",
    }
    outcome = yield HttpRequest("PATCH", f"{_PATH}/{upload_id}", content=content, headers=headers)
    if isinstance(outcome, HttpReply) and outcome.is_success:
        patience.renew()
        return _number(outcome, "upload-offset")
    error = error_of_outcome(outcome)
    wait_for = 0.0
    if isinstance(outcome, HttpReply):
        if outcome.status not in (*PASSING, *_BEHIND):
            raise error
        wait_for = retry_after(outcome.headers)
    yield Pause(patience.after(error, at_least=wait_for))
    arrived, _ = yield from talk(offset(upload_id), patience)
    if arrived > at:
        patience.renew()
    return arrived


def sending_all(
    paths: Sequence[Path | str], patience: Patience, progress: Progress | None = None
) -> Talk[list[str]]:
    """Send files one after the other; gives the ids of their uploads."""
    upload_ids = []
    for path in paths:
        upload_ids.append((yield from sending(path, patience, progress)))
    return upload_ids


def _read_id(reply: HttpReply) -> str:
    place = reply.headers.get("location", "")
    if not place.rpartition("/")[2]:
        raise UnavailableError("The server does not say where to send the file.", hint="Try again.")
    return place.rpartition("/")[2]


def _read_offset(reply: HttpReply) -> tuple[int, int]:
    return _number(reply, "upload-offset"), _number(reply, "upload-length")


def _number(reply: HttpReply, name: str) -> int:
    text = reply.headers.get(name, "")
    if not (text.isascii() and text.isdecimal()):
        raise UnavailableError(f"The server does not say {name}.", hint="Something between may have cut it.")
    return int(text)
