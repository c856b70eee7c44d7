"""Working on imports: their files are added one import after the other, and get their vectors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing, asynccontextmanager

from filelock import FileLock, Timeout

from wellread.engine import Wellread
from wellread.errors import StorageError, WellreadError
from wellread.import_events import FileRefused, ImportCompleted, ImportEvent, ImportFailed, ProductAdded
from wellread.serving.feed import Feed
from wellread.serving.import_files import ImportFiles, failure_of
from wellread.serving.import_record import ImportRecord, UnstoredError
from wellread.serving.import_vectors import ImportVectors
from wellread.serving.worker import Backlog, QueueWorker, Turn
from wellread.store.imports.imports import StoredImport
from wellread.store.runs.queue import StopRequest

_SWEEP = 600.0  # seconds between two looks for uploads that were given up
_log = logging.getLogger(__name__)


class Importer:
    """Imports as a kind of work. What a killed process left undone, the next goes on with: the lock by which an import
    is claimed falls with its process, and what each file came to is among the import's events."""

    name = "import"
    poll_seconds = 2.0
    back_off_seconds = 5.0
    tell_seconds = 1.0  # between two events about vectors

    def __init__(self, library: Wellread, *, works: bool = True) -> None:
        """Without `works`, others work on the imports that are begun here."""
        self._library = library
        self._works = works
        self._folder = library.settings.home / "uploads"
        self.uploads = library.uploads
        self.imports = library.imports
        self.feed: Feed[ImportEvent] = Feed(self.imports.log)
        self._locks: dict[str, FileLock] = {}
        self._vectors = ImportVectors(library, tell_seconds=self.tell_seconds)
        self._worker: QueueWorker[StoredImport] = QueueWorker(self, at_once=1)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """What is under way at its end is left to the next process."""
        if not self._works:
            try:
                yield
            finally:
                await self.feed.close()
            return
        self._vectors.catch_up()
        await self._worker.start()
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            await self.feed.close()
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            await self._worker.close()
            await self._vectors.close()

    def poll(self) -> None:
        """Look at once: an import has just begun."""
        self._worker.poll()

    async def _sweep(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.uploads.sweep)
            except Exception:  # noqa: BLE001  # what is left lying is swept another time
                _log.warning("uploads_not_swept", exc_info=True)
            await asyncio.sleep(_SWEEP)

    # What the queue's worker asks

    def enter(self) -> None:
        """Nothing says that this process works on imports but the locks of those that it claims."""

    def leave(self) -> None:
        for import_id in list(self._locks):
            self._unlock(import_id)

    def backlog(self, held: Collection[str]) -> Backlog[StoredImport]:
        unended = {import_.import_id: import_ for import_ in self.imports.unended()}
        return Backlog({id_: import_ for id_, import_ in unended.items() if id_ not in held})

    def requests(self, held: Collection[str]) -> dict[str, StopRequest]:  # noqa: ARG002
        """An import cannot be stopped."""
        return {}

    def claim(self, job: StoredImport) -> bool:
        lock = self.uploads.lock(job.import_id)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False  # another server works on it
        try:
            ended = bool(self.imports.import_(job.import_id).ended_at)
            if ended:  # by another server, a moment ago
                self.uploads.clear([job.import_id])
        except BaseException:
            lock.release()
            raise
        if ended:
            lock.release()
        else:
            self._locks[job.import_id] = lock
        return not ended

    def release(self, job: StoredImport) -> None:
        self._unlock(job.import_id)

    def _unlock(self, import_id: str) -> None:
        if lock := self._locks.pop(import_id, None):
            lock.release()

    async def work(self, turn: Turn[StoredImport]) -> None:
        import_ = turn.job
        self.feed.take_up(import_.import_id)
        try:
            events = await asyncio.to_thread(self.imports.events, import_.import_id)
            record = ImportRecord(import_, events, self.imports, self.feed)
            last = await self._outcome(turn, record)
            await record.append(last)
            # The library has its own copies; after a failure the uploads stay for another import.
            done = import_.uploads if isinstance(last, ImportCompleted) else ()
            await asyncio.to_thread(self.uploads.clear, [import_.import_id, *done])
        finally:
            self.feed.leave(import_.import_id)
        self._unlock(import_.import_id)

    async def _outcome(
        self, turn: Turn[StoredImport], record: ImportRecord
    ) -> ImportCompleted | ImportFailed:
        """Add an import's files and have their vectors made; gives how it ended. Raises UnstoredError."""
        try:
            await self._add(record)
            await self._vectors.announce(record)
            if not record.changed:
                return self._completed(record)
            await asyncio.to_thread(self.uploads.remove, record.import_.uploads)
        except UnstoredError:
            raise
        except WellreadError as error:
            return failure_of(error, self._folder / turn.job_id)
        except Exception as error:  # noqa: BLE001  # the import's own record says it; the server and the other imports go on
            _log.exception("import_failed", extra={"import_id": turn.job_id})
            return _unexpected(error)
        turn.give_way()
        return self._completed(record, await self._vectors.made(record))

    async def _add(self, record: ImportRecord) -> None:
        """Add what has not come to anything yet. Raises UnstoredError, and what keeps the others from being added."""
        import_ = record.import_
        if not import_.folder and record.changed and await asyncio.to_thread(self._are_gone, import_):
            return  # they were taken out when all of them had come to something
        files = await asyncio.to_thread(self._files, import_)
        done = {event.path for event in record.events if isinstance(event, ProductAdded | FileRefused)}
        if "" not in done:
            for problem in files.problems:
                await record.append(files.without_folder(FileRefused.of(problem)))
        paths = files.to_add(done)
        if not paths:
            return
        adding = self._library.add(
            paths,
            collection=import_.collection,
            vectors=False,
            may_replace=await asyncio.to_thread(self._library.accounts.may_edit_titles, import_.caller),
        )
        async with aclosing(adding) as events:
            async for event in events:
                if isinstance(event, FileRefused) and event.status == StorageError.status:
                    raise StorageError(event.message, hint=event.hint)  # a full disk is no fault of the file
                await record.append(files.without_folder(event))

    def _files(self, import_: StoredImport) -> ImportFiles:
        if import_.folder:
            return ImportFiles.lying(import_)
        uploads = self.uploads.uploads(import_.caller, import_.uploads)
        folder = self.uploads.gather(import_.import_id, uploads)
        return ImportFiles.uploaded(folder, [upload.name for upload in uploads])

    def _are_gone(self, import_: StoredImport) -> bool:
        held = {upload.upload_id for upload in self.uploads.uploads(import_.caller)}
        return held.isdisjoint(import_.uploads)

    def _completed(self, record: ImportRecord, note: str = "") -> ImportCompleted:
        outcomes = [event.outcome for event in record.events if isinstance(event, ProductAdded)]
        problem = self._library.embedder_problem
        return ImportCompleted(
            added=outcomes.count("added"),
            replaced=outcomes.count("replaced"),
            unchanged=outcomes.count("unchanged"),
            refused=sum(isinstance(event, FileRefused) for event in record.events),
            note=note or (f"{problem.message} {problem.hint}" if problem else ""),
        )


def _unexpected(error: Exception) -> ImportFailed:
    return ImportFailed(
        status=500,
        message=f"An unexpected error: {type(error).__name__}.",
        hint="This is a defect: please report it with the lines that the server printed.",
        retryable=False,
    )
