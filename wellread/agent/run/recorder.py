"""A run as it is stored: each event before anybody sees it, and at the end how the run ended."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress

from wellread.agent.run.loop import Loop
from wellread.agent.state.budget import usage_told
from wellread.agent.state.control import Control
from wellread.agent.state.knowledge import fold_events
from wellread.errors import ConflictError, StorageError, WellreadError
from wellread.events import (
    TERMINAL,
    AnyEvent,
    Roles,
    RunCancelled,
    RunFailed,
    RunStarted,
    StepThinking,
)
from wellread.store.event_log import StoredEvent
from wellread.store.runs.journal import Journal


class Recorder:
    """The stored end of a run that goes on after `before`, its events so far."""

    def __init__(self, journal: Journal, run_id: str, before: Sequence[AnyEvent]) -> None:
        self._journal = journal
        self._run_id = run_id
        self._ended = isinstance(before[-1], TERMINAL)
        self._usage = fold_events(before).usage
        self._began = time.monotonic()
        self.seq = before[-1].seq

    async def append(self, events: Sequence[AnyEvent]) -> list[StoredEvent[AnyEvent]]:
        """Store events as the next and give them back, numbered and dated; after the end nothing is stored."""
        if self._ended:
            return []
        after = self._count(events)
        return await self._journal.append(self._run_id, events, after)

    def cancel(self) -> AnyEvent | None:
        """Store that the run was cancelled, unless it has ended. It waits for the disk, and so may hold the event loop
        up: a task that is being cancelled may get no other turn."""
        if self._ended:
            return None
        event = RunCancelled(usage=self._usage, seconds=self._seconds)
        after = self._count([event])
        [stored] = self._journal.submit(self._run_id, [event], after).result()
        return stored.event

    async def fail(self, error: WellreadError) -> Sequence[StoredEvent[AnyEvent]]:
        """Store that the run failed, and give that event; none when it has ended."""
        return await self.append([RunFailed.of(error, self._usage, self._seconds)])

    async def fail_unexpectedly(self, error: Exception) -> Sequence[StoredEvent[AnyEvent]]:
        """`fail`, for a defect."""
        defect = WellreadError(
            f"An unexpected error ended the run: {type(error).__name__}.",
            hint="This is a defect: please report it with the question and the traceback.",
        )
        return await self.fail(defect)

    @property
    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _count(self, events: Sequence[AnyEvent]) -> int:
        """Count what is handed to the journal, which stores it also when nobody waits any more."""
        after = self.seq
        self.seq += len(events)
        for event in events:
            self._usage = usage_told(event) or self._usage
            self._ended = self._ended or isinstance(event, TERMINAL)
        return after


async def recorded(
    record: Recorder, before: Sequence[AnyEvent], loop: Loop, control: Control | None = None
) -> AsyncGenerator[StoredEvent[AnyEvent], None]:
    """The events that follow `before`, each stored first. Closing the stream leaves the run to be gone on with.

    An unexpected error ends the run with run.failed and is raised. Raises StorageError when an event cannot be
    stored, ConflictError when another process has gone on with the run.
    """
    try:
        async with aclosing(loop.run(fold_events(before), control)) as events:
            held: list[AnyEvent] = []
            async for event in events:
                held.append(event)
                if isinstance(event, StepThinking):
                    continue  # stored with the action: a reply of the model is there whole, or is asked for again
                together, held = held, []
                for stored in await record.append(together):
                    yield stored
    except (StorageError, ConflictError):
        raise  # where no event can be stored, none can say so
    except Exception as error:  # who reads the run must see that it ended; it is raised below
        for end in await record.fail_unexpectedly(error):
            yield end
        raise


async def continued(
    record: Recorder,
    events: Sequence[AnyEvent],
    open_loop: Callable[[Roles], Awaitable[Loop]],
    control: Control | None = None,
) -> AsyncGenerator[StoredEvent[AnyEvent], None]:
    """`recorded` behind the stored events of a run; nothing for one that has ended. What cannot be opened for it ends
    it with run.failed, but for a store that is away. Raises as `recorded`."""
    start = events[0]
    if isinstance(events[-1], TERMINAL) or not isinstance(start, RunStarted):
        return
    try:
        loop = await open_loop(start.roles)
    except StorageError:
        raise
    except WellreadError as error:
        for end in await record.fail(error):
            yield end
        return
    except Exception as error:  # who reads the run must see that it ended; it is raised below
        for end in await record.fail_unexpectedly(error):
            yield end
        raise
    async with aclosing(recorded(record, events, loop, control)) as stored:
        async for event in stored:
            yield event


@contextmanager
def cancelled_when_closed(record: Recorder) -> Iterator[None]:
    """When the reader leaves the stream, or its task is cancelled, the run ends with run.cancelled."""
    try:
        yield
    except (GeneratorExit, asyncio.CancelledError):
        with suppress(StorageError):  # the library was closed before the stream
            record.cancel()
        raise
