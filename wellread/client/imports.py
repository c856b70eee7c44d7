"""Imports: uploads are added to the library, or the demo, or a folder of the server's machine; what becomes of them is
told."""

from collections.abc import Sequence
from typing import get_args

from wellread.client.event_stream import Following, StreamKind, types_of
from wellread.client.protocol import Call, HttpRequest, reading
from wellread.client.retry import Patience
from wellread.import_events import IMPORT_ENDS, IMPORT_EVENT, ImportEvent
from wellread.wire.imports import ImportView

_PATH = "api/v1/imports"


def _read_event(text: str) -> ImportEvent:
    return IMPORT_EVENT.validate_json(text, extra="ignore")


_EVENTS: StreamKind[ImportEvent] = StreamKind(
    types=types_of(get_args(get_args(ImportEvent)[0])), read=_read_event, last=types_of(IMPORT_ENDS)
)
_VIEW = reading(ImportView)


def begin(upload_ids: Sequence[str], *, collection: str = "") -> Call[ImportView]:
    """Have uploads added to the library. The same uploads again give the same import."""
    return Call(
        HttpRequest("POST", _PATH, json={"uploads": list(upload_ids), "collection": collection}), _VIEW
    )


def demo() -> Call[ImportView]:
    """Have the library that comes with Wellread added. Only an admin may."""
    return Call(HttpRequest("POST", "api/v1/library/demo"), _VIEW)


def folder(path: str, *, collection: str = "") -> Call[ImportView]:
    """Have what is below a folder of the server's machine added, where nobody needs to log in."""
    return Call(
        HttpRequest("POST", "api/v1/library/folder", json={"path": path, "collection": collection}), _VIEW
    )


def view(import_id: str) -> Call[ImportView]:
    return Call(HttpRequest("GET", f"{_PATH}/{import_id}"), _VIEW)


def following(import_id: str, after: int, patience: Patience) -> Following[ImportEvent]:
    return Following(f"{_PATH}/{import_id}/events", _EVENTS, after, patience)
