"""Turns at computing: who gets a slot, and when it is given back."""

import asyncio

import pytest

from wellread.computing import ComputingSlots, away


def test_slots_go_to_the_caller_who_holds_the_fewest():
    order = []

    async def compute(slots, caller, ends):
        async with slots.turn(caller):
            order.append(caller)
            await ends.wait()

    async def main():
        slots, ends = ComputingSlots(2), asyncio.Event()
        runs = [asyncio.create_task(compute(slots, caller, ends)) for caller in "aaaaabbc"]
        await asyncio.sleep(0)
        assert (order, slots.free) == (["a", "a"], 0)
        ends.set()
        await asyncio.gather(*runs)
        assert slots.free == 2

    asyncio.run(main())
    assert order == ["a", "a", "b", "c", "a", "b", "a", "a"]


def test_a_slot_is_anothers_while_a_model_is_waited_for():
    told = []

    async def asks(slots, reply):
        async with slots.turn("a"):
            told.append("asks")
            async with away():
                await reply.wait()
            told.append("goes on")

    async def computes(slots, ends):
        async with slots.turn("b"):
            told.append("computes")
            await ends.wait()

    async def main():
        freed = asyncio.Event()
        slots, reply, ends = ComputingSlots(1, freed.set), asyncio.Event(), asyncio.Event()
        asking = asyncio.create_task(asks(slots, reply))
        await asyncio.wait_for(freed.wait(), 10)
        computing = asyncio.create_task(computes(slots, ends))
        await asyncio.sleep(0)
        reply.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert told == ["asks", "computes"]  # the reply is there, and the slot is not
        ends.set()
        await asyncio.gather(asking, computing)
        assert slots.free == 1

    asyncio.run(main())
    assert told == ["asks", "computes", "goes on"]


def test_of_several_calls_at_once_the_last_to_come_back_takes_the_slot():
    async def call(reply):
        async with away():
            await reply.wait()

    async def main():
        slots, first, second = ComputingSlots(1), asyncio.Event(), asyncio.Event()
        async with slots.turn("a"):
            calls = [asyncio.create_task(call(reply)) for reply in (first, second)]
            await asyncio.sleep(0)
            first.set()
            await calls[0]
            assert slots.free == 1
            second.set()
            await calls[1]
            assert slots.free == 0
        assert slots.free == 1

    asyncio.run(main())


@pytest.mark.parametrize("waits_for", ["its first turn", "its next turn", "a model"])
def test_a_cancelled_run_waits_for_no_turn_and_holds_none(waits_for):
    async def run(slots, reply):
        async with slots.turn("a"), away():
            await reply.wait()

    async def main():
        slots, reply = ComputingSlots(1), asyncio.Event()
        running = asyncio.create_task(run(slots, reply))
        if waits_for != "its first turn":
            await asyncio.sleep(0)
        async with slots.turn("b"):
            if waits_for == "its next turn":
                reply.set()
            for _ in range(5):
                await asyncio.sleep(0)
            running.cancel()
            await asyncio.wait_for(asyncio.gather(running, return_exceptions=True), 10)
        assert slots.free == 1

    asyncio.run(main())


def test_a_slot_that_comes_with_the_cancellation_is_passed_on():
    async def main():
        slots = ComputingSlots(1)
        await slots.acquire("a")
        waiting = asyncio.create_task(slots.acquire("b"))
        await asyncio.sleep(0)
        slots.release("a")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert slots.free == 1

    asyncio.run(main())


def test_outside_of_a_turn_nothing_is_given_back():
    async def main():
        async with away():
            return "done"

    assert asyncio.run(main()) == "done"
