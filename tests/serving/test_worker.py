"""The queue's worker, with a kind of work that does what a test says."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from wellread.computing import ComputingSlots, away
from wellread.errors import ConflictError, StorageError
from wellread.serving.worker import Backlog, QueueWorker


@dataclass(frozen=True)
class Errand:
    errand_id: str
    caller: str = "a"


class Errands:
    """Errands that wait; each is done by `does`, a coroutine function that is given its turn."""

    name = "errand"
    poll_seconds = 0.01
    back_off_seconds = 0.01

    def __init__(self, *errands, does) -> None:
        self.waiting = {errand.errand_id: errand for errand in errands}
        self.does = does
        self.elsewhere: set[str] = set()  # claimed by other processes
        self.wanted: dict[str, str] = {}
        self.begun: list[str] = []
        self.released: list[str] = []
        self.present = False

    def enter(self):
        self.present = True

    def leave(self):
        self.present = False

    def backlog(self, held):
        return Backlog({id_: e for id_, e in self.waiting.items() if id_ not in held}, Counter())

    def requests(self, held):
        return {id_: request for id_, request in self.wanted.items() if id_ in held}

    def claim(self, job):
        if job.errand_id == "broken":
            raise StorageError("The disk is full.")
        return job.errand_id not in self.elsewhere

    def release(self, job):
        self.released.append(job.errand_id)

    async def work(self, turn):
        self.begun.append(turn.job_id)
        await self.does(turn)
        del self.waiting[turn.job_id]


@asynccontextmanager
async def working(errands, *, at_once=1, cancel=False, slots=None):
    worker = QueueWorker(errands, at_once=at_once, slots=slots)
    await worker.start()
    try:
        async with asyncio.timeout(20):
            yield worker
    finally:
        await worker.close(cancel=cancel)


async def until(holds):
    while not holds():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "error", [StorageError("Away."), ConflictError("Gone on with."), LookupError("A defect.")]
)
def test_what_could_not_be_gone_on_with_is_given_back_and_tried_again(error):
    async def fails_twice(turn):
        if errands.begun.count(turn.job_id) < 3 and turn.job_id == "one":
            raise error

    errands = Errands(Errand("one"), Errand("two"), does=fails_twice)

    async def main():
        async with working(errands):
            await until(lambda: not errands.waiting)

    asyncio.run(main())
    assert Counter(errands.begun) == {"one": 3, "two": 1}
    assert errands.released == ["one", "one"]


def test_what_cannot_be_claimed_keeps_no_other_waiting():
    async def nothing(turn): ...

    errands = Errands(Errand("broken"), Errand("theirs"), Errand("ours"), does=nothing)
    errands.elsewhere = {"theirs"}

    async def main():
        async with working(errands):
            await until(lambda: "ours" not in errands.waiting)

    asyncio.run(main())
    assert errands.begun == ["ours"]


def test_what_no_slot_is_free_for_is_left_to_other_processes():
    slots = ComputingSlots(2)
    replies, ends = asyncio.Event(), asyncio.Event()

    async def compute(turn):
        async with slots.turn(turn.job.caller):
            if turn.job_id == "0":
                async with away():
                    await replies.wait()
            await ends.wait()

    errands = Errands(*(Errand(str(number)) for number in range(6)), does=compute)

    async def main():
        async with working(errands, at_once=10, slots=slots):
            await until(lambda: len(errands.begun) == 3)  # of which one waits for a model
            await asyncio.sleep(0.1)  # some ten looks at the queue
            assert errands.begun == ["0", "1", "2"]
            replies.set()
            ends.set()
            await until(lambda: not errands.waiting)

    asyncio.run(main())


def test_there_is_room_for_so_many_and_for_another_when_one_gives_way():
    ends = asyncio.Event()
    most = 0

    async def give_way(turn):
        nonlocal most
        most = max(most, len(errands.begun))
        if turn.job_id == "0":
            turn.give_way()
        await ends.wait()

    errands = Errands(*(Errand(str(n)) for n in range(5)), does=give_way)

    async def main():
        async with working(errands, at_once=2) as worker:
            await until(lambda: len(errands.begun) == 3)
            await asyncio.sleep(0.05)
            assert (worker.working, most) == (3, 3)
            ends.set()
            await until(lambda: not errands.waiting)

    asyncio.run(main())
    assert errands.begun == ["0", "1", "2", "3", "4"]


def test_callers_take_turns_one_after_the_other():
    async def nothing(turn): ...

    errands = Errands(
        *(Errand(f"a{n}", "a") for n in range(3)), *(Errand(f"b{n}", "b") for n in range(3)), does=nothing
    )

    async def main():
        async with working(errands):
            await until(lambda: not errands.waiting)

    asyncio.run(main())
    assert errands.begun == ["a0", "b0", "a1", "b1", "a2", "b2"]


@pytest.mark.parametrize("turns", range(4))
def test_a_caller_cancels_whatever_the_worker_is_at(turns):
    """Also before the first line of its task, when there is nothing yet that could be told of it."""

    async def until_cancelled(turn):
        try:
            if not turn.cancelled:
                await asyncio.sleep(60)
        except asyncio.CancelledError:
            if not turn.cancelled:
                raise

    errands = Errands(Errand("one"), does=until_cancelled)

    async def main():
        async with working(errands) as worker:
            await until(lambda: worker.working)
            for _ in range(turns):
                await asyncio.sleep(0)
            if turns % 2:
                worker.turn("one").cancel()
            else:
                errands.wanted["one"] = "cancel"
            await until(lambda: not errands.waiting)

    asyncio.run(main())
    assert errands.begun == ["one"]
    assert errands.released == []


@pytest.mark.parametrize("cancel", [False, True])
def test_at_the_end_what_is_under_way_is_left_or_given_up(cancel):
    given_up = []

    async def forever(turn):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            given_up.append(turn.cancelled)
            raise

    errands = Errands(Errand("one"), does=forever)

    async def main():
        async with working(errands, cancel=cancel) as worker:
            await until(lambda: errands.begun)
            assert errands.present
            assert worker.working == 1

    asyncio.run(main())
    assert given_up == [cancel]
    assert "one" in errands.waiting
    assert not errands.present
