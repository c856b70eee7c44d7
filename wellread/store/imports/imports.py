"""Imports: uploads, or the files of a folder, that are added together. Like a run, an import is its events, stored
before anybody sees them."""

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wellread.errors import ConflictError, NotFoundError
from wellread.import_events import (
    IMPORT_ENDS,
    IMPORT_EVENT,
    ImportCompleted,
    ImportEvent,
    ImportFailed,
    ImportStarted,
)
from wellread.store.database import tables as t
from wellread.store.database import timestamps
from wellread.store.database.database import Database
from wellread.store.imports.uploads import Upload

DEMO = "demo"  # the folder of an import of the library that comes with Wellread
_TYPE = re.compile(r'"type":"([a-z.]+)"')
_TYPE_ENDS = 120  # characters of an event within which its type stands
_COUNTED = ("added", "refused")  # types of events of which an import may have as many as files
_ATTEMPTS = 50  # of an import that fails again and again


@dataclass(frozen=True, slots=True)
class StoredImport:
    """What is known of an import beside its events."""

    import_id: str
    caller: str
    collection: str
    uploads: tuple[str, ...]
    created_at: str
    ended_at: str  # "" while it goes on
    folder: str = ""  # of this machine, or DEMO; "" for uploads


class ImportStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, uploads: Sequence[Upload], caller: str, collection: str) -> StoredImport:
        """An import of these uploads, to be worked on. Raises ConflictError when one of them is in another import."""
        upload_ids = [upload.upload_id for upload in uploads]
        created_at = timestamps.now()
        with self._database.begin(turn=f"imports of {caller}") as connection:
            for row in connection.execute(sa.select(t.imports).filter_by(caller=caller, ended_at="")):
                if set(row.uploads) & set(upload_ids):
                    raise ConflictError(
                        "One of these files is being imported already.",
                        hint=f"Watch the import {row.import_id}.",
                    )
            import_id = _free_id(connection, upload_ids, caller)
            begun = StoredImport(import_id, caller, collection, tuple(upload_ids), created_at, "")
            _begin(connection, begun, [upload.name for upload in uploads])
        return begun

    def begin_folder(self, folder: str, name: str, caller: str, collection: str) -> tuple[StoredImport, bool]:
        """An import of what lies in a folder, shown as `name`, and whether it is a new one: the caller's that goes on
        is given again."""
        with self._database.begin(turn=f"imports of {caller}") as connection:
            going_on = sa.select(t.imports).filter_by(caller=caller, ended_at="", folder=folder)
            if (row := connection.execute(going_on).first()) is not None:
                return _import(row), False
            begun = StoredImport(uuid.uuid4().hex, caller, collection, (), timestamps.now(), "", folder)
            _begin(connection, begun, [name])
        return begun, True

    def begun(self, upload_ids: Collection[str], caller: str) -> StoredImport | None:
        """The import of just these uploads that goes on or has come to its end; one that failed may be begun anew."""
        with self._database.read() as connection:
            found = None
            for attempt in range(_ATTEMPTS):
                row = connection.execute(
                    sa.select(t.imports).filter_by(import_id=_id(upload_ids, caller, attempt))
                ).first()
                if row is None:
                    break
                found = _import(row)
            if found is None or (found.ended_at and _failed(connection, found.import_id)):
                return None
            return found

    def import_(self, import_id: str, caller: str | None = None) -> StoredImport:
        """Raises NotFoundError, also for another caller's (None: whosever)."""
        query = sa.select(t.imports).filter_by(import_id=import_id)
        if caller is not None:
            query = query.filter_by(caller=caller)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"There is no import {import_id!r}.", hint="GET /api/v1/imports lists yours.")
        return _import(row)

    def imports(self, caller: str, *, offset: int, limit: int, unended: bool = False) -> list[StoredImport]:
        """The caller's (only those that are `unended`), newest first."""
        imports = t.imports.c
        query = (
            sa.select(t.imports)
            .filter_by(caller=caller)
            .order_by(imports.created_at.desc(), imports.import_id)
            .offset(offset)
            .limit(limit)
        )
        if unended:
            query = query.filter_by(ended_at="")
        with self._database.read() as connection:
            return [_import(row) for row in connection.execute(query)]

    def unended(self) -> list[StoredImport]:
        """Those that are to be worked on or are being worked on, oldest first."""
        query = sa.select(t.imports).filter_by(ended_at="")
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(t.imports.c.created_at, t.imports.c.import_id))
            return [_import(row) for row in rows]

    # Events

    def append(self, import_id: str, event: ImportEvent, after: int) -> None:
        """Store an event as number `after` + 1; the last one ends the import, and a good end its uploads.

        Raises ConflictError when there is one of that number: another process works on the import.
        """
        event = event.model_copy(update={"seq": after + 1, "at": datetime.now(UTC)})
        try:
            with self._database.begin() as connection:
                connection.execute(sa.insert(t.import_events), _rows(import_id, [event]))
                if isinstance(event, IMPORT_ENDS):
                    connection.execute(
                        sa.update(t.imports).filter_by(import_id=import_id).values(ended_at=timestamps.now())
                    )
                if isinstance(event, ImportCompleted):
                    uploads = connection.scalar(sa.select(t.imports.c.uploads).filter_by(import_id=import_id))
                    connection.execute(sa.delete(t.uploads).where(t.uploads.c.upload_id.in_(uploads or [])))
        except IntegrityError as error:
            raise ConflictError(
                "Another process has gone on with this import.", hint="Read its events to see how it goes on."
            ) from error

    def events(self, import_id: str, after: int = 0) -> list[ImportEvent]:
        return [IMPORT_EVENT.validate_json(body) for _, body in self.bodies(import_id, after)]

    def telling(self, import_id: str, latest: int) -> tuple[list[ImportEvent], Counter[str]]:
        """The events of an import that say how it stands (the first and the last of all, the last of each type, of
        titles and refusals the `latest`), and how many there are of each type. Of tens of thousands few are read."""
        events = t.import_events.c
        beginning = sa.func.substr(events.body, 1, _TYPE_ENDS).label("beginning")
        query = sa.select(events.seq, beginning).where(events.import_id == import_id).order_by(events.seq)
        with self._database.read() as connection:
            kinds: dict[str, list[int]] = {}
            first = last = 0
            for last, text in connection.execute(query):
                first = first or last
                if found := _TYPE.search(text):
                    kinds.setdefault(found[1], []).append(last)
            wanted = {first, last}
            for kind, numbers in kinds.items():
                wanted.update(numbers[-latest:] if kind in _COUNTED and latest else ())
                wanted.update(numbers[-1:] if kind not in _COUNTED else ())
            rows = connection.scalars(
                sa.select(events.body)
                .where(events.import_id == import_id, events.seq.in_(sorted(wanted)))
                .order_by(events.seq)
            )
            told = [IMPORT_EVENT.validate_json(body) for body in rows]
        return told, Counter({kind: len(numbers) for kind, numbers in kinds.items()})

    def bodies(self, import_id: str, after: int = 0) -> list[tuple[int, str]]:
        """The events of an import beyond number `after` as numbers and JSON."""
        events = t.import_events.c
        query = (
            sa.select(events.seq, events.body)
            .where(events.import_id == import_id, events.seq > after)
            .order_by(events.seq)
        )
        with self._database.read() as connection:
            return [(row.seq, row.body) for row in connection.execute(query)]

    def ends(self, import_ids: Collection[str]) -> dict[str, int]:
        """The number of the last event of each of those imports."""
        events = t.import_events.c
        query = (
            sa.select(events.import_id, sa.func.max(events.seq).label("seq"))
            .where(events.import_id.in_(sorted(import_ids)))
            .group_by(events.import_id)
        )
        with self._database.read() as connection:
            return {row.import_id: row.seq for row in connection.execute(query)}


def _begin(connection: sa.Connection, begun: StoredImport, names: Sequence[str]) -> None:
    connection.execute(
        sa.insert(t.imports).values(
            import_id=begun.import_id,
            caller=begun.caller,
            collection=begun.collection,
            uploads=list(begun.uploads),
            folder=begun.folder,
            created_at=begun.created_at,
            ended_at="",
        )
    )
    start = ImportStarted(
        seq=1,
        at=datetime.now(UTC),
        import_id=begun.import_id,
        collection=begun.collection,
        files=tuple(names),
    )
    connection.execute(sa.insert(t.import_events), _rows(begun.import_id, [start]))


def _id(upload_ids: Collection[str], caller: str, attempt: int) -> str:
    # From what is imported, so that a request that arrives twice cannot begin two imports.
    named = "\n".join((caller, str(attempt), *sorted(upload_ids)))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _free_id(connection: sa.Connection, upload_ids: Collection[str], caller: str) -> str:
    for attempt in range(_ATTEMPTS):
        import_id = _id(upload_ids, caller, attempt)
        if connection.scalar(sa.select(t.imports.c.import_id).filter_by(import_id=import_id)) is None:
            return import_id
        if not _failed(connection, import_id):
            break
    raise ConflictError("These files have been imported already.", hint="Send them again as new uploads.")


def _failed(connection: sa.Connection, import_id: str) -> bool:
    events = t.import_events.c
    body = connection.scalar(
        sa.select(events.body).where(events.import_id == import_id).order_by(events.seq.desc()).limit(1)
    )
    return isinstance(IMPORT_EVENT.validate_json(body or ""), ImportFailed)


def _rows(import_id: str, events: Sequence[ImportEvent]) -> list[dict[str, object]]:
    return [{"import_id": import_id, "seq": event.seq, "body": event.model_dump_json()} for event in events]


def _import(row: Any) -> StoredImport:
    return StoredImport(
        row.import_id,
        row.caller,
        row.collection,
        tuple(row.uploads),
        row.created_at,
        row.ended_at,
        row.folder,
    )
