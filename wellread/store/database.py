"""Opening the database, at the newest schema. SQLite here; any SQLAlchemy URL behind the same code."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from wellread.errors import StorageError

HEAD = "0001"  # the newest revision in store/migrations/versions
BUSY_SECONDS = 30


class Database:
    """A pool of connections to the store's database.

    Writes go through `begin`, which maps what the disk or the server refuses to StorageError.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, path: Path) -> "Database":
        """Open or create the SQLite database at `path` and bring it to the newest schema.

        Raises StorageError when the file cannot be opened, or was written by a newer Wellread.
        """
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        database = cls(engine)
        with _storage_errors(path):
            if database._schema() != HEAD:
                # Alembic takes 0.2 s to import, and only a new or old database needs it.
                from wellread.store.migrations.upgrade import upgrade  # noqa: PLC0415

                with FileLock(path.with_suffix(".lock")):
                    upgrade(engine)
        return database

    def _schema(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return version

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end, rolled back when an error leaves the block."""
        with _storage_errors(self.engine.url.database), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with _storage_errors(self.engine.url.database), self.engine.connect() as connection:
            yield connection

    def check(self) -> str:
        """ "ok", or what the database's own integrity check complains of."""
        with self.read() as connection:
            return str(connection.scalar(sa.text("PRAGMA quick_check")))

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # WAL lets another process read and write meanwhile; NORMAL still survives a killed process.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _storage_errors(place: Any) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig)
        hint = "Free some space and run the same command again; nothing that was acknowledged is lost."
        if "full" not in reason:
            hint = f"Check that {place} is on a writable disk and no other process holds it locked."
        raise StorageError(f"The catalog could not be used: {reason}.", hint=hint) from error
