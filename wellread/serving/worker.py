"""Working on runs: those that wait, fair between callers, and those that a killed server left behind."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from wellread.agent.state.control import Control
from wellread.engine import Wellread
from wellread.errors import ConflictError, NotFoundError, StorageError
from wellread.events import AnyEvent, RunStarted
from wellread.serving.feed import Feed
from wellread.serving.live_servers import Presence
from wellread.store.runs.runs import StoredRun, Wish

_LOOK = 0.25  # seconds between two looks at what waits and at what callers want
_REST = 2.0  # seconds before a run is tried again that could not be stored
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much is worked on. A caller whose runs all wait is told to come back."""

    at_once: int  # runs, in one process
    waiting: int  # runs of one caller that have not ended, in all


# Told of a run that is taken up; gives what is told each of its further events.
Observe = Callable[[StoredRun, RunStarted], Callable[[AnyEvent], None]]


@dataclass(slots=True)
class _Work:
    run: StoredRun
    control: Control = field(default_factory=Control)
    task: asyncio.Task[None] | None = None
    begun: bool = (
        False  # a task that is cancelled before its first line does nothing at all, not even its `finally`
    )
    cancelled: bool = False

    def cancel(self) -> None:
        """Give the run up: it ends with run.cancelled."""
        if not self.cancelled:
            self.cancelled = True
            if self.begun and self.task is not None:
                self.task.cancel()


class Worker:
    """One for each server process. What a process that lives works on, no other takes up. With `only_own` it works on
    nothing but the runs that its own process begins, and they end with it."""

    def __init__(
        self,
        library: Wellread,
        feed: Feed,
        presence: Presence,
        capacity: Capacity,
        observe: Observe,
        *,
        only_own: bool = False,
    ) -> None:
        self._library = library
        self._feed = feed
        self._presence = presence
        self.capacity = capacity
        self._observe = observe
        self._own: set[str] | None = set() if only_own else None  # begun here, and not ended
        self._work: dict[str, _Work] = {}
        self._resting: dict[str, float] = {}  # run → when it may be tried again, by the event loop's clock
        self._looking: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    @property
    def working(self) -> int:
        """How many runs this process works on now."""
        return len(self._work)

    async def start(self) -> None:
        await asyncio.to_thread(self._presence.enter)
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Leave what is under way to the next server, where nothing of it is lost; with `only_own`, cancel it."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        works = list(self._work.values())
        for work in works:
            if self._own is not None:
                work.cancel()
            elif work.task is not None:
                work.task.cancel()
        await asyncio.gather(*(work.task for work in works if work.task), return_exceptions=True)
        with suppress(StorageError):  # they are taken up all the same, as those of a killed server
            await asyncio.to_thread(self._library.queue.release, self._presence.worker)
        await asyncio.to_thread(self._presence.leave)

    @property
    def only_own(self) -> bool:
        return self._own is not None

    def look(self, run_id: str = "") -> None:
        """Look at once at what waits; a run has just begun, perhaps."""
        if self._own is not None and run_id:
            self._own.add(run_id)
        self._wake.set()

    async def wish(self, run_id: str, wish: Wish) -> None:
        """Have a run stopped (it writes what it can) or cancelled, whichever process works on it."""
        await asyncio.to_thread(self._library.queue.wish, run_id, wish)
        if run_id in self._work:
            self._grant(self._work[run_id], wish)
        else:
            self.look()

    async def _look(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._take_up()
                wishes = await asyncio.to_thread(self._library.queue.wishes, list(self._work))
                for run_id, wish in wishes.items():
                    if run_id in self._work:
                        self._grant(self._work[run_id], wish)
            except StorageError as error:
                _log.warning("store_away", extra={"error": error.message})
            except Exception:  # noqa: BLE001  # one run's defect must not keep the others waiting for ever
                _log.exception("look_failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._idle else _LOOK):
                    await self._wake.wait()

    @property
    def _idle(self) -> bool:
        """Whether nothing can come but what is begun here."""
        return self._own is not None and not self._own and not self._work

    async def _take_up(self) -> None:
        """Claim as many of the waiting runs as there is room for."""
        if len(self._work) >= self.capacity.at_once:
            return
        queued, waiting = await asyncio.to_thread(self._unattended)
        now = asyncio.get_running_loop().time()
        self._resting = {
            run.run_id: self._resting[run.run_id] for run in queued if run.run_id in self._resting
        }
        waiting = [run for run in waiting if self._resting.get(run.run_id, 0.0) <= now]
        for run in in_turn(waiting, queued)[: self.capacity.at_once - len(self._work)]:
            if self.only_own or await asyncio.to_thread(self._claim, run):
                self._resting.pop(run.run_id, None)
                self._feed.take_up(run.run_id)
                work = _Work(run)
                self._work[run.run_id] = work
                work.task = asyncio.create_task(self._run(work))

    def _claim(self, run: StoredRun) -> bool:
        return self._library.queue.claim(run.run_id, self._presence.worker, held_by=run.worker)

    def _unattended(self) -> tuple[list[StoredRun], list[StoredRun]]:
        """The runs that have not ended, and those of them that no living process works on, oldest first."""
        if self._own is not None:
            own = self._library.queue.named(self._own)
            return own, [run for run in own if run.run_id not in self._work]
        queued = self._library.queue.queued()
        others = {run.worker for run in queued} - {"", self._presence.worker}
        alive = {worker for worker in others if self._presence.is_alive(worker)}
        return queued, [run for run in queued if run.run_id not in self._work and run.worker not in alive]

    def _grant(self, work: _Work, wish: Wish) -> None:
        if wish == "stop":
            work.control.stop()
        else:
            work.cancel()

    async def _run(self, work: _Work) -> None:
        run, observe = work.run, None
        work.begun = True
        try:
            starts = await asyncio.to_thread(self._library.queue.starts, [run.run_id])
            observe = self._observe(run, starts[run.run_id])
            wishes = await asyncio.to_thread(self._library.queue.wishes, [run.run_id])
            match "cancel" if work.cancelled else wishes.get(run.run_id):
                case "cancel":
                    await self._cancelled(run, observe)
                    return
                case "stop":
                    work.control.stop()
            async with aclosing(self._library.work(run.run_id, control=work.control)) as events:
                async for event in events:
                    self._feed.tell(run.run_id, event)
                    observe(event)
        except asyncio.CancelledError:
            if not work.cancelled:
                raise
            await self._cancelled(run, observe)
        except (StorageError, ConflictError) as error:
            # The run is as it was stored; it is gone on with when it can be, here or elsewhere.
            _log.warning("run_interrupted", extra={"run_id": run.run_id, "error": error.message})
            self._rest(run)
            await self._give_back(run)
        except Exception:  # noqa: BLE001  # the run's own record says it; the server and the other runs go on
            _log.exception("run_failed", extra={"run_id": run.run_id})
            self._rest(run)
        finally:
            del self._work[run.run_id]
            if self._own is not None and run.run_id not in self._resting:
                self._own.discard(run.run_id)
            self._feed.leave(run.run_id)
            self.look()

    async def _cancelled(self, run: StoredRun, observe: Callable[[AnyEvent], None] | None) -> None:
        """Store that the run ended so. Where that cannot be stored now, it is still wished for."""
        try:
            await self._library.cancel(run.run_id)
        except (StorageError, ConflictError, NotFoundError) as error:
            _log.warning("run_not_cancelled", extra={"run_id": run.run_id, "error": error.message})
            return
        if observe is not None:
            await self._observe_end(run.run_id, observe)

    async def _observe_end(self, run_id: str, observe: Callable[[AnyEvent], None]) -> None:
        """Of a run whose stream was closed before its last event came."""
        with suppress(StorageError):
            ends = await asyncio.to_thread(self._library.queue.ends, [run_id])
            for event in await asyncio.to_thread(self._library.queue.events, run_id, ends.get(run_id, 1) - 1):
                observe(event)

    def _rest(self, run: StoredRun) -> None:
        self._resting[run.run_id] = asyncio.get_running_loop().time() + _REST

    async def _give_back(self, run: StoredRun) -> None:
        # Where it cannot be stored, `_unattended` finds the run all the same: this process does not work on it.
        with suppress(StorageError):
            await asyncio.to_thread(
                lambda: self._library.queue.claim(run.run_id, "", held_by=self._presence.worker)
            )


def in_turn(waiting: Sequence[StoredRun], queued: Sequence[StoredRun]) -> list[StoredRun]:
    """The waiting runs in the order in which they are taken up: always the oldest one of the caller who has the fewest
    runs under way. `queued` are all that have not ended, oldest first, as `waiting` are."""
    left = {run.run_id for run in waiting}
    under_way = Counter(run.caller for run in queued if run.run_id not in left)
    order: list[StoredRun] = []
    rest = list(waiting)
    while rest:
        following = min(rest, key=lambda run: under_way[run.caller])  # the first of the smallest
        rest.remove(following)
        under_way[following.caller] += 1
        order.append(following)
    return order
