"""A child that runs a module of this package, and answers over a socket.

The module is run by name: unlike one of `multiprocessing`, the child does not import the caller's script again, which
would go wrong in every script without a `__main__` guard. It ends with its parent, however that ends: its end of the
socket closes then.
"""

import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import Any


class ChildProcess:
    """`python -m module FILENO ARGUMENT...`, begun at once; its main calls `parent`. Messages are pickled."""

    def __init__(self, module: str, *arguments: str) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", module, str(theirs.fileno()), *arguments],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        except BaseException:
            self._connection.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, message: object, *, seconds: float | None = None) -> Any:
        """What the child answers. Blocks. Raises TimeoutError when there is no answer after `seconds`, EOFError or
        OSError when the child has died."""
        self._connection.send(message)
        if not self._connection.poll(seconds):  # true also when the child has died
            raise TimeoutError
        return self._connection.recv()

    def kill(self) -> None:
        """End it at once, also from another thread than the one that asks: its `ask` raises then."""
        self._process.kill()

    def close(self) -> int:
        """End it and free what it held; gives its exit status, as `subprocess` has it. It is the status that it ended
        with by itself, if it did."""
        self._connection.close()
        self._process.kill()
        return self._process.wait()


def parent() -> Connection:
    """In the child: its end of the socket; EOFError and ConnectionError mean that the parent has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the connection
    return Connection(int(sys.argv[1]))
