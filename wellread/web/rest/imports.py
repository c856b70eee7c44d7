"""`/api/v1/imports`: uploads are added to the library, or the demo, or a folder; what becomes of them is told."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import BaseModel, Field

from wellread.errors import BadRequestError, ConflictError, ForbiddenError
from wellread.import_events import (
    FileReading,
    FileRefused,
    ImportCompleted,
    ImportEvent,
    ImportFailed,
    ImportStarted,
    ProductAdded,
    VectorsMade,
)
from wellread.serving.import_files import existing_folder
from wellread.serving.importer import Importer
from wellread.store.imports.imports import DEMO, ImportStore, StoredImport
from wellread.store.imports.uploads import check_whole
from wellread.web.http.callers import check_admin
from wellread.web.http.dependencies import CallerPart, ImporterPart, LibraryPart
from wellread.web.http.listener import ListenerPart, events_for
from wellread.web.http.state import server_of
from wellread.web.http.upload_body import receive
from wellread.web.rest.uploads import begin
from wellread.wire.imports import (
    EXAMPLE_ID,
    ImportedProduct,
    ImportFailure,
    ImportState,
    ImportView,
    ReadingFile,
    RefusedFile,
    VectorCount,
)
from wellread.wire.view import Id, example

router = APIRouter(prefix="/api/v1", tags=["imports"])
Latest = Annotated[
    int | None, Query(ge=0, le=200, description="Only the latest so many products and refused files of each.")
]
Collection = Annotated[str, Field(max_length=200, description="A name for this part of the library.")]


class NewImport(BaseModel, extra="forbid"):
    """Uploads that are here in full, to be added together: a talk with its captions is several."""

    model_config = example(uploads=[EXAMPLE_ID], collection="team")

    uploads: list[Id] = Field(min_length=1, max_length=200)
    collection: Collection = ""


class NewFolder(BaseModel, extra="forbid"):
    """A folder of the machine that the server runs on."""

    model_config = example(path="~/Books", collection="team")

    path: str = Field(min_length=1, max_length=4000)
    collection: Collection = ""


@router.post("/imports", status_code=status.HTTP_201_CREATED, summary="Add uploads to the library")
async def begin_import(
    new: NewImport, response: Response, caller: CallerPart, importer: ImporterPart
) -> ImportView:
    """It goes on whether or not anybody watches; its events are at `Location` + `/events`. The same uploads again
    give the same import (200)."""
    return await _begin(importer, new.uploads, caller.account_id, new.collection, response)


@router.put(
    "/library/files/{name:path}",
    status_code=status.HTTP_201_CREATED,
    summary="Send a file and add it",
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
)
async def put_file(
    name: str,
    request: Request,
    response: Response,
    caller: CallerPart,
    library: LibraryPart,
    importer: ImporterPart,
    collection: Annotated[str, Query(max_length=200)] = "",
) -> ImportView:
    """Upload and import in one request, whose body is the file. What breaks off is forgotten: large files are better
    sent to `/api/v1/uploads`."""
    uploads, most = importer.uploads, library.settings.upload_mb
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdecimal() else most << 20
    upload = await begin(importer, caller.account_id, name, size, most)
    try:
        arrived = await receive(request, uploads, upload, 0)
        upload = await asyncio.to_thread(uploads.resize, upload, arrived)
    except BaseException:
        await asyncio.shield(asyncio.to_thread(uploads.remove, [upload.upload_id]))
        raise
    return await _begin(importer, [upload.upload_id], caller.account_id, collection, response)


@router.post("/library/demo", status_code=status.HTTP_201_CREATED, summary="Add the demo library")
async def add_demo(response: Response, caller: CallerPart, importer: ImporterPart) -> ImportView:
    """The two books and the talk that come with Wellread, as an import whose events tell how it goes. Only an admin
    may. 200 with the one that goes on already."""
    check_admin(caller, "add the demo library")
    return await _begin_folder(importer, DEMO, DEMO, caller.account_id, "demo", response)


@router.post("/library/folder", status_code=status.HTTP_201_CREATED, summary="Add a folder of this machine")
async def add_folder(
    new: NewFolder,
    request: Request,
    response: Response,
    caller: CallerPart,
    library: LibraryPart,
    importer: ImporterPart,
) -> ImportView:
    """All that can be read below it, as an import. Only where nobody needs to log in, which is on the machine of the
    library's owner. 200 with the one that goes on already."""
    access = server_of(request).access
    if not access.is_open:
        raise ForbiddenError(
            "Folders of the server's machine are added by its owner.",
            hint="Upload the files, or use `wellread add PATH` on that machine.",
        )
    folder = await asyncio.to_thread(existing_folder, new.path, library.settings.home)
    return await _begin_folder(
        importer, str(folder), folder.name, caller.account_id, new.collection.strip(), response
    )


@router.get("/imports", summary="The caller's imports")
async def list_imports(
    caller: CallerPart,
    importer: ImporterPart,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    unended: Annotated[bool, Query(description="Only those that go on.")] = False,
    latest: Latest = None,
) -> list[ImportView]:
    """Newest first."""
    imports = importer.imports

    def view() -> list[ImportView]:
        found = imports.imports(caller.account_id, offset=offset, limit=limit, unended=unended)
        return [_standing(imports, import_, latest) for import_ in found]

    return await asyncio.to_thread(view)


@router.get("/imports/{import_id}", summary="An import as it stands")
async def get_import(
    import_id: str, caller: CallerPart, importer: ImporterPart, latest: Latest = None
) -> ImportView:
    """What was added and what was refused so far."""
    return await _view(importer, import_id, caller.account_id, latest)


@router.get(
    "/imports/{import_id}/events",
    responses={200: {"content": {"text/event-stream": {}, "application/json": {}}}, 204: {}},
    summary="The events of an import",
)
async def get_events(
    import_id: str, caller: CallerPart, importer: ImporterPart, listener: ListenerPart
) -> Response:
    """As a stream to its end, live or of old; as a list with `Accept: application/json`."""
    import_ = await asyncio.to_thread(importer.imports.import_, import_id, caller.account_id)
    return await events_for(listener, importer.feed, import_id, ended=bool(import_.ended_at))


async def _begin(
    importer: Importer, upload_ids: Sequence[str], caller: str, collection: str, response: Response
) -> ImportView:
    imports = importer.imports
    ids = list(dict.fromkeys(upload_ids))
    begun, is_new = await asyncio.to_thread(imports.begun, ids, caller), False
    if begun is None:
        try:
            begun = await asyncio.to_thread(_new, importer, ids, caller, collection.strip())
            is_new = True
        except ConflictError:
            # Sent twice at the same moment: the other request has begun it.
            begun = await asyncio.to_thread(imports.begun, ids, caller)
            if begun is None:
                raise
    return await _told(importer, begun.import_id, caller, response, is_new=is_new)


async def _begin_folder(
    importer: Importer, folder: str, name: str, caller: str, collection: str, response: Response
) -> ImportView:
    begun, is_new = await asyncio.to_thread(importer.imports.begin_folder, folder, name, caller, collection)
    return await _told(importer, begun.import_id, caller, response, is_new=is_new)


async def _told(
    importer: Importer, import_id: str, caller: str, response: Response, *, is_new: bool
) -> ImportView:
    if is_new:
        importer.poll()
    else:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/api/v1/imports/{import_id}"
    return await _view(importer, import_id, caller)


def _new(importer: Importer, upload_ids: Sequence[str], caller: str, collection: str) -> StoredImport:
    uploads = importer.uploads.uploads(caller, upload_ids)
    names = [upload.name.casefold() for upload in uploads]
    if len(set(names)) < len(names):
        raise BadRequestError(
            "Two of these files have the same name.", hint="Import them one after the other."
        )
    for upload in uploads:
        check_whole(upload, importer.uploads.offset(upload))
    return importer.imports.begin(uploads, caller, collection)


async def _view(importer: Importer, import_id: str, caller: str, latest: int | None = None) -> ImportView:
    imports = importer.imports
    return await asyncio.to_thread(lambda: _standing(imports, imports.import_(import_id, caller), latest))


def _standing(imports: ImportStore, import_: StoredImport, latest: int | None) -> ImportView:
    if latest is not None:
        return _import_view(import_, *imports.telling(import_.import_id, latest))
    events = imports.events(import_.import_id)
    return _import_view(import_, events, Counter(event.type for event in events))


def _import_view(
    import_: StoredImport, events: Sequence[ImportEvent], counts: Mapping[str, int]
) -> ImportView:
    """`events` as far as they tell how it stands, with how many there are of each type."""
    first, last = events[0], events[-1]
    vectors = [event for event in events if isinstance(event, VectorsMade)]
    return ImportView.of(
        import_,
        state=_state(last),
        files=first.files if isinstance(first, ImportStarted) else (),
        last_event=last.seq,
        last_event_at=last.at.isoformat(),
        products=[ImportedProduct.of(event) for event in events if isinstance(event, ProductAdded)],
        refused=[RefusedFile.of(event) for event in events if isinstance(event, FileRefused)],
        failure=ImportFailure.of(last) if isinstance(last, ImportFailed) else None,
        note=last.note if isinstance(last, ImportCompleted) else "",
        product_count=counts.get("added", 0),
        refused_count=counts.get("refused", 0),
        reading=ReadingFile.of(last) if isinstance(last, FileReading) else None,
        vectors=VectorCount.of(vectors[-1]) if vectors else None,
    )


def _state(last: ImportEvent) -> ImportState:
    match last:
        case ImportCompleted():
            return "completed"
        case ImportFailed():
            return "failed"
        case ImportStarted():
            return "waiting"
        case _:
            return "working"
