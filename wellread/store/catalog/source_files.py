"""Source files, kept once each under their SHA-256."""

import errno
import hashlib
import os
import shutil
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from wellread.errors import NotFoundError, StorageError

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store. `name` is what it was called where it came from."""

    sha256: str
    name: str
    size: int  # bytes


class FileStore:
    """A folder of files named by their content: `ab/abcdef…`. A file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def digest(self, source: Path) -> str:
        """The SHA-256 that `add` would keep the source under, without keeping it. Errors as of `add`."""
        if not source.is_dir():
            with _reading(source):
                return sha256_of(source)
        with self._partial() as partial:
            _zip_folder(source, partial)
            return sha256_of(partial)

    def add(self, source: Path) -> StoredFile:
        """Keep a copy of the file, or of the folder as a zip whose bytes depend on names and contents only.

        A copy that is there and whole stays; a damaged one is replaced. Raises NotFoundError when the source is
        gone or unreadable, StorageError when the copy cannot be written.
        """
        with self._partial() as partial:
            name = _portable(source.name)
            if source.is_dir():
                _zip_folder(source, partial)
                name += ".zip"
            else:
                with _reading(source), source.open("rb") as reading:
                    _copy(reading, partial)
            digest = sha256_of(partial)
            target = self.path(digest)
            if self.damaged(digest):
                target.parent.mkdir(exist_ok=True)
                with partial.open("rb") as written:
                    os.fsync(written.fileno())
                partial.replace(target)
            return StoredFile(digest, name, target.stat().st_size)

    @contextmanager
    def _partial(self) -> Iterator[Path]:
        """A path for a file that is being made; what is left of it goes at the end."""
        partial = self._folder / f".{uuid.uuid4().hex}.partial"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            yield partial
        except OSError as error:
            raise StorageError(
                f"A file could not be copied into the library: {error.strerror or error}.",
                hint="Free some space or set WELLREAD_HOME to another disk, then add it again.",
            ) from error
        finally:
            partial.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes left half made. Nobody may be adding meanwhile. Whole copies stay, also
        those that the catalog does not know: it may be new, and they the only ones."""
        for path in self._folder.glob(".*.partial"):
            path.unlink(missing_ok=True)

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def damaged(self, sha256: str) -> bool:
        """Whether the file is missing or its bytes no longer have the hash they are named by."""
        path = self.path(sha256)
        return not path.exists() or sha256_of(path) != sha256


def fingerprint(files: dict[str, str]) -> str:
    """One hash for the files of a product, given as role → SHA-256."""
    lines = "\n".join(f"{role} {digest}" for role, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise NotFoundError(
            f"{source} cannot be opened: {error.strerror or error}.",
            hint="Check that the file still exists and that you may read it.",
        ) from error


def _copy(reading: BinaryIO, target: Path) -> None:
    with target.open("wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)


def _portable(name: str) -> str:
    """A file name that the catalog can hold: bytes that are no UTF-8 become the replacement character."""
    return os.fsencode(name).decode("utf-8", "replace")


def _zip_folder(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(_portable(path.relative_to(folder).as_posix()), _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with _reading(path), path.open("rb") as reading, archive.open(entry, "w") as writing:
                shutil.copyfileobj(reading, writing, 1 << 20)
