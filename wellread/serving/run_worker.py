"""Working on runs: those that wait, and those that a killed server left behind."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import aclosing, suppress
from dataclasses import dataclass

from wellread.computing import ComputingSlots
from wellread.engine import Wellread
from wellread.errors import ConflictError, NotFoundError, StorageError
from wellread.events import AnyEvent, RunStarted
from wellread.serving.feed import Feed
from wellread.serving.live_servers import LiveServer
from wellread.serving.live_settings import LiveSettings
from wellread.serving.worker import Backlog, QueueWorker, Turn
from wellread.store.runs.queue import StopRequest
from wellread.store.runs.runs import StoredRun

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much is worked on. A caller whose runs all wait is told to come back."""

    at_once: int  # runs, in one process
    computing: int  # of these, in one process; the others wait for models
    waiting: int  # runs of one caller that have not ended, in all


# Told of a run that is taken up; gives what is told each of its further events.
Observe = Callable[[StoredRun, RunStarted], Callable[[AnyEvent], None]]


class RunWorker:
    """Runs as a kind of work. With `only_own` a process works on nothing but the runs that it begins itself, and they
    end with it; one that does not even work (`works`) leaves all of them to others."""

    name = "run"
    back_off_seconds = 2.0

    def __init__(
        self,
        library: Wellread,
        feed: Feed[AnyEvent],
        presence: LiveServer,
        capacity: Capacity,
        observe: Observe,
        *,
        works: bool = True,
        only_own: bool = False,
    ) -> None:
        self._library = library
        self._queue = library.queue
        self._feed = feed
        self._presence = presence
        self.capacity = capacity
        self._observe = observe
        self._works = works
        self._settings = LiveSettings(library)
        self._own: set[str] | None = set() if only_own else None  # begun here, and not ended
        self._slots = ComputingSlots(capacity.computing, on_free=self.poll)
        self._worker: QueueWorker[StoredRun] = QueueWorker(self, at_once=capacity.at_once, slots=self._slots)

    # What interfaces ask

    @property
    def only_own(self) -> bool:
        return self._own is not None

    @property
    def working(self) -> int:
        """How many runs this process works on now."""
        return self._worker.working

    def workers(self) -> int:
        """How many living processes work on the runs that are begun here. Looks at files."""
        return 1 if self.only_own else self._presence.workers()

    async def start(self) -> None:
        if self._works:
            await self._worker.start()
        else:
            await asyncio.to_thread(self.enter)

    async def close(self) -> None:
        """Leave what is under way to the next server; with `only_own`, cancel it."""
        if self._works:
            await self._worker.close(cancel=self.only_own)
        else:
            await asyncio.to_thread(self.leave)

    def poll(self, run_id: str = "") -> None:
        """Look at once at what waits; that run has just begun here."""
        if self._own is not None and run_id:
            self._own.add(run_id)
        self._worker.poll()

    async def request(self, run_id: str, request: StopRequest) -> None:
        """Have a run stopped (it writes what it can) or cancelled, whichever process works on it."""
        await asyncio.to_thread(self._queue.request, run_id, request)
        if turn := self._worker.turn(run_id):
            turn.apply(request)
        else:
            self._worker.poll()

    # What the queue's worker asks

    @property
    def poll_seconds(self) -> float | None:
        return None if self._own is not None and not (self._own or self.working) else 0.25

    def enter(self) -> None:
        self._presence.enter()

    def leave(self) -> None:
        with suppress(StorageError):  # its runs are claimed all the same, as those of a killed server
            self._queue.release(self._presence.worker)
        self._presence.leave()

    def backlog(self, held: Collection[str]) -> Backlog[StoredRun]:
        if self._own is not None:
            queued, waiting = self._queue.named(self._own), {""}
        else:
            queued = self._queue.queued()
            others = {run.worker for run in queued} - {"", self._presence.worker}
            waiting = {"", self._presence.worker, *(w for w in others if not self._presence.is_alive(w))}
        unclaimed = {run.run_id: run for run in queued if run.worker in waiting and run.run_id not in held}
        under_way = Counter(run.caller for run in queued if run.run_id not in unclaimed)
        return Backlog(unclaimed, under_way)

    def requests(self, held: Collection[str]) -> dict[str, StopRequest]:
        return self._queue.requests(held)

    def claim(self, job: StoredRun) -> bool:
        return self.only_own or self._queue.claim(job.run_id, self._presence.worker, held_by=job.worker)

    def release(self, job: StoredRun) -> None:
        self._queue.claim(job.run_id, "", held_by=self._presence.worker)

    async def work(self, turn: Turn[StoredRun]) -> None:
        self._feed.take_up(turn.job_id)
        try:
            await self._follow(turn)
        finally:
            self._feed.leave(turn.job_id)
        if self._own is not None:
            self._own.discard(turn.job_id)

    async def _follow(self, turn: Turn[StoredRun]) -> None:
        run = turn.job
        observe: Callable[[AnyEvent], None] = unobserved
        try:
            async with self._slots.turn(run.caller):
                observe = self._observe(run, await asyncio.to_thread(self._start_of, run))
                requests = await asyncio.to_thread(self._queue.requests, [run.run_id])
                if turn.cancelled or requests.get(run.run_id) == "cancel":
                    await self._cancel(run, observe)
                    return
                if requests:
                    turn.control.stop()
                self._settings.follow()
                async with aclosing(self._library.work(run.run_id, control=turn.control)) as events:
                    async for stored in events:
                        self._feed.tell(run.run_id, stored)
                        observe(stored.event)
        except asyncio.CancelledError:
            if not turn.cancelled:
                raise
            await self._cancel(run, observe)

    def _start_of(self, run: StoredRun) -> RunStarted:
        first = self._library.run_log.firsts([run.run_id])[run.run_id].event
        if not isinstance(first, RunStarted):
            raise TypeError(f"The run {run.run_id} begins with {first.type}.")
        return first

    async def _cancel(self, run: StoredRun, observe: Callable[[AnyEvent], None]) -> None:
        """Store that the run ended so. Where that cannot be stored now, it is still asked for."""
        try:
            await self._library.cancel(run.run_id)
        except (StorageError, ConflictError, NotFoundError) as error:
            _log.warning("run_not_cancelled", extra={"run_id": run.run_id, "error": error.message})
            return
        with suppress(StorageError):  # its stream was closed before its last event came
            for event in await asyncio.to_thread(self._last_event, run.run_id):
                observe(event)

    def _last_event(self, run_id: str) -> list[AnyEvent]:
        log = self._library.run_log
        return log.events(run_id, log.ends([run_id]).get(run_id, 1) - 1)


def unobserved(_: AnyEvent) -> None:
    pass
