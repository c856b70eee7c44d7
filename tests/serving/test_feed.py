"""Listeners and runs that are given up at the very turn of the event loop that brings something."""

import asyncio

import pytest
from support.stores import runs_of

from wellread.agent.run.start import RunRequest
from wellread.engine import Wellread
from wellread.events import AnswerDelta, Roles
from wellread.serving.feed import Feed
from wellread.serving.runtime import Runtime
from wellread.settings import Settings
from wellread.store.event_log import StoredEvent
from wellread.wire.runs import AskOptions

TURNS = range(8)  # of the event loop, between what comes and the giving up


class Nothing:
    """A store of events that has none yet."""

    def stored(self, _subject, _after=0, /):
        return []

    def ends(self, subjects, /):
        return dict.fromkeys(subjects, 0)


@pytest.mark.parametrize("turns", TURNS)
def test_a_listener_that_leaves_as_an_event_comes_has_left(turns):
    async def main():
        feed = Feed(Nothing())
        feed.take_up("run")

        async def listen():
            async for _ in feed.follow("run", idle=60):
                pass

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.02)
        feed.tell("run", StoredEvent.of(AnswerDelta(seq=1, text="a")))
        for _ in range(turns):
            await asyncio.sleep(0)
        listening.cancel()
        _, pending = await asyncio.wait({listening}, timeout=2)
        listeners = feed.listeners
        await feed.close()
        return pending, listening.cancelled(), listeners

    assert asyncio.run(main()) == (set(), True, 0)


@pytest.mark.parametrize("turns", TURNS)
def test_a_run_that_is_cancelled_as_it_is_taken_up_ends(mentor_home, turns):
    async def main():
        async with Wellread(settings=Settings(home=mentor_home, embedder="none")) as library:
            runtime = Runtime(library)
            begun = await library.begin(RunRequest("Why?", AskOptions(), Roles()))
            async with runtime.at_work():
                async with asyncio.timeout(10):
                    while not runtime.worker.working:
                        await asyncio.sleep(0)
                for _ in range(turns):
                    await asyncio.sleep(0)
                await runtime.worker.request(begun.run_id, "cancel")
                async with asyncio.timeout(10):
                    while not (run := runs_of(library).run(begun.run_id, "")).outcome:
                        await asyncio.sleep(0.02)
            return run.outcome

    assert asyncio.run(main()) in ("cancelled", "completed")
