"""The threads of a server: what answers does not wait behind what works in the background."""

import asyncio
import threading

from wellread.serving.threads import IN_BACKGROUND, ServerThreads


def test_what_answers_waits_behind_no_background_work():
    ends = threading.Event()

    async def work():
        IN_BACKGROUND.set(True)
        return await asyncio.gather(*(asyncio.to_thread(ends.wait, 60) for _ in range(100)))

    async def main():
        asyncio.get_running_loop().set_default_executor(ServerThreads(2))
        working = asyncio.create_task(work())
        await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.to_thread(str, 1), 30) == "1"
        ends.set()
        assert all(await working)

    asyncio.run(main())


def test_background_work_has_its_threads_and_no_others():
    names = []

    async def work():
        IN_BACKGROUND.set(True)
        await asyncio.gather(
            *(asyncio.to_thread(lambda: names.append(threading.current_thread().name)) for _ in range(20))
        )

    async def main():
        asyncio.get_running_loop().set_default_executor(ServerThreads(2))
        await asyncio.create_task(work())
        names.append(await asyncio.to_thread(lambda: threading.current_thread().name))

    asyncio.run(main())
    assert all(name.startswith("background") for name in names[:-1])
    assert names[-1].startswith("answering")
