"""Taking in the bytes of an upload: piece by piece, in little memory, and on the disk before they are acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from filelock import Timeout
from starlette.requests import ClientDisconnect, Request

from wellread.errors import ConflictError, LimitError, SlowRequestError, StorageError
from wellread.store.imports.uploads import Upload, UploadStore
from wellread.web.http.tus import BusyError

_PIECE = 1 << 20  # bytes that are written at once


async def receive(request: Request, uploads: UploadStore, upload: Upload, offset: int) -> int:
    """Write the body of `request` from `offset` on; gives the offset after it, all of which is on the disk.

    What has arrived of a body that breaks off stays. Raises ConflictError for an offset that is not the upload's,
    BusyError while another request writes, LimitError for more than the upload is to have, and StorageError.
    """
    async with writing(uploads, upload):
        here = await asyncio.to_thread(uploads.offset, upload)
        if offset != here:
            raise ConflictError(
                f"The upload has {here:,} bytes, and not {offset:,}.",
                hint=f"Go on from {here} (HEAD says so).",
            )
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and offset + int(announced) > upload.size:
            raise _too_much(upload)
        try:
            async for piece in _pieces(request):
                if offset + len(piece) > upload.size:
                    raise _too_much(upload)
                offset = await asyncio.to_thread(uploads.write, upload, offset, piece)
        except ClientDisconnect as error:
            raise SlowRequestError("The request broke off.", hint="Go on with the rest.") from error
        finally:
            await asyncio.shield(asyncio.to_thread(uploads.sync, upload))
    return offset


@asynccontextmanager
async def writing(uploads: UploadStore, upload: Upload) -> AsyncIterator[None]:
    """While nobody else writes to the upload, here or in another server. Raises BusyError."""
    lock = await asyncio.to_thread(uploads.lock, upload.upload_id)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BusyError(
            "Another request is writing to this upload.", hint="Try again in a moment."
        ) from error
    except OSError as error:
        raise StorageError(
            f"The upload cannot be written to: {error.strerror or error}.",
            hint="Try again when there is space.",
        ) from error
    try:
        yield
    finally:
        lock.release()


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of some size; of one that breaks off what has arrived."""
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) >= _PIECE:
                yield bytes(held)
                held.clear()
    except Exception:
        if held:
            yield bytes(held)
        raise
    if held:
        yield bytes(held)


def _too_much(upload: Upload) -> LimitError:
    return LimitError(
        f"{upload.name} was announced with {upload.size:,} bytes, and more arrive.",
        hint="Begin a new upload with the right length.",
    )
