"""A run as it is stored: each event before anybody sees it, and at the end how the run ended."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from wellread.agent.control import Control
from wellread.agent.knowledge import fold_events
from wellread.agent.loop import Loop
from wellread.errors import StorageError
from wellread.events import TERMINAL, AnswerCompleted, AnyEvent, RunCancelled, RunFailed, StepCompleted
from wellread.store.runs import RunStore


class Record:
    """The stored end of a run; `seq` is the number of its last event, 0 before the first.

    It counts under a lock, so that a write whose waiting was cancelled is counted all the same.
    """

    def __init__(self, runs: RunStore, run_id: str, *, seq: int = 0) -> None:
        self._runs = runs
        self._run_id = run_id
        self._lock = threading.Lock()
        self._ended = False
        self.seq = seq

    def append(self, event: AnyEvent) -> AnyEvent:
        """Store an event as the next and give it back, numbered and dated; after the end it is not stored."""
        with self._lock:
            return self._append(event)

    def end(self, event: RunCancelled | RunFailed) -> AnyEvent | None:
        """Store how the run ended, unless that is known, or the run never began."""
        with self._lock:
            return self._append(event) if self.seq > 0 and not self._ended else None

    def _append(self, event: AnyEvent) -> AnyEvent:
        if self._ended:
            return event
        [stored] = self._runs.append(self._run_id, [event], self.seq)
        self.seq = stored.seq
        self._ended = isinstance(event, TERMINAL)
        return stored


async def recorded(
    record: Record, before: Sequence[AnyEvent], loop: Loop, control: Control | None = None
) -> AsyncGenerator[AnyEvent, None]:
    """The events that follow `before`, each stored first; those of `before` too, if the record is empty.

    When the consumer closes the stream, or its task is cancelled, the run ends with run.cancelled. An unexpected
    error ends it with run.failed and is raised. Raises StorageError when an event cannot be stored.
    """
    began = time.monotonic()
    usage = fold_events(before).usage
    try:
        if record.seq == 0:
            for event in before:
                yield await asyncio.to_thread(record.append, event)
        async with aclosing(loop.run(fold_events(before), control)) as events:
            async for event in events:
                usage = event.usage if isinstance(event, StepCompleted | AnswerCompleted) else usage
                yield await asyncio.to_thread(record.append, event)
    except (GeneratorExit, asyncio.CancelledError):
        # Not in a thread: a task that is cancelled may get no other turn.
        record.end(RunCancelled(usage=usage, seconds=round(time.monotonic() - began, 3)))
        raise
    except StorageError:
        raise  # where no event can be stored, none can say so
    except (
        Exception
    ) as error:  # whatever it was: who reads the run must see that it ended; it is raised below
        failed = RunFailed(
            usage=usage,
            seconds=round(time.monotonic() - began, 3),
            status=500,
            message=f"An unexpected error ended the run: {type(error).__name__}.",
            hint="This is a defect: please report it with the question and the traceback.",
            retryable=False,
        )
        stored = await asyncio.to_thread(record.end, failed)
        if stored is not None:
            yield stored
        raise
