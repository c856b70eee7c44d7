"""Serves the script of a file until it is stopped: `python -m support.script_server FILE [PORT]`, in `tests/`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from support.script_server.server import serve
from wellread.models.scripted.script import Script


async def serve_script(file: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serves the script of a file until it is cancelled, after telling how to use it."""
    async with await serve(Script.load(file), host, port) as server:
        say(f"{file.name} is served at {server.address}")
        say(f"WELLREAD_OPENAI_BASE_URL={server.address}/v1")
        say(f"WELLREAD_ANTHROPIC_BASE_URL={server.address}")
        await asyncio.Event().wait()


if __name__ == "__main__":
    file, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    asyncio.run(serve_script(file, "127.0.0.1", port, lambda line: print(line, flush=True)))
