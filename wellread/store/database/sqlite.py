"""SQLite as the store's database: how it is opened, and what its refusals mean."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from wellread.errors import StorageError, WellreadError
from wellread.store.database.storable_text import storable_json

BUSY_SECONDS = 30
WRITING: dict[str, object] = {"writes": True}
READING: dict[str, object] = {}
_DAMAGE = ("not a database", "malformed", "no such table", "no such column")
_KEPT, _MORE = 5, 20  # connections that stay open, and those beyond them for as long as they are needed


def create(path: Path) -> sa.Engine:
    """A pool of connections to the file at `path`; it is made when something first connects."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS},
        json_serializer=storable_json,
        pool_size=_KEPT,
        max_overflow=_MORE,
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def refusal(error: DBAPIError, url: sa.URL) -> WellreadError | None:
    """What to tell of an error of the driver; None for that of a statement."""
    reason = str(error.orig)
    place = Path(url.database or "")
    if any(sign in reason for sign in _DAMAGE):
        return StorageError(
            f"The catalog {place} is damaged: {reason}.",
            hint=(
                f"Move {place} away, with {place.name}-wal and {place.name}-shm if they are there. With a backup, move "
                "the folders index and files away, too, and run `wellread restore`; without one, add the titles "
                f"again. The files that were added are still under {place.parent / 'files'}."
            ),
        )
    if not isinstance(error, OperationalError):
        return None
    if "full" in reason:
        hint = "Free some space and run the same command again; nothing that was acknowledged is lost."
    else:
        hint = f"Check that {place} is on a writable disk and no other process holds it locked."
    return StorageError(f"The catalog could not be used: {reason}.", hint=hint)


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver begins a transaction before an INSERT but not before a CREATE TABLE; `_begin` does it.
    connection.isolation_level = None
    # WAL lets another process read and write meanwhile; NORMAL still survives a killed process.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A write waits for its turn here: one that has read first is refused at once when another was faster.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
