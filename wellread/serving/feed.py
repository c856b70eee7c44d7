"""The events of runs, or of imports, for any number of listeners, from any number on, at once or long after.

A listener holds nothing but the number it has reached: one that does not read costs no memory. The events of runs
that this process works on are kept until they end; of others, and of runs that have ended, they are read from the
store.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wellread.errors import StorageError
from wellread.events import TERMINAL, AnyEvent
from wellread.import_events import IMPORT_ENDS

HEARTBEAT = 15.0  # seconds of silence after which a comment tells proxies that the stream lives
_POLL = 0.2  # seconds between two looks at the runs of other processes
_TERMINAL = frozenset(kind.model_fields["type"].default for kind in (*TERMINAL, *IMPORT_ENDS))


@dataclass(frozen=True, slots=True)
class Item:
    """An event as it is sent."""

    seq: int
    body: str  # JSON

    @property
    def is_last(self) -> bool:
        likely = '"type":"run.' in self.body or '"type":"import.' in self.body
        return likely and json.loads(self.body)["type"] in _TERMINAL


class Numbered(Protocol):
    """Where numbered events are stored: those of runs, or of imports."""

    def bodies(self, subject: str, after: int = 0, /) -> list[tuple[int, str]]:
        """The events of a subject beyond number `after` as numbers and JSON."""
        ...

    def ends(self, subjects: Collection[str], /) -> dict[str, int]:
        """The number of the last event of each."""
        ...


@dataclass(slots=True)
class _Live:
    """A run that this process works on: its events since it took it up."""

    items: list[Item] = field(default_factory=list)

    def beyond(self, after: int) -> Sequence[Item] | None:
        """The events after number `after`; None when they are not all here."""
        if not self.items or self.items[0].seq > after + 1:
            return None
        return self.items[after + 1 - self.items[0].seq :]


class Feed:
    """One for each process. Not to be used from two event loops."""

    def __init__(self, source: Numbered) -> None:
        self.source = source
        self._live: dict[str, _Live] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._followed: Counter[str] = Counter()
        self._gone: set[str] = set()  # of those that are followed, the runs that were deleted
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    # What the worker tells

    def take_up(self, run_id: str) -> None:
        """This process works on a run from now on."""
        self._live[run_id] = _Live()

    def tell(self, run_id: str, event: AnyEvent) -> None:
        """An event of such a run, as it is stored."""
        self._live[run_id].items.append(Item(event.seq, event.model_dump_json()))
        self._wake(run_id)

    def leave(self, run_id: str) -> None:
        """This process works on it no longer."""
        self._live.pop(run_id, None)
        self._wake(run_id)

    # What listeners ask

    async def follow(
        self, run_id: str, after: int = 0, *, idle: float | None = None
    ) -> AsyncGenerator[Sequence[Item], None]:
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
                items = await self._beyond(run_id, after)
                if items:
                    yield items
                    after = items[-1].seq
                    if items[-1].is_last:
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

    async def _beyond(self, run_id: str, after: int) -> Sequence[Item]:
        live = self._live.get(run_id)
        items = live.beyond(after) if live else None
        if items is None:
            stored = await asyncio.to_thread(self.source.bodies, run_id, after)
            items = [Item(seq, body) for seq, body in stored]
        return items

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
                now = await asyncio.to_thread(self.source.ends, others)
            except StorageError:
                continue  # the database is away: it is asked again
            for run_id in set(others) - set(now):
                self._gone.add(run_id)
                self._wake(run_id)
            for run_id, seq in now.items():
                if ends.get(run_id) != seq:
                    self._wake(run_id)
            ends = now
