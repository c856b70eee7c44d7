"""`mcp`: the library for one MCP client, over standard input and output."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator

from mcp.server.stdio import stdio_server

from wellread.engine import Wellread
from wellread.serving.request import OWNER
from wellread.serving.runtime import Runtime
from wellread.web.mcp.server import mcp_server

_READ = 65536


async def serve() -> None:
    """Returns when the client closes standard input. Nothing but the protocol is written to standard output."""
    lines = _lines(_claimed_input())
    if (
        serving := asyncio.current_task()
    ):  # a client that goes has little patience, and its run is to be cancelled
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    async with Wellread() as library:
        runtime = Runtime(library, only_own=True)
        server = mcp_server(runtime, lambda _: OWNER)
        async with (
            runtime.at_work(),
            stdio_server(stdin=lines) as (read_stream, write_stream),  # type: ignore[arg-type]  # it is only iterated
        ):
            await server.run(read_stream, write_stream, server.create_initialization_options())


def _claimed_input() -> int:
    """A descriptor of standard input that is ours alone: what else reads in this process or its children meets the
    end at once."""
    claimed = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return claimed


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """The lines that arrive there.

    The SDK reads them in a thread that nothing can interrupt, so that Ctrl-C would wait for another line; this one
    ends with the process.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        try:
            while chunk := os.read(descriptor, _READ):
                loop.call_soon_threadsafe(arrived.put_nowait, chunk)
            loop.call_soon_threadsafe(arrived.put_nowait, b"")
        except RuntimeError:
            return  # the loop has ended

    threading.Thread(target=read, daemon=True).start()
    pending: list[bytes] = []
    while chunk := await arrived.get():
        *whole, rest = chunk.split(b"\n")
        for end in whole:
            yield b"".join((*pending, end)).decode("utf-8", "replace")
            pending.clear()
        pending.append(rest)
