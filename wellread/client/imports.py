"""Imports: uploads are added to the library, and what becomes of them is told."""

from collections.abc import Sequence
from typing import Literal, get_args

from wellread.client.exchange import Call, Request, View, reading
from wellread.client.following import Following, Kind, types_of
from wellread.client.patience import Patience
from wellread.ingest.progress import IMPORT_ENDS, IMPORT_EVENT, ImportEvent, Outcome

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


class ImportView(View):
    """An import as it stands. `note` is why there are no vectors, if there are none."""

    import_id: str
    state: Literal["waiting", "working", "completed", "failed"]
    collection: str
    files: tuple[str, ...]
    created_at: str
    ended_at: str
    last_event: int
    products: tuple[ImportedProduct, ...]
    refused: tuple[RefusedFile, ...]
    failure: ImportFailure | None
    note: str


def _read_event(text: str) -> ImportEvent:
    return IMPORT_EVENT.validate_json(text, extra="ignore")


_EVENTS: Kind[ImportEvent] = Kind(
    types=types_of(get_args(get_args(ImportEvent)[0])), read=_read_event, last=types_of(IMPORT_ENDS)
)
_VIEW = reading(ImportView)


def begin(upload_ids: Sequence[str], collection: str) -> Call[ImportView]:
    """The same uploads again give the same import."""
    return Call(Request("POST", _PATH, json={"uploads": list(upload_ids), "collection": collection}), _VIEW)


def view(import_id: str) -> Call[ImportView]:
    return Call(Request("GET", f"{_PATH}/{import_id}"), _VIEW)


def following(import_id: str, after: int, patience: Patience) -> Following[ImportEvent]:
    return Following(f"{_PATH}/{import_id}/events", _EVENTS, after, patience)
