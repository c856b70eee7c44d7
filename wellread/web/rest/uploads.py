"""`/api/v1/uploads`: files on their way into the library, sent in as many requests as it takes (tus 1.0)."""

import asyncio
from datetime import datetime
from email.utils import format_datetime

from fastapi import APIRouter, Request, Response, status
from pydantic import Field

from wellread.errors import ConflictError, LimitError, NotFoundError
from wellread.serving.importer import Importer
from wellread.store.imports.uploads import Upload, UploadStore
from wellread.web.http import tus
from wellread.web.http.dependencies import CallerPart, ImporterPart, LibraryPart
from wellread.web.http.upload_body import receive, writing
from wellread.wire.view import View, example

router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"], route_class=tus.TusRoute)
LARGEST_AT_ONCE = 4  # so many of the largest files may wait of one caller, by their bytes


class UploadView(View):
    """A file on its way."""

    model_config = example(
        upload_id="5f0c3d1e8f6b4a7d9c2b1a0e4d3c2b1a",
        name="steady-hands.epub",
        size=73440,
        offset=65536,
        expires_at="2026-11-03T09:30:00Z",
    )

    upload_id: str
    name: str = Field(description="As it will lie in the library.")
    size: int
    offset: int = Field(description="Bytes that have arrived.")
    expires_at: datetime = Field(description="When it is given up if nothing more comes.")


@router.options("", status_code=status.HTTP_204_NO_CONTENT, summary="What this server can do")
@router.options("/{upload_id}", status_code=status.HTTP_204_NO_CONTENT, include_in_schema=False)
async def options(library: LibraryPart, response: Response) -> None:
    """Says so in `Tus-Version`, `Tus-Extension` and `Tus-Max-Size`."""
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Max-Size"] = str(library.settings.upload_mb << 20)


@router.get("", summary="The caller's uploads")
async def list_uploads(caller: CallerPart, importer: ImporterPart) -> list[UploadView]:
    """Those that are not imported yet, oldest first."""

    def view() -> list[UploadView]:
        return [
            found
            for upload in importer.uploads.uploads(caller.account_id)
            if (found := _view(importer, upload))
        ]

    return await asyncio.to_thread(view)


@router.post("", status_code=status.HTTP_201_CREATED, summary="Begin an upload")
async def begin_upload(
    request: Request, response: Response, caller: CallerPart, library: LibraryPart, importer: ImporterPart
) -> None:
    """`Upload-Length` is its size, `Upload-Metadata` has its `filename`; its first bytes may come along. The place to
    send the others to is in `Location`."""
    size = tus.length(request.headers)
    given = tus.metadata(request.headers)
    begun = await begin(
        importer, caller.account_id, given.get("filename", ""), size, library.settings.upload_mb
    )
    response.headers["Location"] = f"/api/v1/uploads/{begun.upload_id}"
    offset = 0
    if tus.sends_bytes(request.headers):
        offset = await receive(request, importer.uploads, begun, 0)
    await _tell(response, importer.uploads, begun, offset)


@router.head("/{upload_id}", summary="How much has arrived")
async def get_offset(upload_id: str, response: Response, caller: CallerPart, importer: ImporterPart) -> None:
    """`Upload-Offset` is how many bytes have arrived."""
    upload = await asyncio.to_thread(importer.uploads.upload, upload_id, caller.account_id)
    offset = await asyncio.to_thread(importer.uploads.offset, upload)
    response.headers["Upload-Length"] = str(upload.size)
    response.headers["Upload-Metadata"] = tus.spelt({"filename": upload.name})
    response.headers["Cache-Control"] = "no-store"
    await _tell(response, importer.uploads, upload, offset)


@router.patch("/{upload_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Send more bytes")
async def add_bytes(
    upload_id: str, request: Request, response: Response, caller: CallerPart, importer: ImporterPart
) -> None:
    """The bytes from `Upload-Offset` on, which must be what has arrived so far (409). What has arrived of a request
    that breaks off stays; 204 says that all of it is on the disk."""
    tus.check_bytes(request.headers)
    offset = tus.offset(request.headers)
    upload = await asyncio.to_thread(importer.uploads.upload, upload_id, caller.account_id)
    offset = await receive(request, importer.uploads, upload, offset)
    await _tell(response, importer.uploads, upload, offset)


@router.delete("/{upload_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Give an upload up")
async def remove_upload(upload_id: str, caller: CallerPart, importer: ImporterPart) -> None:
    """409 for one that is being imported."""
    upload = await asyncio.to_thread(importer.uploads.upload, upload_id, caller.account_id)
    unended = await asyncio.to_thread(importer.imports.unended)
    if any(upload_id in import_.uploads for import_ in unended):
        raise ConflictError("This upload is being imported.", hint="Wait for the end of its import.")
    async with writing(importer.uploads, upload):
        await asyncio.to_thread(importer.uploads.remove, [upload_id])


@router.post("/{upload_id}", status_code=status.HTTP_204_NO_CONTENT, include_in_schema=False)
async def overridden(
    upload_id: str, request: Request, response: Response, caller: CallerPart, importer: ImporterPart
) -> None:
    """PATCH and DELETE for whoever can send only POST (`X-HTTP-Method-Override`)."""
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            await add_bytes(upload_id, request, response, caller, importer)
        case "DELETE":
            await remove_upload(upload_id, caller, importer)
        case _:
            raise NotFoundError("Nothing is posted here.", hint="Send bytes with PATCH.")


async def begin(importer: Importer, caller: str, name: str, size: int, upload_mb: int) -> Upload:
    """A new upload. Raises LimitError for one that is too large, and as `UploadStore.add` does."""
    most = upload_mb << 20
    if size > most:
        raise LimitError(
            f"The file has {size:,} bytes.", hint=f"A file may have {most:,} here (setting `upload_mb`)."
        )
    return await asyncio.to_thread(
        lambda: importer.uploads.add(caller, name, size, most_bytes=LARGEST_AT_ONCE * most)
    )


async def _tell(response: Response, uploads: UploadStore, upload: Upload, offset: int) -> None:
    expires = await asyncio.to_thread(uploads.expires_at, upload)
    response.headers["Upload-Offset"] = str(offset)
    response.headers["Upload-Expires"] = format_datetime(expires, usegmt=True)


def _view(importer: Importer, upload: Upload) -> UploadView | None:
    try:
        return UploadView.of(
            upload, offset=importer.uploads.offset(upload), expires_at=importer.uploads.expires_at(upload)
        )
    except NotFoundError:
        return None
