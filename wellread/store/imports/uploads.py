"""Files on their way into the library: who sends them, and what of them has arrived.

The bytes of an upload lie in a folder of its own, under the file's name. How much has arrived is the size of that file
and nothing else, so what was acknowledged is there after a kill.
"""

import errno
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from wellread.errors import ConflictError, NotFoundError, StorageError, TooManyError
from wellread.store.database import tables as t
from wellread.store.database import timestamps
from wellread.store.database.database import Database
from wellread.store.imports.file_names import file_name

LIFE = timedelta(hours=24)  # that an upload is kept after the last of its bytes
MOST_UPLOADS = 1000  # of one caller that are not imported yet
_NEW = timedelta(hours=1)  # in which an upload may have no file yet
_LOCK = ".lock"
_WRITE_FLAGS = os.O_WRONLY | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a caller sends. `name` is as it lies in the library, not as the caller spelt it."""

    upload_id: str
    caller: str
    name: str
    size: int  # bytes it is to have
    created_at: str


class UploadStore:
    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def add(self, caller: str, name: str, size: int, *, most_bytes: int) -> Upload:
        """A new, empty upload. Raises TooManyError when the caller's would have more than `most_bytes` together,
        StorageError when the disk has no room for it."""
        upload = Upload(uuid.uuid4().hex, caller, file_name(name), size, timestamps.now())
        with self._database.begin(turn=f"uploads of {caller}") as connection:
            held = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(t.uploads.c.size), 0))
            number, held_bytes = connection.execute(held.where(t.uploads.c.caller == caller)).one()
            if number >= MOST_UPLOADS or held_bytes + size > most_bytes:
                raise TooManyError(
                    f"{number} of your uploads, {held_bytes:,} bytes together, wait to be imported.",
                    hint="Import or delete some of them first.",
                    retry_after=60,
                )
            # Its row is there before its folder: a folder without a row may be swept.
            connection.execute(
                sa.insert(t.uploads).values(
                    upload_id=upload.upload_id,
                    caller=caller,
                    name=upload.name,
                    size=size,
                    created_at=upload.created_at,
                )
            )
        try:
            with _disk():
                self._folder.mkdir(parents=True, exist_ok=True)
                free = shutil.disk_usage(self._folder).free
                if free < size:
                    raise OSError(errno.ENOSPC, f"{free:,} bytes are free, and the file has {size:,}")
                path = self.path(upload)
                path.parent.mkdir()
                path.touch(0o600)
        except StorageError:
            self.remove([upload.upload_id])
            raise
        return upload

    def upload(self, upload_id: str, caller: str) -> Upload:
        """Raises NotFoundError, also for another caller's."""
        [upload] = self.uploads(caller, [upload_id])
        return upload

    def uploads(self, caller: str, upload_ids: Collection[str] | None = None) -> list[Upload]:
        """The caller's uploads, oldest first, or those of them in the order named. Raises NotFoundError for one that
        is not there."""
        query = sa.select(t.uploads).filter_by(caller=caller)
        if upload_ids is not None:
            query = query.where(t.uploads.c.upload_id.in_(upload_ids))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(t.uploads.c.created_at, t.uploads.c.upload_id))
            found = {row.upload_id: _upload(row) for row in rows}
        if upload_ids is None:
            return list(found.values())
        for upload_id in upload_ids:
            if upload_id not in found:
                raise NotFoundError(
                    f"There is no upload {upload_id!r}.",
                    hint="It was imported or deleted, or nothing came for a day: send the file again.",
                )
        return [found[upload_id] for upload_id in upload_ids]

    def path(self, upload: Upload) -> Path:
        return self._folder / upload.upload_id / upload.name

    def offset(self, upload: Upload) -> int:
        """How many of its bytes are here. Raises NotFoundError when its file is gone."""
        return self._stat(upload).st_size

    def expires_at(self, upload: Upload) -> datetime:
        """When it is given up if nothing more comes. Raises as `offset` does."""
        return datetime.fromtimestamp(self._stat(upload).st_mtime, UTC) + LIFE

    def _stat(self, upload: Upload) -> os.stat_result:
        try:
            return self.path(upload).stat()
        except OSError as error:
            raise NotFoundError(
                f"The bytes of the upload {upload.upload_id!r} are gone.", hint="Send the file again."
            ) from error

    def lock(self, upload_id: str) -> FileLock:
        """What whoever writes to an upload, or works on an import, holds; it falls with its process. Raises
        StorageError."""
        folder = self._folder / upload_id
        with _disk():
            folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / _LOCK, thread_local=False)

    def write(self, upload: Upload, offset: int, piece: bytes) -> int:
        """Write at `offset`; gives the offset after it. Raises StorageError; what fitted stays."""
        with _disk():
            descriptor = os.open(self.path(upload), _WRITE_FLAGS)
            try:
                os.lseek(descriptor, offset, os.SEEK_SET)
                left = memoryview(piece)
                while left:
                    left = left[os.write(descriptor, left) :]
            finally:
                os.close(descriptor)
        return offset + len(piece)

    def sync(self, upload: Upload) -> None:
        """Have what was written on the disk before it is acknowledged. Raises StorageError."""
        with _disk():
            descriptor = os.open(self.path(upload), _WRITE_FLAGS)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def resize(self, upload: Upload, size: int) -> Upload:
        """The upload as one of another size: nobody could tell before all of it was here."""
        with self._database.begin() as connection:
            connection.execute(sa.update(t.uploads).filter_by(upload_id=upload.upload_id).values(size=size))
        return Upload(upload.upload_id, upload.caller, upload.name, size, upload.created_at)

    def gather(self, group: str, uploads: Collection[Upload]) -> Path:
        """A folder with the files of those uploads, where companions are found beside each other. Again gives the
        same folder. Raises NotFoundError when bytes are gone, StorageError when they cannot be put there."""
        folder = self._folder / group
        with _disk():
            folder.mkdir(parents=True, exist_ok=True)
        for upload in uploads:
            target = folder / upload.name
            if not target.exists():
                self.offset(upload)
                with _disk():
                    _link(self.path(upload), target)
        return folder

    def remove(self, upload_ids: Collection[str]) -> None:
        """Forget uploads, and take away their bytes."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(t.uploads).where(t.uploads.c.upload_id.in_(upload_ids)))
        self.clear(upload_ids)

    def clear(self, folders: Collection[str]) -> None:
        """Take away the folders of uploads and imports that are no more."""
        for name in folders:
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def sweep(self, *, now: datetime | None = None) -> None:
        """Remove uploads for which nothing came for long, and folders that belong to nothing."""
        now = now or datetime.now(UTC)
        folders = {path.name for path in self._folder.glob("*") if path.is_dir()}
        with self._database.read() as connection:
            uploads = [_upload(row) for row in connection.execute(sa.select(t.uploads))]
            rows = connection.execute(
                sa.select(t.imports.c.import_id, t.imports.c.uploads).filter_by(ended_at="")
            )
            imports = {row.import_id: row.uploads for row in rows}
        needed = {upload_id for ids in imports.values() for upload_id in ids}
        late = [upload.upload_id for upload in uploads if self._is_late(upload, now)]
        self.remove([upload_id for upload_id in late if upload_id not in needed])
        self.clear(folders - {upload.upload_id for upload in uploads} - imports.keys())

    def _is_late(self, upload: Upload, now: datetime) -> bool:
        try:
            return self.expires_at(upload) < now
        except NotFoundError:
            return datetime.fromisoformat(upload.created_at) + _NEW < now


def check_whole(upload: Upload, offset: int) -> None:
    """Raises ConflictError when bytes of it are still to come."""
    if offset != upload.size:
        raise ConflictError(
            f"{upload.name} is not here in full: {offset:,} of {upload.size:,} bytes.",
            hint="Send the rest of it first.",
        )


def _upload(row: Any) -> Upload:
    return Upload(row.upload_id, row.caller, row.name, row.size, row.created_at)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        partial = target.with_name(f".{uuid.uuid4().hex}.partial")
        shutil.copyfile(path, partial)
        partial.replace(target)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError("This upload was deleted.", hint="Send the file again.") from error
    except OSError as error:
        raise StorageError(
            f"The file could not be written: {error.strerror or error}.",
            hint="What has arrived is kept: when there is space again, go on from there.",
        ) from error
