"""Reading a backup: is it whole, may it come here, and putting it in place.

The order makes it safe to kill at any moment. What is only more than before comes first (source files), the index is
unpacked beside and is never in place without its catalog, and the database changes in one transaction. A library that
has lost its index makes it anew; otherwise the restore can be run again.
"""

import hashlib
import os
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self, TypeVar

import sqlalchemy as sa
import tomlkit
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DataError, IntegrityError

from wellread.errors import BadRequestError, NotFoundError, StorageError, UnreadableError
from wellread.store import settings_file
from wellread.store.backup.backup import BackupProgress, sync_folder
from wellread.store.backup.dump import dumped_tables, has_rows, load, tables
from wellread.store.backup.manifest import (
    FORMAT,
    MANIFEST,
    SETTINGS,
    Format,
    Manifest,
    Part,
    is_name,
    table_member,
)
from wellread.store.catalog.source_files import sha256_of
from wellread.store.database import sqlite
from wellread.store.database.database import HEAD, Database
from wellread.store.migrations.upgrade import upgrade

_Model = TypeVar("_Model", bound=BaseModel)
_CHUNK = 1 << 20
_WORK = ".restoring"  # the folder in the home where the index is unpacked, and kept when it is replaced


class Backup:
    """A backup that is there to be read; a context manager."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
        self._archive = archive
        self.manifest = manifest
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises NotFoundError, UnreadableError for a file that is no backup or a damaged one, and BadRequestError
        for one that a newer Wellread has written."""
        try:
            with _damage(path):
                archive = zipfile.ZipFile(path)
        except OSError as error:
            raise NotFoundError(
                f"{path} cannot be opened: {error.strerror or error}.", hint="Name a file that you may read."
            ) from error
        try:
            with _damage(path):
                return cls(archive, _manifest(archive, path), path)
        except BaseException:
            archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def verify(self) -> Generator[BackupProgress]:
        """Read all of it. Raises UnreadableError for a byte that is not as it was written."""
        with _damage(self.path):
            for part in self.manifest.parts:
                names = self.names(part)
                for number, name in enumerate(names, 1):
                    for _ in self.chunks(name):
                        pass
                    yield BackupProgress(part, number, len(names))

    def names(self, part: Part) -> list[str]:
        if part == "settings":
            return [member.name for member in self.manifest.members if member.name == SETTINGS]
        return [member.name for member in self.manifest.members if member.name.startswith(f"{part}/")]

    def size(self) -> int:
        """Bytes that it takes on the disk of a home, the database aside."""
        return sum(member.size for member in self.manifest.members)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, checked at their end."""
        [wanted] = [member for member in self.manifest.members if member.name == name]
        digest = hashlib.sha256()
        with self._archive.open(name) as member:
            while chunk := member.read(_CHUNK):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != wanted.sha256:
            raise zipfile.BadZipFile(f"{name} is not as it was written")

    def lines(self, name: str) -> Iterator[bytes]:
        with self._archive.open(name) as member:
            yield from member


def restore(backup: Backup, home: Path, database: Database, *, replace: bool) -> Generator[BackupProgress]:
    """Put a verified backup in place. With `replace`, what is there gives way to it; what a backup does not hold (one
    of the database alone) stays.

    Nobody else may use the library meanwhile. Raises BadRequestError when the database or the home is not empty,
    StorageError when there is no room.
    """
    parts = backup.manifest.parts
    work = home / _WORK
    if not replace and (held := _held(home, database)):
        raise BadRequestError(
            f"The library at {home} is not empty: {held}.",
            hint="`--replace` lets the backup take its place. It is also the way to go on with a restore that was "
            "cut off.",
        )
    with _disk_errors(home):
        settings = _settings(backup, home, replace=replace)
        if shutil.disk_usage(home).free < backup.size():
            raise StorageError(
                f"The backup needs {backup.size():,} bytes on the disk of {home}, which has not that much free.",
                hint="Free some space; the library is as it was.",
            )
        _clear(work)
        yield from _unpack(backup, "index", work)
        yield from _unpack(backup, "files", home)
        if "index" in parts:
            _move(home / "index", work / "replaced")
        try:
            with database.rebuild() as connection:
                yield from _put_tables(backup, connection)
        except BaseException:
            _move(work / "replaced", home / "index")
            raise
        _move(work / "index", home / "index")
        if backup.names("settings"):
            settings_file.write(home, settings)
        if "files" in parts and replace:
            _remove_others(backup, home)
        _clear(work)


def _held(home: Path, database: Database) -> str:
    """What a restore would take the place of, or "". A home may hold a library whose database is elsewhere than this
    one. An index without passages is nothing: `doctor` makes it."""
    if _has_rows(database):
        return f"its database {database.place} has rows"
    own = home / "wellread.db"
    if own.exists():
        with closing(Database(sqlite.create(own))) as other:  # as it is: it is not upgraded
            if _has_rows(other):
                return f"its file {own.name} has rows"
    if any(path.is_file() for path in (home / "files").rglob("*")):
        return "its folder files has source files"
    if any((home / "index").glob("*/data/*")):
        return "its folder index has passages"
    return ""


def _has_rows(database: Database) -> bool:
    with database.read() as connection:
        return has_rows(connection)


def _put_tables(backup: Backup, connection: sa.Connection) -> Generator[BackupProgress]:
    """Within a transaction: the tables as the backup has them, at its schema, and then upgraded."""
    names = set(backup.names("database"))
    for table in reversed(tables(connection)):
        table.drop(connection)
    connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    upgrade(connection, backup.manifest.schema_revision)
    held = dumped_tables(connection)
    if names != {table_member(table.name) for table in held}:
        raise _damaged(backup.path, "its tables are not those of its schema")
    for number, table in enumerate(held, 1):
        try:
            for _ in load(connection, table, backup.lines(table_member(table.name))):
                yield BackupProgress("database", number - 1, len(held))
        except (ValueError, TypeError, IntegrityError, DataError) as error:
            raise _damaged(backup.path, f"{table.name} has a row that does not fit") from error
        yield BackupProgress("database", number, len(held))
    upgrade(connection)
    if "index" not in backup.manifest.parts:  # the index is of another time than these tables
        connection.execute(sa.text("UPDATE products SET indexed = ''"))


def _unpack(backup: Backup, part: Part, folder: Path) -> Generator[BackupProgress]:
    """Write the members of a part below `folder`, each whole or not at all; those that are there stay."""
    names = backup.names(part)
    for number, name in enumerate(names, 1):
        target = folder / name
        if not (part == "files" and target.exists() and sha256_of(target) == target.name):
            _write(target, backup.chunks(name))
        yield BackupProgress(part, number, len(names))


def _write(target: Path, chunks: Iterator[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid.uuid4().hex}.partial")
    try:
        with partial.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _settings(backup: Backup, home: Path, *, replace: bool) -> tomlkit.TOMLDocument:
    """The settings that the home is to have: where the database is, stays what it is here."""
    present = settings_file.read(home)
    if not backup.names("settings") or (present.as_string() and not replace):
        return present
    try:
        settings = settings_file.parsed(b"".join(backup.chunks(SETTINGS)))
    except BadRequestError as error:
        raise _damaged(backup.path, "its settings.toml is no TOML") from error
    if "database" in settings:  # of a backup that Wellread has not made so
        settings.remove("database")
    if "database" in present:
        settings["database"] = present["database"]
    return settings


def _remove_others(backup: Backup, home: Path) -> None:
    """The source files that the backup does not have: its catalog knows nothing of them."""
    kept = set(backup.names("files"))
    for path in (home / "files").glob("*/*"):
        if path.relative_to(home).as_posix() not in kept:
            path.unlink()


def _move(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        sync_folder(target.parent)


def _clear(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    """The manifest, when the archive holds what it says."""
    if MANIFEST not in archive.namelist():
        raise UnreadableError(f"{path} is no backup of Wellread.", hint="`wellread backup FILE` makes one.")
    text = archive.read(MANIFEST)
    said = _parsed(Format, text, path)
    if said.format > FORMAT:
        raise _newer(path)
    manifest = _parsed(Manifest, text, path)
    if manifest.schema_revision > HEAD:
        raise _newer(path)
    for member in manifest.members:
        if not is_name(member.name):
            raise _damaged(path, f"it has a member {member.name!r}, which does not belong in a library")
    sizes = [(entry.filename, entry.file_size) for entry in archive.infolist() if entry.filename != MANIFEST]
    if sorted(sizes) != sorted((member.name, member.size) for member in manifest.members):
        raise _damaged(path, "what is in it is not what its manifest lists")
    if len(set(sizes)) != len(sizes):
        raise _damaged(path, "something is in it twice")
    return manifest


def _parsed(model: type[_Model], text: bytes, path: Path) -> _Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise _damaged(path, "its manifest cannot be read") from error


def _newer(path: Path) -> BadRequestError:
    return BadRequestError(
        f"{path} was written by a newer Wellread.",
        hint="Upgrade Wellread, then restore it; nothing was changed.",
    )


def _damaged(path: Path, reason: str) -> UnreadableError:
    return UnreadableError(
        f"The backup {path} is damaged: {reason}.",
        hint="Take another copy or an earlier backup; nothing was changed.",
    )


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Maps what zipfile raises for bytes that are no archive, or no longer the ones that were written."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged(path, str(error).rstrip(".") or "it ends too early") from error


@contextmanager
def _disk_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The backup could not be put in place at {home}: {error.strerror or error}.",
            hint="Free some space or see to the permissions, then run the restore again with --replace.",
        ) from error
