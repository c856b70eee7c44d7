"""A server for tests: in a thread of this process, or in a process of its own that may be killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from wellread.engine import Wellread
from wellread.settings import Settings
from wellread.web.app import create_app, protected
from wellread.web.http.access import access_for
from wellread.web.http.access_log import AccessLog
from wellread.web.http.security import limits_with
from wellread.web.server import HttpServer, bound, configuration


@contextmanager
def running(settings: Settings, *, host: str = "127.0.0.1", token: str = "") -> Iterator[str]:
    """The address of a server over the library of `settings`, in a thread."""
    started, ended = threading.Event(), threading.Event()
    addresses: list[str] = []
    servers: list[HttpServer] = []
    errors: list[BaseException] = []

    async def serve() -> None:
        async with Wellread(settings=settings) as library:
            access = access_for(host, token, library.accounts)
            app = create_app(library, access)
            listening = bound("127.0.0.1", 0)
            addresses.append(f"http://127.0.0.1:{listening.getsockname()[1]}")
            limits = limits_with(settings.upload_mb)
            guarded = AccessLog(protected(app, access, limits), app.state.server.metrics)
            server = HttpServer(configuration(guarded), app, started.set)
            servers.append(server)
            await server.serve([listening])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001  # raised below, in the thread of the test
            errors.append(error)
        finally:
            started.set()
            ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(120)
        if errors:
            raise errors[0]
        yield addresses[0]
    finally:
        if servers:
            servers[0].should_exit = True
        assert ended.wait(120)
        thread.join()


class Process:
    """`wellread serve` as a process."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.environment = {
            **os.environ,
            "WELLREAD_HOME": str(home),
            "WELLREAD_EMBEDDER": "none",
            **environment,
        }
        self.python = [sys.executable]
        self.command = ["-m", "wellread"]
        self._process: subprocess.Popen[str] | None = None
        self.log = home.with_name("server.log")
        self.address = ""

    def start(self, *arguments: str) -> None:
        """Returns when it answers; on any port, if none is given."""
        arguments = arguments if "--port" in arguments else (*arguments, "--port", "0")
        line = self._first_line(*arguments)
        assert "http://" in line, line + self.log.read_text()[-2000:]
        self.address = line.split()[3]

    def work(self) -> None:
        """As a worker, which has no address. Returns when it works."""
        line = self._first_line("--role", "worker")
        assert "at work" in line, line + self.log.read_text()[-2000:]

    def _first_line(self, *arguments: str) -> str:
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*self.python, *self.command, "serve", *arguments],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        self.end(signal.SIGTERM)

    def end(self, by: signal.Signals) -> int | None:
        """Its exit status; None when it does not run."""
        if self._process is None:
            return None
        self._process.send_signal(by)
        status = self._process.wait(120)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return status

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)


def client(address: str, **options: object) -> httpx2.Client:
    return httpx2.Client(base_url=address, timeout=120, **options)


def events(text):
    """What a stream of server-sent events carried."""
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def forever(script):
    """The replies of a script for any number of runs, each told by what has been searched by then."""
    first, second, third = script.split("[[reply]]")[1:]
    when = 'times = 0\nwhen = "Choose step {} "\n'
    return (
        f"[[reply]]\n{when.format(1)}{first}[[reply]]\n{when.format(2)}{second}[[reply]]\ntimes = 0\n{third}"
    )


def wait_until(true, seconds=60):
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)
