"""Opening the database, at the newest schema. SQLite here; PostgreSQL behind the same code."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from wellread.errors import StorageError

HEAD = "0001"  # the newest revision in store/migrations/versions
BUSY_SECONDS = 30
_DAMAGE = ("not a database", "malformed", "no such table", "no such column")


class Database:
    """A pool of connections to the store's database.

    Writes go through `begin`, reads through `read`; both map what the disk or the server refuses, and a damaged
    file, to StorageError. A statement at fault (a broken constraint) stays SQLAlchemy's own error.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(writes=True)

    @classmethod
    def open(cls, path: Path) -> "Database":
        """Open or create the SQLite database at `path` and bring it to the newest schema.

        Raises StorageError when the file cannot be opened, is damaged, or was written by a newer Wellread.
        """
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS}
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        database = cls(engine)
        try:
            database.migrate()
        except BaseException:
            database.close()
            raise
        return database

    def migrate(self) -> None:
        """Bring the schema to the newest, all of it or nothing. Raises StorageError for one not known here."""
        if self._schema() != HEAD:
            # Alembic takes 0.2 s to import, and only a new or old database needs it.
            from wellread.store.migrations.upgrade import upgrade  # noqa: PLC0415

            with self.begin() as connection:
                upgrade(connection)

    def _schema(self) -> str | None:
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return version

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end, rolled back when an error leaves the block."""
        with _storage_errors(self.engine), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection whose statements all see the database as it was at the first of them."""
        with _storage_errors(self.engine), self.engine.connect() as connection:
            yield connection

    def check(self) -> str:
        """ "ok", or what SQLite's own integrity check complains of (a server is asked only for an answer)."""
        query = "PRAGMA quick_check" if self.engine.dialect.name == "sqlite" else "SELECT 'ok'"
        with self.read() as connection:
            return str(connection.scalar(sa.text(query)))

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver begins a transaction before an INSERT but not before a CREATE TABLE; `_begin_sqlite` does it.
    connection.isolation_level = None
    # WAL lets another process read and write meanwhile; NORMAL still survives a killed process.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A write waits for its turn here: one that has read first is refused at once when another was faster.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _storage_errors(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        reason = str(error.orig)
        place = Path(engine.url.database or "")
        if any(sign in reason for sign in _DAMAGE):
            message = f"The catalog {place} is damaged: {reason}."
            hint = (
                f"Move {place} away, with {place.name}-wal and {place.name}-shm if they are there, and put a backup "
                f"in its place; without a backup, add the titles again. The files that were added are still "
                f"under {place.parent / 'files'}."
            )
        elif not isinstance(error, OperationalError):
            raise
        elif "full" in reason:
            message = f"The catalog could not be used: {reason}."
            hint = "Free some space and run the same command again; nothing that was acknowledged is lost."
        else:
            message = f"The catalog could not be used: {reason}."
            hint = f"Check that {place} is on a writable disk and no other process holds it locked."
        raise StorageError(message, hint=hint) from error
