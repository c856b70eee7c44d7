"""Imports: uploads, or the files of a folder, that are added together. Like a run, an import is its events, stored
before anybody sees them."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

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
from wellread.store.event_log import Batch, EventLog, StoredEvent
from wellread.store.imports.uploads import Upload

DEMO = "demo"  # the folder of an import of the library that comes with Wellread
_COUNTED = ("added", "refused")  # types of events of which an import may have as many as files
_FAILED: str = ImportFailed.model_fields["type"].default
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
        self.log: EventLog[ImportEvent] = EventLog(database, t.import_events.c.import_id, IMPORT_EVENT)

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
            import_id = self._free_id(connection, upload_ids, caller)
            begun = StoredImport(import_id, caller, collection, tuple(upload_ids), created_at, "")
            self._begin(connection, begun, [upload.name for upload in uploads])
        return begun

    def begin_folder(self, folder: str, name: str, caller: str, collection: str) -> tuple[StoredImport, bool]:
        """An import of what lies in a folder, shown as `name`, and whether it is a new one: the caller's that goes on
        is given again."""
        with self._database.begin(turn=f"imports of {caller}") as connection:
            going_on = sa.select(t.imports).filter_by(caller=caller, ended_at="", folder=folder)
            if (row := connection.execute(going_on).first()) is not None:
                return _import(row), False
            begun = StoredImport(uuid.uuid4().hex, caller, collection, (), timestamps.now(), "", folder)
            self._begin(connection, begun, [name])
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
            if found is None or (found.ended_at and self._failed(connection, found.import_id)):
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

    def append(self, import_id: str, event: ImportEvent, after: int) -> StoredEvent[ImportEvent]:
        """Store an event as number `after` + 1; the last one ends the import, and a good end its uploads.

        Raises ConflictError when `after` is not its last: another process works on the import.
        """
        with self._database.begin() as connection:
            [[stored]] = self.log.append(connection, [Batch(import_id, [event], after)])
            if isinstance(event, IMPORT_ENDS):
                connection.execute(
                    sa.update(t.imports).filter_by(import_id=import_id).values(ended_at=timestamps.now())
                )
            if isinstance(event, ImportCompleted):
                uploads = connection.scalar(sa.select(t.imports.c.uploads).filter_by(import_id=import_id))
                connection.execute(sa.delete(t.uploads).where(t.uploads.c.upload_id.in_(uploads or [])))
        return stored

    def events(self, import_id: str, after: int = 0) -> list[ImportEvent]:
        return self.log.events(import_id, after)

    def telling(self, import_id: str, latest: int) -> tuple[list[ImportEvent], Counter[str]]:
        """The events of an import that say how it stands (the first and the last of all, the last of each type, of
        titles and refusals the `latest`), and how many there are of each type. Of tens of thousands few are read."""
        numbers: dict[str, list[int]] = {}
        first = last = 0
        for last, type_ in self.log.types(import_id):
            first = first or last
            numbers.setdefault(type_, []).append(last)
        wanted = {first, last}
        for type_, of_type in numbers.items():
            wanted.update(of_type[-latest:] if type_ in _COUNTED and latest else ())
            wanted.update(of_type[-1:] if type_ not in _COUNTED else ())
        told = [stored.event for stored in self.log.numbered(import_id, wanted)]
        return told, Counter({type_: len(of_type) for type_, of_type in numbers.items()})

    def _begin(self, connection: sa.Connection, begun: StoredImport, names: Sequence[str]) -> None:
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
        start = ImportStarted(import_id=begun.import_id, collection=begun.collection, files=tuple(names))
        self.log.begin(connection, begun.import_id, [start])

    def _free_id(self, connection: sa.Connection, upload_ids: Collection[str], caller: str) -> str:
        for attempt in range(_ATTEMPTS):
            import_id = _id(upload_ids, caller, attempt)
            if connection.scalar(sa.select(t.imports.c.import_id).filter_by(import_id=import_id)) is None:
                return import_id
            if not self._failed(connection, import_id):
                break
        raise ConflictError("These files have been imported already.", hint="Send them again as new uploads.")

    def _failed(self, connection: sa.Connection, import_id: str) -> bool:
        return self.log.last_type(connection, import_id) == _FAILED


def _id(upload_ids: Collection[str], caller: str, attempt: int) -> str:
    # From what is imported, so that a request that arrives twice cannot begin two imports.
    named = "\n".join((caller, str(attempt), *sorted(upload_ids)))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


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
