"""PostgreSQL as the store's database: how it is opened, and what its refusals mean. No message holds the password."""

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from wellread.errors import BadRequestError, StorageError, WellreadError
from wellread.store.database.storable_text import storable_json

WRITING: dict[str, object] = {"isolation_level": "READ COMMITTED"}
READING: dict[str, object] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_EXAMPLE = "postgresql://name:password@host:5432/wellread"
_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_KEPT, _MORE = 5, 20  # connections that stay open, and those beyond them for as long as they are needed
_UPGRADING = 0x57_65_6C_6C  # the advisory lock of whoever makes or changes the schema
_TURNS = 1  # the space of the advisory locks of turns

# By SQLSTATE; psycopg gives none for a connection that was refused, so there the server's words must do.
_HINTS_BY_STATE = {
    "42501": "Let the owner of the database GRANT CREATE, USAGE ON SCHEMA public to Wellread's user.",
    "53100": "Free some space on the server's disk; nothing that was acknowledged is lost.",
    "53300": "Raise max_connections of the server, or run fewer processes.",
    "55P03": "Something else uses the tables: stop the servers of this library and run the same command again.",
    "42P01": "Run `wellread restore` with your last backup, or check that the URL names the right schema.",
    "42703": "Run `wellread restore` with your last backup, or check that the URL names the right schema.",
    "25006": "It is a read-only copy: name the primary server.",
}
_HINTS_BY_WORDS = {
    "password": "Check the user name and the password in the setting `database`.",
    "authentication": "Check the user name and the password in the setting `database`.",
    "role": "Check the user name in the setting `database`, or make it with `createuser`.",
    "does not exist": "Make it with `createdb`, or correct its name in the setting `database`.",
    "resolve": "Check the host in the setting `database`.",
}


def create(address: str) -> sa.Engine:
    """A pool of connections to the database at `address`. Raises BadRequestError for one that cannot be used."""
    try:
        url = sa.make_url(address)
    except (ArgumentError, ValueError):
        raise BadRequestError(
            "The setting `database` is no URL.", hint=f"It looks like {_EXAMPLE}."
        ) from None  # the cause might show the password
    if url.drivername not in _SCHEMES:
        raise BadRequestError(
            f"The setting `database` begins with {url.drivername}://, which Wellread cannot use.",
            hint=f"Leave it empty for SQLite; PostgreSQL looks like {_EXAMPLE}.",
        )
    if not url.database:
        raise BadRequestError(
            "The setting `database` names a server but no database.", hint=f"It looks like {_EXAMPLE}."
        )
    own = {"connect_timeout": 10, "application_name": "wellread"}
    try:
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={name: value for name, value in own.items() if name not in url.query},
            pool_pre_ping=True,
            json_serializer=storable_json,
            pool_size=_KEPT,
            max_overflow=_MORE,
        )
    except ModuleNotFoundError as error:
        raise BadRequestError(
            "The driver for PostgreSQL is not installed.",
            hint='`pip install "wellread[postgresql]"` does it.',
        ) from error


def refusal(error: DBAPIError, url: sa.URL) -> WellreadError | None:
    """What to tell of an error of the server or the driver; None for that of a statement."""
    place = f"{url.host or 'this machine'}/{url.database}"
    # Where a connection was refused, what the server or the system said stands at the end of the first line.
    reason = str(error.orig).strip().partition("\n")[0].rpartition(" failed: ")[2]
    reason = reason.removeprefix("FATAL:").strip().rstrip(".")
    state = getattr(error.orig, "sqlstate", None)
    if "connection option" in reason:
        return BadRequestError(f"The setting `database` cannot be used: {reason}.", hint=f"See {_EXAMPLE}.")
    if state in _HINTS_BY_STATE:
        return StorageError(f"The database {place} could not be used: {reason}.", hint=_HINTS_BY_STATE[state])
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    for words, hint in _HINTS_BY_WORDS.items():
        if state is None and words in reason:
            return StorageError(f"The database {place} cannot be opened: {reason}.", hint=hint)
    return StorageError(
        f"The database {place} does not answer: {reason}.",
        hint="Check that the server runs and can be reached; then the same command works again by itself.",
    )


def check_encoding(connection: sa.Connection) -> None:
    """Raises StorageError for a database that cannot hold every character."""
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StorageError(
            f"The database has the encoding {encoding}, which lacks most characters.",
            hint="Make one with `createdb --encoding=UTF8 --template=template0 wellread`.",
        )


def wait_for_upgrades(connection: sa.Connection) -> None:
    """Wait until no other transaction that was here is under way: CREATE TABLE would not wait, but fail."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADING})


def wait_for_turn(connection: sa.Connection, turn: str) -> None:
    """Wait until no other transaction that was here with this `turn` is under way."""
    # The lock of two numbers is another than the lock of one, which upgrades hold.
    query = sa.text("SELECT pg_advisory_xact_lock(:space, hashtext(:turn))")
    connection.execute(query, {"space": _TURNS, "turn": turn})


def wait_briefly(connection: sa.Connection) -> None:
    """Let a statement of this transaction fail that has to wait for another process's transaction."""
    connection.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
