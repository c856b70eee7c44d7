"""The loop that works on what waits in the library's queue, whatever kind of work it is: runs, or imports."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Protocol, TypeVar

from wellread.agent.state.control import Control
from wellread.computing import ComputingSlots
from wellread.errors import ConflictError, StorageError
from wellread.serving.threads import IN_BACKGROUND
from wellread.store.runs.queue import StopRequest

_log = logging.getLogger(__name__)


class Job(Protocol):
    """A run or an import that has not ended."""

    @property
    def caller(self) -> str: ...


J = TypeVar("J", bound=Job)


@dataclass(frozen=True, slots=True)
class Backlog(Generic[J]):
    """The jobs, by their ids and oldest first, that no living process works on as far as can be told without claiming
    them, and how many jobs are under way by caller."""

    waiting: Mapping[str, J]
    under_way: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Turn(Generic[J]):
    """A job that this process works on."""

    job_id: str
    job: J
    _poll: Callable[[], None]
    control: Control = field(default_factory=Control)
    task: asyncio.Task[None] | None = None
    started: bool = (
        False  # a task that is cancelled before its first line does nothing at all, not even its `finally`
    )
    cancelled: bool = False
    gave_way: bool = False

    def cancel(self) -> None:
        """Have the job given up for good, by its caller's wish."""
        if not self.cancelled:
            self.cancelled = True
            if self.started and self.task is not None:
                self.task.cancel()

    def apply(self, request: StopRequest) -> None:
        if request == "stop":
            self.control.stop()
        else:
            self.cancel()

    def give_way(self) -> None:
        """What is left of the job takes no capacity from others."""
        self.gave_way = True
        self._poll()


class WorkKind(Protocol[J]):
    """A kind of work. What is no coroutine may block: it is called in a thread."""

    @property
    def name(self) -> str:
        """What a job is called in the logs."""
        ...

    @property
    def poll_seconds(self) -> float | None:
        """How long the queue is left alone when nobody asks to poll; None: until somebody does."""
        ...

    @property
    def back_off_seconds(self) -> float:
        """How long a job rests that could not be gone on with."""
        ...

    def enter(self) -> None:
        """This process begins to work."""
        ...

    def leave(self) -> None:
        """It ends; what it holds is given back."""
        ...

    def backlog(self, held: Collection[str]) -> Backlog[J]:
        """What waits, without the jobs that this process works on."""
        ...

    def requests(self, held: Collection[str]) -> Mapping[str, StopRequest]:
        """What callers want of jobs that this process works on."""
        ...

    def claim(self, job: J) -> bool:
        """Take a job for this process, unless another has it by now."""
        ...

    def release(self, job: J) -> None:
        """Give a job back that could not be gone on with."""
        ...

    async def work(self, turn: Turn[J]) -> None:
        """Work on a job to its end. An error leaves it to be tried again, here or elsewhere, and so does being
        cancelled, unless `turn.cancelled` says that it is to be given up."""
        ...


class QueueWorker(Generic[J]):
    """One for each server process and kind of work: at most `at_once` jobs that have not given way. What a process
    that lives works on, no other claims; what one that was killed left is claimed by the next."""

    def __init__(self, work: WorkKind[J], *, at_once: int, slots: ComputingSlots | None = None) -> None:
        """With `slots`, no job is claimed while none of them is free: another process may have one."""
        self._work = work
        self._at_once = at_once
        self._slots = slots
        self._turns: dict[str, Turn[J]] = {}
        self._retry_at: dict[str, float] = {}  # job → when it may be tried again, by the event loop's clock
        self._last_turns: dict[str, int] = {}  # caller → a number that is higher the later it was
        self._numbers = count(1)
        self._polling: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    @property
    def working(self) -> int:
        """How many jobs this process works on now."""
        return len(self._turns)

    async def start(self) -> None:
        await asyncio.to_thread(self._work.enter)
        self._polling = asyncio.create_task(self._poll())

    async def close(self, *, cancel: bool = False) -> None:
        """Leave what is under way to the next process, where nothing of it is lost; or `cancel` it."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
        turns = list(self._turns.values())
        for turn in turns:
            if cancel:
                turn.cancel()
            elif turn.task is not None:
                turn.task.cancel()
        await asyncio.gather(*(turn.task for turn in turns if turn.task), return_exceptions=True)
        await asyncio.to_thread(self._work.leave)

    def poll(self) -> None:
        """Look at once at what waits."""
        self._wake.set()

    def turn(self, job_id: str) -> Turn[J] | None:
        """A job that this process works on."""
        return self._turns.get(job_id)

    async def _poll(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._claim_ready()
                await self._apply_requests()
            except StorageError as error:
                _log.warning("store_away", extra={"error": error.message})
            except Exception:  # noqa: BLE001  # one job's defect must not keep the others waiting for ever
                _log.exception("look_failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._work.poll_seconds):
                    await self._wake.wait()

    @property
    def _room(self) -> int:
        room = self._at_once - sum(not turn.gave_way for turn in self._turns.values())
        if self._slots is None:
            return room
        # One that was just claimed has not asked for its slot yet.
        return min(room, self._slots.free - sum(not turn.started for turn in self._turns.values()))

    async def _claim_ready(self) -> None:
        """Claim as many of the waiting jobs as there is room for."""
        if self._room <= 0:
            return
        backlog = await asyncio.to_thread(self._work.backlog, frozenset(self._turns))
        now = asyncio.get_running_loop().time()
        self._retry_at = {
            job_id: at for job_id, at in self._retry_at.items() if job_id in backlog.waiting and at > now
        }
        ready = {id_: job for id_, job in backlog.waiting.items() if id_ not in self._retry_at}
        for job_id, job in in_turn(ready, backlog.under_way, self._last_turns):
            if self._room <= 0:
                return
            if await self._claimed(job_id, job):
                self._last_turns[job.caller] = next(self._numbers)
                turn = self._turns[job_id] = Turn(job_id, job, self.poll)
                turn.task = asyncio.create_task(self._run(turn))

    async def _claimed(self, job_id: str, job: J) -> bool:
        claiming = asyncio.create_task(asyncio.to_thread(self._work.claim, job))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await asyncio.gather(claiming, return_exceptions=True)  # what it claims, `leave` gives back
            raise
        except Exception:  # noqa: BLE001  # one job's defect must not keep the others waiting for ever
            self._log_interrupted(job_id)
            self._back_off(job_id)
            return False

    async def _apply_requests(self) -> None:
        if not self._turns:
            return
        requests = await asyncio.to_thread(self._work.requests, frozenset(self._turns))
        for job_id, request in requests.items():
            if turn := self._turns.get(job_id):
                turn.apply(request)

    async def _run(self, turn: Turn[J]) -> None:
        turn.started = True
        IN_BACKGROUND.set(True)
        try:
            await self._work.work(turn)
        except (StorageError, ConflictError):
            # The job is as it was stored; it is gone on with when it can be, here or elsewhere.
            self._log_interrupted(turn.job_id)
            await self._give_back(turn)
        except Exception:  # noqa: BLE001  # the server and the other jobs go on
            name = self._work.name
            _log.exception(f"{name}_failed", extra={f"{name}_id": turn.job_id})
            await self._give_back(turn)
        finally:
            del self._turns[turn.job_id]
            self.poll()

    async def _give_back(self, turn: Turn[J]) -> None:
        self._back_off(turn.job_id)
        # Where that cannot be stored, `backlog` finds the job all the same: this process does not work on it.
        with suppress(StorageError):
            await asyncio.to_thread(self._work.release, turn.job)

    def _back_off(self, job_id: str) -> None:
        self._retry_at[job_id] = asyncio.get_running_loop().time() + self._work.back_off_seconds

    def _log_interrupted(self, job_id: str) -> None:
        name = self._work.name
        _log.warning(f"{name}_interrupted", exc_info=True, extra={f"{name}_id": job_id})


def in_turn(
    waiting: Mapping[str, J], under_way: Mapping[str, int], last_turns: Mapping[str, int]
) -> Iterator[tuple[str, J]]:
    """The waiting jobs, which come oldest first, in the order in which they are claimed: always the oldest one of the
    caller who has the fewest under way, and of several such callers the one whose last turn was longest ago."""
    busy, last = Counter(under_way), dict(last_turns)
    left = dict(waiting)
    for number in count(max(last.values(), default=0) + 1):
        if not left:
            return
        job_id = min(left, key=lambda id_: (busy[left[id_].caller], last.get(left[id_].caller, 0)))
        job = left.pop(job_id)
        busy[job.caller] += 1
        last[job.caller] = number
        yield job_id, job
