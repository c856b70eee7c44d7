"""Working on imports: their files are added one import after the other, and get their vectors. Callers take turns."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from math import inf
from pathlib import Path

from filelock import FileLock, Timeout

from wellread.engine import Wellread
from wellread.errors import StorageError, WellreadError, public_error, public_text
from wellread.import_events import (
    FileRefused,
    ImportCompleted,
    ImportEvent,
    ImportFailed,
    ProductAdded,
    VectorsMade,
)
from wellread.serving.feed import Feed
from wellread.serving.import_files import ImportFiles, names_only
from wellread.store.imports.imports import StoredImport

_LOOK = 2.0  # seconds between two looks at what other servers left undone
_REST = 5.0  # seconds before an import is tried again that could not be gone on with
_TELL = 1.0  # seconds between two events about vectors
_SWEEP = 600.0  # seconds between two looks for uploads that were given up
_log = logging.getLogger(__name__)


class _UntoldError(Exception):
    """An event could not be stored: the database is away, or another process works on the import."""


@dataclass(slots=True)
class _ImportWork:
    """An import that this process works on, with the lock that says so and what it has told."""

    import_: StoredImport
    lock: FileLock
    events: list[ImportEvent]
    told_at: float = -inf  # of vectors, by the event loop's clock
    told: int = 0  # passages with vectors

    @property
    def changed(self) -> dict[str, int]:
        """The products that came of it or were replaced, with the number of their passages."""
        return {
            event.product_id: event.passages
            for event in self.events
            if isinstance(event, ProductAdded) and event.outcome != "unchanged"
        }


class Importer:
    """One for each server process. What a killed one left undone, the next goes on with: a lock falls with its
    process, and what each file came to is among the import's events."""

    def __init__(self, library: Wellread) -> None:
        self._folder = library.settings.home / "uploads"
        self.uploads = library.uploads
        self.imports = library.imports
        self.feed = Feed(self.imports)
        self._library = library
        self._work: dict[str, _ImportWork] = {}
        self._without_vectors: dict[str, _ImportWork] = {}
        self._resting: dict[str, float] = {}
        self._embedding: asyncio.Task[None] | None = None
        self._served: dict[
            str, int
        ] = {}  # callers, with a number that is higher the later their last turn was
        self._turns = count(1)
        self._counted_at = -inf  # the passages that wait, by the event loop's clock
        self._wake = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """What is under way at its end is left to the next process."""
        tasks = [asyncio.create_task(self._look()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            await self.feed.close()
            if self._embedding is not None:
                tasks.append(self._embedding)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for work in self._work.values():
                work.lock.release()

    def look(self) -> None:
        """Look at once: an import has just begun."""
        self._wake.set()

    async def _sweep(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.uploads.sweep)
            except Exception:  # noqa: BLE001  # what is left lying is swept another time
                _log.warning("uploads_not_swept", exc_info=True)
            await asyncio.sleep(_SWEEP)

    async def _look(self) -> None:
        while True:
            self._wake.clear()
            try:
                tried: set[str] = set()
                while import_ := self._next(await asyncio.to_thread(self.imports.unended), tried):
                    tried.add(import_.import_id)
                    self._served[import_.caller] = next(self._turns)
                    await self._try(import_)
            except Exception:  # noqa: BLE001  # whatever keeps it from looking now, it looks again
                _log.warning("imports_not_looked_at", exc_info=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._wake.wait()

    def _next(self, unended: Sequence[StoredImport], tried: Collection[str]) -> StoredImport | None:
        """The oldest import of the caller whose last turn was longest ago, of those that can be worked on now."""
        now = asyncio.get_running_loop().time()
        waiting = [
            import_
            for import_ in unended
            if import_.import_id not in tried
            and import_.import_id not in self._work
            and self._resting.get(import_.import_id, 0.0) <= now
        ]
        return min(waiting, key=lambda import_: self._served.get(import_.caller, 0), default=None)

    async def _try(self, import_: StoredImport) -> None:
        """Work on an import unless another server does."""
        try:
            await self._take_up(import_)
        except Exception:  # noqa: BLE001  # one import's defect must not keep the others waiting for ever
            if work := self._work.get(import_.import_id):
                self._give_up(work)
            else:
                self._rest(import_.import_id)

    async def _take_up(self, import_: StoredImport) -> None:
        lock = await asyncio.to_thread(self.uploads.lock, import_.import_id)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return  # another server works on it
        try:
            events = await asyncio.to_thread(self.imports.events, import_.import_id)
            ended = (await asyncio.to_thread(self.imports.import_, import_.import_id)).ended_at
        except BaseException:
            lock.release()
            raise
        work = self._work[import_.import_id] = _ImportWork(import_, lock, events)
        if ended:  # by another server, a moment ago
            await self._leave(work)
        else:
            await self._attempt(work)

    async def _attempt(self, work: _ImportWork) -> None:
        try:
            await self._add(work)
            await self._tell_waiting(work)
        except _UntoldError:
            self._give_up(work)
        except WellreadError as error:
            await self._end(work, _failed(error, self._folder / work.import_.import_id))
        except Exception as error:  # noqa: BLE001  # the import's own record says it; the server and the other imports go on
            _log.exception("import_failed", extra={"import_id": work.import_.import_id})
            await self._end(work, _unexpected(error))
        else:
            if not work.changed:
                await self._complete(work)
                return
            await asyncio.to_thread(self.uploads.remove, work.import_.uploads)
            self._without_vectors[work.import_.import_id] = work
            if self._embedding is None or self._embedding.done():
                self._embedding = asyncio.create_task(self._embed())

    async def _add(self, work: _ImportWork) -> None:
        """Add what has not come to anything yet. Raises _UntoldError, and what keeps the others from being added."""
        import_ = work.import_
        if not import_.folder and work.changed and await asyncio.to_thread(self._are_gone, import_):
            return  # they were taken out when all of them had come to something
        files = await asyncio.to_thread(self._files, import_)
        done = {event.path for event in work.events if isinstance(event, ProductAdded | FileRefused)}
        if "" not in done:
            for problem in files.problems:
                await self._tell(work, files.without_folder(FileRefused.of(problem)))
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
                await self._tell(work, files.without_folder(event))

    def _files(self, import_: StoredImport) -> ImportFiles:
        if import_.folder:
            return ImportFiles.lying(import_)
        uploads = self.uploads.uploads(import_.caller, import_.uploads)
        folder = self.uploads.gather(import_.import_id, uploads)
        return ImportFiles.uploaded(folder, [upload.name for upload in uploads])

    def _are_gone(self, import_: StoredImport) -> bool:
        held = {upload.upload_id for upload in self.uploads.uploads(import_.caller)}
        return held.isdisjoint(import_.uploads)

    async def _tell_waiting(self, work: _ImportWork) -> None:
        """Tell an import how many passages wait, long before the first have vectors. Raises _UntoldError."""
        is_told = any(isinstance(event, VectorsMade) for event in work.events)
        if self._library.embedder is not None and work.changed and not is_told:
            await self._tell(work, VectorsMade(done=0, total=sum(work.changed.values())))

    async def _embed(self) -> None:
        """Make the vectors of what was added, also of what is added meanwhile."""
        while self._without_vectors:
            waiting = list(self._without_vectors.values())
            note = ""
            try:
                async with aclosing(self._library.embed(wait=False)) as embedding:
                    async for event in embedding:
                        if isinstance(event, VectorsMade):
                            await self._count()
                for work in waiting:
                    if self._without_vectors.get(work.import_.import_id) is work:
                        await self._tell_vectors(work)
            except WellreadError as error:
                note = f"Search is by keyword only. {public_text(error)}"
            except Exception as error:  # noqa: BLE001  # what was added stays, and can be found by keyword
                _log.exception("vectors_failed")
                note = f"Search is by keyword only: an unexpected error, {type(error).__name__}."
            for work in waiting:
                if self._without_vectors.get(work.import_.import_id) is work:
                    del self._without_vectors[work.import_.import_id]
                    await self._complete(work, note)

    async def _count(self) -> None:
        """Once a second: tell the imports of their vectors, and end those that have all."""
        now = asyncio.get_running_loop().time()
        if now - self._counted_at < _TELL:
            return
        self._counted_at = now
        for work in list(self._without_vectors.values()):
            whole = await self._tell_vectors(work)
            if whole and self._without_vectors.pop(work.import_.import_id, None) is work:
                await self._complete(work)

    async def _tell_vectors(self, work: _ImportWork) -> bool:
        """Tell an import how many passages of its own products have vectors, and whether all have."""
        if self._library.embedder is None:
            return False
        index = await self._library.index(take_up=False)
        total = sum(work.changed.values())
        done = max(0, total - await index.waiting(work.changed))
        if done > work.told:
            clock = asyncio.get_running_loop()
            await asyncio.sleep(work.told_at + _TELL - clock.time())
            work.told, work.told_at = done, clock.time()
            try:
                await self._tell(work, VectorsMade(done=done, total=total))
            except _UntoldError:
                self._without_vectors.pop(work.import_.import_id)
                self._give_up(work)
        return done == total

    async def _complete(self, work: _ImportWork, note: str = "") -> None:
        outcomes = [event.outcome for event in work.events if isinstance(event, ProductAdded)]
        problem = self._library.embedder_problem
        await self._end(
            work,
            ImportCompleted(
                added=outcomes.count("added"),
                replaced=outcomes.count("replaced"),
                unchanged=outcomes.count("unchanged"),
                refused=sum(isinstance(event, FileRefused) for event in work.events),
                note=note or (f"{problem.message} {problem.hint}" if problem else ""),
            ),
        )

    async def _end(self, work: _ImportWork, last: ImportCompleted | ImportFailed) -> None:
        try:
            await self._tell(work, last)
        except _UntoldError:
            self._give_up(work)
            return
        await self._leave(work, whole=isinstance(last, ImportCompleted))

    async def _tell(self, work: _ImportWork, event: ImportEvent) -> None:
        """Store an event. Raises _UntoldError."""
        try:
            await asyncio.to_thread(self.imports.append, work.import_.import_id, event, len(work.events))
        except Exception as error:
            raise _UntoldError from error
        work.events.append(event)

    def _give_up(self, work: _ImportWork) -> None:
        """While an error is handled: leave the import as it is, to be looked at again later."""
        self._rest(work.import_.import_id)
        self._work.pop(work.import_.import_id, None)
        work.lock.release()

    def _rest(self, import_id: str) -> None:
        _log.warning("import_interrupted", exc_info=True, extra={"import_id": import_id})
        self._resting[import_id] = asyncio.get_running_loop().time() + _REST

    async def _leave(self, work: _ImportWork, *, whole: bool = False) -> None:
        """It has ended. The library has its own copies; after a failure the uploads stay for another import."""
        import_ = work.import_
        self._resting.pop(import_.import_id, None)
        self._work.pop(import_.import_id, None)
        folders = [import_.import_id, *(import_.uploads if whole else ())]
        try:
            await asyncio.to_thread(self.uploads.clear, folders)
        finally:
            work.lock.release()


def _failed(error: WellreadError, folder: Path) -> ImportFailed:
    told = public_error(error)
    return ImportFailed(
        status=told.status,
        message=names_only(told.message, folder),
        hint=names_only(told.hint, folder),
        retryable=told.retryable,
    )


def _unexpected(error: Exception) -> ImportFailed:
    return ImportFailed(
        status=500,
        message=f"An unexpected error: {type(error).__name__}.",
        hint="This is a defect: please report it with the lines that the server printed.",
        retryable=False,
    )
