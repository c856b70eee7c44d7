"""The events of runs, or of imports, for any number of listeners, from any number on, at once or long after.

A listener holds nothing but the number it has reached: one that does not read costs no memory. The events of runs
that this process works on are kept until they end; of others, and of runs that have ended, they are read from the
store.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol

from wellread.errors import StorageError
from wellread.events import TERMINAL
from wellread.import_events import IMPORT_ENDS
from wellread.store.event_log import E, StoredEvent

HEARTBEAT = 15.0  # seconds of silence after which a comment tells proxies that the stream lives
_POLL = 0.05  # seconds between two looks at the runs of other processes
_TERMINAL = frozenset(kind.model_fields["type"].default for kind in (*TERMINAL, *IMPORT_ENDS))


class Log(Protocol[E]):
    """Where numbered events are stored: an `EventLog`."""

    def stored(self, subject: str, after: int = 0, /) -> list[StoredEvent[E]]:
        """The events of a subject beyond number `after`."""
        ...

    def ends(self, subjects: Collection[str], /) -> dict[str, int]:
        """The number of the last event of each."""
        ...


@dataclass(slots=True)
class _Live(Generic[E]):
    """A run that this process works on: its events since it took it up."""

    events: list[StoredEvent[E]] = field(default_factory=list)

    def beyond(self, after: int) -> Sequence[StoredEvent[E]] | None:
        """The events after number `after`; None when they are not all here."""
        if not self.events or self.events[0].seq > after + 1:
            return None
        return self.events[after + 1 - self.events[0].seq :]


class Feed(Generic[E]):
    """One for each process. Not to be used from two event loops."""

    def __init__(self, log: Log[E]) -> None:
        self.log = log
        self._live: dict[str, _Live[E]] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._followed: Counter[str] = Counter()
        self._gone: set[str] = set()  # of those that are followed, the runs that were deleted
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    # What the worker tells

    def take_up(self, run_id: str) -> None:
        """This process works on a run from now on."""
        self._live[run_id] = _Live()

    def tell(self, run_id: str, event: StoredEvent[E]) -> None:
        """A further event of such a run."""
        self._live[run_id].events.append(event)
        self._wake(run_id)

    def leave(self, run_id: str) -> None:
        """This process works on it no longer."""
        self._live.pop(run_id, None)
        self._wake(run_id)

    # What listeners ask

    async def follow(
        self, run_id: str, after: int = 0, *, idle: float | None = None
    ) -> AsyncGenerator[Sequence[StoredEvent[E]], None]:
        """The events of a run beyond number `after`, those that are there together, until its last one, or until the
        run is deleted.

        An empty sequence each time that nothing came for `idle` seconds.
        """
        self._followed[run_id] += 1
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            while not self._closed and run_id not in self._gone:
                changed = self._changed.setdefault(run_id, asyncio.Event())
                events = await self._beyond(run_id, after)
                if events:
                    yield events
                    after = events[-1].seq
                    if events[-1].type in _TERMINAL:
                        return
                    continue
                try:
                    # wait_for of Python 3.11 loses a cancellation that comes with the event.
                    async with asyncio.timeout(idle):
                        await changed.wait()
                except TimeoutError:
                    yield ()
        finally:
            self._followed[run_id] -= 1
            if not self._followed[run_id]:
                del self._followed[run_id]
                self._gone.discard(run_id)
                self._changed.pop(run_id, None)

    @property
    def listeners(self) -> int:
        return self._followed.total()

    async def close(self) -> None:
        """End what is followed; a listener may come back to another server."""
        self._closed = True
        for run_id in list(self._changed):
            self._wake(run_id)
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _beyond(self, run_id: str, after: int) -> Sequence[StoredEvent[E]]:
        live = self._live.get(run_id)
        events = live.beyond(after) if live else None
        return await asyncio.to_thread(self.log.stored, run_id, after) if events is None else events

    def _wake(self, run_id: str) -> None:
        changed = self._changed.pop(run_id, None)
        if changed is not None:
            changed.set()

    async def _watch(self) -> None:
        """Wake the listeners of runs that other processes work on."""
        ends: dict[str, int] = {}
        while True:
            await asyncio.sleep(_POLL)
            others = [run_id for run_id in self._followed if run_id not in self._live]
            if not others:
                continue
            try:
                now = await asyncio.to_thread(self.log.ends, others)
            except StorageError:
                continue  # the database is away: it is asked again
            for run_id in set(others) - set(now):
                self._gone.add(run_id)
                self._wake(run_id)
            for run_id, seq in now.items():
                if ends.get(run_id) != seq:
                    self._wake(run_id)
            ends = now
