"""Pictures are made in a process of its own, with limits of time and memory: a hostile PDF ends only its picture.

Like `ingest.worker` the process is this module run by name, and it ends when the server's side of the socket closes.
"""

import contextlib
import pickle
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from wellread.web.pages.pictures import thumbnail

_SECONDS = 20.0
_MEMORY_MB = 1500
_TASKS_PER_PROCESS = 500  # what a native library leaks ends with the process
_DRAWINGS: dict[str, Callable[..., Any]] = {
    "epub_cover": thumbnail.epub_cover,
    "epub_picture": thumbnail.epub_picture,
    "pdf_cover": thumbnail.pdf_cover,
    "pdf_page": thumbnail.pdf_page,
    "pdf_sizes": thumbnail.pdf_sizes,
}


class UnfinishedError(Exception):
    """The process died, took too long or could not be begun; another time it may go well."""


class DrawingProcess:
    """The process, begun when something is first to be drawn. One picture is drawn at a time."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._tasks = 0

    def draw(self, name: str, path: Path, *arguments: str | int) -> Any:
        """What the function of `drawing` gives; None also when it fails. Raises UnfinishedError. Blocks."""
        with self._turn:
            if self._tasks >= _TASKS_PER_PROCESS:
                self._stop()
            self._tasks += 1
            try:
                connection = self._start()
                connection.send((name, path, arguments))
                if connection.poll(self._seconds):  # true also when the process has died
                    return connection.recv()
            except (EOFError, OSError) as error:
                self._stop()
                raise UnfinishedError(name) from error
            self._stop()
            raise UnfinishedError(name)

    def close(self) -> None:
        """End the process. Something that is drawn later begins another."""
        with self._turn:
            self._stop()

    def _start(self) -> Connection:
        if self._connection is None:
            ours, theirs = socket.socketpair()
            self._connection = Connection(ours.detach())
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        return self._connection

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._tasks = 0


def serve(connection: Connection) -> None:
    """The process's life: what to draw in, pictures out, until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MB << 20, _MEMORY_MB << 20))
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            name, path, arguments = connection.recv()
            connection.send_bytes(pickle.dumps(_drawn(name, path, arguments)))


def _drawn(name: str, path: Path, arguments: tuple[str | int, ...]) -> Any:
    try:
        return _DRAWINGS[name](path, *arguments)
    except Exception:  # noqa: BLE001 - whatever a hostile file provokes, there is no picture of it
        return None


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
