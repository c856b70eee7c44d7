"""Opening the database, at the newest schema: SQLite in a file, or PostgreSQL behind the same code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from wellread.errors import StorageError, WellreadError
from wellread.store.database import postgresql, sqlite
from wellread.store.database import tables as t
from wellread.store.database.storable_text import keep_storable

HEAD = "0005"  # the newest revision in store/migrations/versions
_OPTIONS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "sqlite": (sqlite.WRITING, sqlite.READING),
    "postgresql": (postgresql.WRITING, postgresql.READING),
}
_REFUSALS: dict[str, Callable[[DBAPIError, sa.URL], WellreadError | None]] = {
    "sqlite": sqlite.refusal,
    "postgresql": postgresql.refusal,
}

# Called with a connection to a database that is about to be upgraded, and the schema that it has.
BeforeUpgrade = Callable[[sa.Connection, str], None]


class Database:
    """A pool of connections to the store's database.

    Writes go through `begin`, reads through `read`; both map what the disk or the server refuses, and a damaged
    file, to StorageError, after which the next call connects anew. A statement at fault (a broken constraint) stays
    SQLAlchemy's own error. Of every text that is written, a NUL or lone surrogate becomes U+FFFD: offsets stay.
    """

    def __init__(self, engine: sa.Engine, before_upgrade: BeforeUpgrade | None = None) -> None:
        self.engine = engine
        self._before_upgrade = before_upgrade
        self._server = engine.dialect.name == "postgresql"
        keep_storable(engine)
        writing, reading = _OPTIONS[engine.dialect.name]
        self._writing = engine.execution_options(**writing)
        self._reading = engine.execution_options(**reading)

    @classmethod
    def open(cls, place: Path | str, *, before_upgrade: BeforeUpgrade | None = None) -> "Database":
        """Open the SQLite database at a path, made when it is not there, or the PostgreSQL database at a URL, and
        bring it to the newest schema, after `before_upgrade` when it has an older one.

        Raises BadRequestError for a URL that cannot be used; StorageError when the database cannot be opened, is
        damaged, or was written by a newer Wellread.
        """
        if isinstance(place, Path):
            database = cls(sqlite.create(place), before_upgrade)
        else:
            database = cls(postgresql.create(place), before_upgrade)
        try:
            database.migrate()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def place(self) -> str:
        """Where the database is, for people: a path, or a URL without its password."""
        url = self.engine.url
        if not self._server:
            return url.database or ""
        port = f":{url.port}" if url.port else ""
        return f"postgresql://{url.host or ''}{port}/{url.database}"

    def migrate(self) -> None:
        """Bring the schema to the newest, all of it or nothing. Raises StorageError for one not known here."""
        with self.read() as connection:
            if schema_of(connection) == HEAD:
                return
        # Alembic takes 0.2 s to import, and only a new or old database needs it.
        from wellread.store.migrations.upgrade import upgrade  # noqa: PLC0415

        with self.begin() as connection:
            if self._server:
                postgresql.wait_for_upgrades(connection)
                postgresql.check_encoding(connection)
            schema = schema_of(connection)
            if schema == HEAD:
                return  # another process was faster
            if schema and schema < HEAD and self._before_upgrade is not None:
                self._before_upgrade(connection, schema)
            upgrade(connection)

    @contextmanager
    def begin(self, *, turn: str = "") -> Iterator[sa.Connection]:
        """A transaction: committed at the end, rolled back when an error leaves the block.

        Those of one `turn` come one after the other, so that what one has read is still so when it writes.
        """
        with self._refusals(), self._writing.begin() as connection:
            if turn:
                self.take_turn(connection, turn)
            yield connection

    def take_turn(self, connection: sa.Connection, turn: str) -> None:
        """Wait until no other transaction has that turn, and have it to the end of this one."""
        if self._server:  # in SQLite all that write come one after the other
            postgresql.wait_for_turn(connection, turn)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection whose statements all see the database as it was at the first of them."""
        with self._refusals(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def rebuild(self) -> Iterator[sa.Connection]:
        """A transaction in which the tables may be dropped and made anew. Raises StorageError when others use them."""
        with self.begin() as connection:
            if self._server:
                postgresql.wait_for_upgrades(connection)
                postgresql.wait_briefly(connection)
            yield connection

    def check(self) -> str:
        """ "ok", or what is wrong: SQLite's own integrity check, or the tables that PostgreSQL lacks."""
        with self.read() as connection:
            if not self._server:
                return str(connection.scalar(sa.text("PRAGMA quick_check")))
            lacking = sorted(t.METADATA.tables.keys() - set(sa.inspect(connection).get_table_names()))
            return f"it lacks the tables {', '.join(lacking)}" if lacking else "ok"

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except NoConnectionError as error:
            raise StorageError(
                "All connections to the database were in use for too long.", hint="Try again in a moment."
            ) from error
        except DBAPIError as error:
            refusal = _REFUSALS[self.engine.dialect.name](error, self.engine.url)
            if refusal is None:
                raise
            raise refusal from error


def schema_of(connection: sa.Connection) -> str | None:
    """The revision of the schema, None when there is none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version
