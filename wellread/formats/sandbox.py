"""A child process in which strangers' files are worked on, with limits, so that a bad file ends only its own work.

The child is a module run by name: unlike one of `multiprocessing`, it does not import the caller's script again, which
would go wrong in every script without a `__main__` guard. It ends with its parent: its end of the socket closes then.
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
from typing import Any


class UnfinishedError(Exception):
    """The child came to no answer, and is ended; the next task gets a new one."""


class CrashedError(UnfinishedError):
    """The child died, or could not be begun. `was_used`: an earlier task may have done the damage."""

    def __init__(self, *, was_used: bool) -> None:
        super().__init__("The child died.")
        self.was_used = was_used


class TooSlowError(UnfinishedError):
    """The task took longer than it may."""


class OutOfMemoryError(UnfinishedError):
    """The task needs more memory than it may have."""


class Sandbox:
    """A child that runs `module`, whose main calls `serve`; it is begun with the first task.

    A task may take `seconds`. The child may have `memory_mb` of address space (on Linux: elsewhere that does not limit
    it), and is replaced after `tasks` tasks, because what a native library leaks ends with its process.
    """

    def __init__(self, module: str, *, seconds: float, memory_mb: int, tasks: int) -> None:
        self._module = module
        self.seconds = seconds
        self._memory_mb = memory_mb
        self._most_tasks = tasks
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._tasks = 0

    @property
    def pid(self) -> int | None:
        """Of the child, while there is one."""
        return self._process.pid if self._process else None

    def ask(self, task: object) -> Any:
        """What the child makes of a task; both are pickled. Blocks, also while another thread's task is worked on.
        Raises UnfinishedError."""
        with self._turn:
            if self._tasks >= self._most_tasks:
                self._stop()
            was_used = self._tasks > 0
            self._tasks += 1
            try:
                answer = self._answer(task)
            except UnfinishedError:
                self._stop()
                raise
            except (EOFError, OSError) as error:
                self._stop()
                raise CrashedError(was_used=was_used) from error
            return answer

    def close(self) -> None:
        """End the child. A later task begins another."""
        with self._turn:
            self._stop()

    def _answer(self, task: object) -> Any:
        connection = self._start()
        connection.send(task)
        if not connection.poll(self.seconds):  # true also when the child has died
            raise TooSlowError
        answer = connection.recv()
        if isinstance(answer, OutOfMemoryError):
            raise answer
        return answer

    def _start(self) -> Connection:
        if self._connection is None:
            ours, theirs = socket.socketpair()
            self._connection = Connection(ours.detach())
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", self._module, str(theirs.fileno()), str(self._memory_mb)],
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


def serve(work: Callable[[Any], object]) -> None:
    """The child's life: tasks in, what `work` makes of them out, until the parent's end closes."""
    connection, memory_mb = Connection(int(sys.argv[1])), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the connection
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            connection.send_bytes(_pickled(work, connection.recv()))


def _pickled(work: Callable[[Any], object], task: object) -> bytes:
    try:
        return pickle.dumps(work(task))
    except MemoryError:
        return pickle.dumps(OutOfMemoryError())
