"""Imports: uploads are added to the library, or the demo, or a folder of the server's machine; what becomes of them is
told."""

from collections.abc import Sequence
from typing import Literal, get_args

from wellread.client.event_stream import Following, StreamKind, types_of
from wellread.client.protocol import Call, HttpRequest, View, reading
from wellread.client.retry import Patience
from wellread.import_events import IMPORT_ENDS, IMPORT_EVENT, ImportEvent, Outcome

_PATH = "api/v1/imports"


class ImportedProduct(View):
    path: str
    product_id: str
    title: str
    outcome: Outcome


class RefusedFile(View):
    path: str
    status: int
    message: str
    hint: str


class ImportFailure(View):
    """Where it is `retryable`, the same uploads may be imported again."""

    status: int
    message: str
    hint: str
    retryable: bool


class ReadingFile(View):
    path: str
    number: int
    total: int


class VectorCount(View):
    done: int
    total: int


class ImportView(View):
    """An import as it stands. `folder` is empty for uploads, `demo`, or a folder of the server's machine; `note` is why
    there are no vectors, if there are none."""

    import_id: str
    state: Literal["waiting", "working", "completed", "failed"]
    collection: str
    folder: str = ""
    files: tuple[str, ...]
    created_at: str
    ended_at: str
    last_event: int
    last_event_at: str = ""
    products: tuple[ImportedProduct, ...]
    refused: tuple[RefusedFile, ...]
    failure: ImportFailure | None
    note: str
    product_count: int = 0
    refused_count: int = 0
    reading: ReadingFile | None = None
    vectors: VectorCount | None = None


def _read_event(text: str) -> ImportEvent:
    return IMPORT_EVENT.validate_json(text, extra="ignore")


_EVENTS: StreamKind[ImportEvent] = StreamKind(
    types=types_of(get_args(get_args(ImportEvent)[0])), read=_read_event, last=types_of(IMPORT_ENDS)
)
_VIEW = reading(ImportView)


def begin(upload_ids: Sequence[str], collection: str) -> Call[ImportView]:
    """The same uploads again give the same import."""
    return Call(
        HttpRequest("POST", _PATH, json={"uploads": list(upload_ids), "collection": collection}), _VIEW
    )


def demo() -> Call[ImportView]:
    return Call(HttpRequest("POST", "api/v1/library/demo"), _VIEW)


def folder(path: str, collection: str) -> Call[ImportView]:
    return Call(
        HttpRequest("POST", "api/v1/library/folder", json={"path": path, "collection": collection}), _VIEW
    )


def view(import_id: str) -> Call[ImportView]:
    return Call(HttpRequest("GET", f"{_PATH}/{import_id}"), _VIEW)


def following(import_id: str, after: int, patience: Patience) -> Following[ImportEvent]:
    return Following(f"{_PATH}/{import_id}/events", _EVENTS, after, patience)
