"""A scripted model over HTTP for tests, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from support.script_server.server import serve
from wellread.models.scripted.script import Script


class Served:
    """A script that is being served at `address`; `script.requests` tells what was asked."""

    def __init__(self, script: Script, address: str) -> None:
        self.script = script
        self.address = address

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WELLREAD_OPENAI_BASE_URL": f"{self.address}/v1",
            "WELLREAD_ANTHROPIC_BASE_URL": self.address,
            "WELLREAD_JUDGE": "words",  # a script is no judge
        }


@contextmanager
def serving(text: str) -> Iterator[Served]:
    script = Script.parse(text)
    started = threading.Event()
    served: list[Served] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with await serve(script) as server:
            served.append(Served(script, server.address))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[run()])
    thread.start()
    try:
        assert started.wait(20)
        yield served[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()
