"""A child process in which strangers' files are worked on, with limits, so that a bad file ends only its own work."""

import contextlib
import math
import pickle
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from wellread.child_process import ChildProcess, parent

_WALL = 10  # seconds by the clock for each of the processor: a busy machine is no fault of the file


class UnfinishedError(Exception):
    """The child came to no answer, and is ended; the next task gets a new one."""


class CrashedError(UnfinishedError):
    """The child died, or could not be begun. `was_used`: an earlier task may have done the damage."""

    def __init__(self, *, was_used: bool) -> None:
        super().__init__("The child died.")
        self.was_used = was_used


class TooSlowError(UnfinishedError):
    """The task took more of the processor than it may, or (`waited`) neither that nor an end."""

    def __init__(self, *, waited: bool) -> None:
        super().__init__("The child did not come to an end.")
        self.waited = waited


class OutOfMemoryError(UnfinishedError):
    """The task needs more memory than it may have."""


class Sandbox:
    """A child that runs `module`, whose main calls `serve`; it is begun with the first task.

    A task may take `seconds` of processor time, rounded up to whole ones, and ten times as many by the clock. The child
    may have `memory_mb` of address space (on Linux: elsewhere that does not limit it), and is replaced after `tasks`
    tasks, because what a native library leaks ends with its process.
    """

    def __init__(self, module: str, *, seconds: float, memory_mb: int, tasks: int) -> None:
        self._module = module
        self.seconds = seconds
        self._memory_mb = memory_mb
        self._most_tasks = tasks
        self._turn = threading.Lock()
        self._child: ChildProcess | None = None
        self._ended = False
        self._tasks = 0

    @property
    def pid(self) -> int | None:
        """Of the child, while there is one."""
        return self._child.pid if self._child else None

    @property
    def wall_seconds(self) -> float:
        return self.seconds * _WALL

    def ask(self, task: object) -> Any:
        """What the child makes of a task; both are pickled. Blocks, also while another thread's task is worked on.
        Raises UnfinishedError."""
        with self._turn:
            if self._tasks >= self._most_tasks:
                self._stop()
            was_used = self._tasks > 0
            self._tasks += 1
            try:
                answer = self._start().ask(task, seconds=self.wall_seconds)
            except TimeoutError as error:
                self._stop()
                raise TooSlowError(waited=True) from error
            except (EOFError, OSError) as error:
                if self._stop() == -signal.SIGXCPU:
                    raise TooSlowError(waited=False) from error
                raise CrashedError(was_used=was_used and not self._ended) from error
            if isinstance(answer, OutOfMemoryError):
                self._stop()
                raise answer
            return answer

    def close(self) -> None:
        """End the child once it has done its task. A later task begins another."""
        with self._turn:
            self._stop()

    def end(self) -> None:
        """End the child at once, whatever it is at; a task that it has, and every later one, is a CrashedError."""
        self._ended = True
        if child := self._child:
            child.kill()
        self.close()

    def _start(self) -> ChildProcess:
        if self._ended:
            raise OSError("The sandbox has ended.")
        if self._child is None:
            self._child = ChildProcess(self._module, str(self.seconds), str(self._memory_mb))
        return self._child

    def _stop(self) -> int:
        """The exit status of the child, 0 without one."""
        self._tasks = 0
        child, self._child = self._child, None
        return child.close() if child else 0


def serve(work: Callable[[Any], object]) -> None:
    """The child's life: tasks in, what `work` makes of them out, until the parent's end closes."""
    connection, seconds, memory_mb = parent(), float(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            task = connection.recv()
            _allow(seconds)
            connection.send_bytes(_pickled(work, task))


def _allow(seconds: float) -> None:
    """Have the system end this process (SIGXCPU) after so many more seconds of processor time, in whatever code."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(
        resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )


def _pickled(work: Callable[[Any], object], task: object) -> bytes:
    try:
        return pickle.dumps(work(task))
    except MemoryError:
        return pickle.dumps(OutOfMemoryError())
