"""Storing the events of many runs at once: what comes while a transaction is under way is the next one together."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from wellread.errors import ConflictError, StorageError
from wellread.events import AnyEvent
from wellread.store.event_log import Batch, StoredEvent
from wellread.store.runs.runs import RunStore

_TOGETHER = 400  # events in one transaction at most
_PATIENCE = 60.0  # seconds that a server which went away is waited for
_PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class _Entry:
    batch: Batch[AnyEvent]
    stored: Future[list[StoredEvent[AnyEvent]]] = field(default_factory=Future)


class Journal:
    """Appends to runs in a thread of its own, in the order in which it is told to.

    When a database server goes away, what is to be stored waits for it, for `_PATIENCE` seconds; a disk that is full
    is told at once. Raises StorageError then, and ConflictError as `RunStore.append` does.
    """

    def __init__(self, runs: RunStore, *, is_server: bool) -> None:
        self._runs = runs
        self._is_server = is_server
        self._entries: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closing = False
        self.on_stored: Callable[[float], object] | None = None  # told the seconds that each transaction took

    def submit(
        self, run_id: str, events: Sequence[AnyEvent], after: int
    ) -> Future[list[StoredEvent[AnyEvent]]]:
        """Have events stored as `after` + 1, …; the future gives them as they are stored. After `close` nothing is."""
        entry = _Entry(Batch(run_id, events, after))
        with self._starting:
            if self._closing:
                closed = StorageError("The library is closed.", hint="Open it again and go on with the run.")
                entry.stored.set_exception(closed)
                return entry.stored
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
                self._thread.start()
            self._entries.put(entry)
        return entry.stored

    async def append(
        self, run_id: str, events: Sequence[AnyEvent], after: int
    ) -> list[StoredEvent[AnyEvent]]:
        """`submit`, and wait. A caller that is cancelled meanwhile leaves the write to be done."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(run_id, events, after)))

    def close(self) -> None:
        """Store what was submitted, and end."""
        with self._starting:
            self._closing = True
            self._entries.put(None)
        if self._thread is not None:
            self._thread.join()

    def _write(self) -> None:
        while (entry := self._entries.get()) is not None:
            entries, last = [entry], False
            events = len(entry.batch.events)
            while events < _TOGETHER and not self._entries.empty():
                following = self._entries.get()
                if following is None:
                    last = True
                    break
                entries.append(following)
                events += len(following.batch.events)
            self._store(entries)
            if last:
                return

    def _store(self, entries: Sequence[_Entry]) -> None:
        try:
            stored = self._patiently(lambda: self._runs.append_all([entry.batch for entry in entries]))
        except ConflictError as error:
            if len(entries) == 1:
                entries[0].stored.set_exception(error)
                return
            for entry in entries:  # one of them is at fault
                self._store([entry])
        except Exception as error:  # noqa: BLE001  # whatever it was, who waits for it must be told
            for entry in entries:
                entry.stored.set_exception(error)
        else:
            for entry, events in zip(entries, stored, strict=True):
                entry.stored.set_result(events)

    def _patiently(
        self, store: Callable[[], list[list[StoredEvent[AnyEvent]]]]
    ) -> list[list[StoredEvent[AnyEvent]]]:
        give_up = time.monotonic() + _PATIENCE
        while True:
            began = time.monotonic()
            try:
                stored = store()
            except StorageError:
                if not self._is_server or self._closing or time.monotonic() > give_up:
                    raise
                time.sleep(_PAUSE)
            else:
                if self.on_stored is not None:
                    self.on_stored(time.monotonic() - began)
                return stored
