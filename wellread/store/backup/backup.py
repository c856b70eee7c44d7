"""Writing a backup: one zip file with the tables as JSON lines, the source files, the settings and the passage index.

database/TABLE.jsonl  the rows of a table, see `dump`
files/ab/abcdef…      source files by their SHA-256
index/…               the passage index's own files, so that no vector need be made anew
settings.toml         without the setting that says where the database is
manifest.json         size and SHA-256 of each, and the schema of the tables
"""

import asyncio
import hashlib
import os
import uuid
import zipfile
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
import tomlkit

from wellread import __version__
from wellread.errors import BadRequestError, StorageError
from wellread.import_events import WaitingFor
from wellread.store import settings_file
from wellread.store.backup.dump import dump, dumped_tables
from wellread.store.backup.manifest import (
    FORMAT,
    MANIFEST,
    SETTINGS,
    Manifest,
    Member,
    Part,
    is_name,
    table_member,
)
from wellread.store.database.database import HEAD, Database
from wellread.store.locks import ADDING, acquired, index_locks, lock

_CHUNK = 1 << 20
_LOCK_POLL = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class BackupProgress:
    """`done` of `total` rows of the database, or files of another part."""

    part: Part
    done: int
    total: int


def write_backup(
    target: Path, connection: sa.Connection, schema: str, home: Path | None = None
) -> Generator[BackupProgress]:
    """Write what `connection` sees, and the files of `home` if one is given, to the new file `target`.

    The file is whole or not there. Nobody may add, remove or embed meanwhile. Raises BadRequestError when there is
    something at `target` or settings.toml is no TOML, StorageError when it cannot be written.
    """
    if target.exists():
        raise BadRequestError(f"There is something at {target}.", hint="Choose a new name for the backup.")
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with _disk_errors():
            # It holds the hashes of passwords: nobody else may read it.
            descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    yield from _fill(archive, connection, schema, home)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(target)
            sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


async def back_up(
    target: Path, database: Database, home: Path
) -> AsyncGenerator[WaitingFor | BackupProgress, None]:
    """`write_backup` of a whole library, while others read; who adds, removes or embeds waits for it, and it for
    them. Closing the generator gives it up."""
    wanted = [lock(home, ADDING), *index_locks(home).values()]
    with ExitStack() as held:
        for one in wanted:
            if not acquired(one):
                yield WaitingFor.model_validate({"for": "another process that adds or embeds"})
                while not acquired(one):
                    await asyncio.sleep(_LOCK_POLL)
            held.callback(one.release)
        with database.read() as connection, closing(write_backup(target, connection, HEAD, home)) as steps:
            for step in steps:
                yield step


def back_up_before_upgrade(connection: sa.Connection, schema: str, folder: Path) -> None:
    """Keep the tables in `folder` before their schema changes. Raises StorageError; then it may not change."""
    target = folder / f"schema-{schema}-{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%fZ}.zip"
    try:
        with _disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
        for _ in write_backup(target, connection, schema):
            pass
    except StorageError as error:
        raise StorageError(
            f"The database is of an older schema and was not upgraded. {error.message}",
            hint=f"Before an upgrade its tables are copied to {folder}: free some space there and run the same command "
            "again. Nothing was changed.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Let a rename in `folder` survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Members:
    """The members of an archive that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._time = datetime.now(UTC).timetuple()[:6]
        self.written: list[Member] = []

    def put(self, name: str, chunks: Iterable[bytes], *, compressed: bool = False) -> None:
        digest, size = hashlib.sha256(), 0
        # A name is compressed as the archive is, a ZipInfo as it says itself: not, for books and vectors hardly shrink.
        entry = name if compressed else zipfile.ZipInfo(name, self._time)
        with self._archive.open(entry, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.written.append(Member(name=name, size=size, sha256=digest.hexdigest()))


def _fill(
    archive: zipfile.ZipFile, connection: sa.Connection, schema: str, home: Path | None
) -> Generator[BackupProgress]:
    members = _Members(archive)
    parts: list[Part] = ["database"]
    yield from _put_tables(members, connection)
    if home is not None:
        of_home: dict[Part, list[Path]] = {"files": _source_files(home), "index": _index_files(home)}
        for part, paths in of_home.items():
            for number, path in enumerate(paths, 1):
                members.put(path.relative_to(home).as_posix(), _chunks(path))
                yield BackupProgress(part, number, len(paths))
            parts.append(part)
        if (home / SETTINGS).exists():
            members.put(SETTINGS, [tomlkit.dumps(_without_database(settings_file.read(home))).encode()])
        parts.append("settings")
    manifest = Manifest(
        format=FORMAT,
        schema_revision=schema,
        wellread=__version__,
        made_at=datetime.now(UTC),
        parts=tuple(parts),
        members=tuple(members.written),
    )
    archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))


def _without_database(settings: tomlkit.TOMLDocument) -> tomlkit.TOMLDocument:
    """The setting `database` belongs to an installation, and may hold a password."""
    if "database" in settings:
        settings.remove("database")
    return settings


def _put_tables(members: _Members, connection: sa.Connection) -> Generator[BackupProgress]:
    tables = dumped_tables(connection)
    rows = {
        table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables
    }
    done, total = 0, sum(rows.values())
    for table in tables:
        members.put(table_member(table.name), dump(connection, table), compressed=True)
        done += rows[table.name]
        yield BackupProgress("database", done, total)


def _source_files(home: Path) -> list[Path]:
    return [
        path for path in sorted((home / "files").glob("*/*")) if is_name(path.relative_to(home).as_posix())
    ]


def _index_files(home: Path) -> list[Path]:
    """All but its locks and what it has put aside as damaged."""
    return [
        path
        for path in sorted((home / "index").rglob("*"))
        if path.is_file()
        and path.suffix != ".lock"
        and not any(parent.suffix == ".damaged" for parent in path.parents)
    ]


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The backup could not be written: {error.strerror or error}.",
            hint="Free some space or choose another disk; the library is as it was.",
        ) from error
