"""Source files, kept once each under their SHA-256."""

import hashlib
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

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
        if source.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._folder / f".{os.getpid()}-{source.name}.digest"
            try:
                _zip_folder(source, partial)
                return sha256_of(partial)
            finally:
                partial.unlink(missing_ok=True)
        try:
            return sha256_of(source)
        except OSError as error:
            raise _gone(source, error) from error

    def add(self, source: Path) -> StoredFile:
        """Keep a copy of the file, or of the folder as a zip whose bytes depend on names and contents only.

        Raises NotFoundError when the source is gone or unreadable, StorageError when the copy cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{os.getpid()}-{source.name}.partial"
        try:
            if source.is_dir():
                _zip_folder(source, partial)
                name = source.name + ".zip"
            else:
                _copy(source, partial)
                name = source.name
            digest = sha256_of(partial)
            target = self.path(digest)
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                with partial.open("rb") as written:
                    os.fsync(written.fileno())
                partial.replace(target)
            return StoredFile(digest, name, target.stat().st_size)
        except OSError as error:
            raise StorageError(
                f"{source.name} could not be copied into the library: {error.strerror}.",
                hint="Free some space or set WELLREAD_HOME to another disk, then add it again.",
            ) from error
        finally:
            partial.unlink(missing_ok=True)

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


def _gone(source: Path, error: OSError) -> NotFoundError:
    return NotFoundError(
        f"{source} cannot be opened: {error.strerror}.",
        hint="Check that the file still exists and that you may read it.",
    )


def _copy(source: Path, target: Path) -> None:
    try:
        reading = source.open("rb")
    except OSError as error:
        raise _gone(source, error) from error
    with reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)


def _zip_folder(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as reading, archive.open(entry, "w") as writing:
                shutil.copyfileobj(reading, writing, 1 << 20)
