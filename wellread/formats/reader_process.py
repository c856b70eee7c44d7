"""Reading a file in a process of its own, with limits, so that a bad file ends only itself.

The process is this module run by name: unlike one of `multiprocessing`, it does not import the caller's script
again, which would go wrong in every script without a `__main__` guard.
"""

import contextlib
import pickle
import resource
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from wellread.errors import LimitError, UnreadableError, WellreadError
from wellread.formats import sidecar
from wellread.formats.document import Document, Source
from wellread.formats.registry import reader_for, signature
from wellread.text.characters import harmless, harmless_metadata

_TASKS_PER_PROCESS = 50  # what a native library leaks ends with the process

Answer = tuple[str, Document] | WellreadError


class ReadingProcess:
    """A worker process that reads one source after another; a context manager that ends it.

    A file that passes a limit or kills the process gives an error, and the next file a new process.
    """

    def __init__(self, *, seconds: float, memory_mb: int) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._tasks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, source: Source) -> tuple[str, Document]:
        """The name and version of the reader ("epub 1"), and the document. Blocks; call it from a thread.

        Raises UnreadableError for what the reader refuses, LimitError when it takes too long or too much.
        """
        if self._tasks >= _TASKS_PER_PROCESS:
            self._stop()
        used = self._tasks > 0
        try:
            answer = self._answer(source)
        except (EOFError, ConnectionError) as error:
            self._stop()
            if used:  # an earlier file may have done the damage: this one gets a process of its own
                return self.read(source)
            raise UnreadableError(
                f"The reader crashed on {source.path.name}; the file is probably damaged.",
                hint="Open it in another program and save or export it anew, then add that.",
            ) from error
        if isinstance(answer, WellreadError):
            if isinstance(answer, LimitError):
                self._stop()
            raise answer
        return answer

    def _answer(self, source: Source) -> Answer:
        """What the process makes of a source. Raises EOFError or ConnectionError when the process dies."""
        connection = self._start()
        self._tasks += 1
        connection.send(source)
        if not connection.poll(self._seconds):  # true also when the process has died
            self._stop()
            return LimitError(
                f"{source.path.name} took longer than {self._seconds:g} seconds to read.",
                hint="Set WELLREAD_READ_SECONDS higher if the file is sound and this machine is slow.",
            )
        answer: Answer = connection.recv()
        return answer

    def _start(self) -> Connection:
        if self._connection is None:
            ours, theirs = socket.socketpair()
            self._connection = Connection(ours.detach())
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), str(self._memory_mb)],
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


def serve(connection: Connection, memory_mb: int) -> None:
    """The worker's life: sources in, documents or errors out, until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the connection
    if sys.platform == "linux":  # elsewhere the address space is not limited by this
        limit = memory_mb << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            source: Source = connection.recv()
            connection.send_bytes(_pickled(source, memory_mb))


def _pickled(source: Source, memory_mb: int) -> bytes:
    try:
        return pickle.dumps(_read(source, memory_mb))
    except MemoryError:
        return pickle.dumps(_too_large(source, memory_mb))


def _too_large(source: Source, memory_mb: int) -> LimitError:
    return LimitError(
        f"{source.path.name} needs more than {memory_mb} MiB of memory to read.",
        hint="Set WELLREAD_READ_MEMORY_MB higher if the file is sound.",
    )


def _read(source: Source, memory_mb: int) -> Answer:
    try:
        reader = reader_for(source.path)
        document = reader.read(source)
        if "sidecar" in source.companions:
            metadata = sidecar.apply(document.metadata, Path(source.companions["sidecar"]))
            document = replace(document, metadata=metadata)
        document = replace(
            document,
            metadata=harmless_metadata(document.metadata),
            warnings=tuple(map(harmless, document.warnings)),
        )
    except WellreadError as error:
        return error
    except (MemoryError, RecursionError):
        return _too_large(source, memory_mb)
    except OSError as error:
        return UnreadableError(
            f"{source.path.name} could not be read: {error.strerror or error}.",
            hint="Check that the file is still there and that you may read it, then add it again.",
        )
    except Exception as error:  # noqa: BLE001 - whatever a hostile file provokes must end that file only
        return UnreadableError(
            f"{source.path.name} could not be read ({type(error).__name__}: {error}).",
            hint="The file is probably damaged; if other programs open it, please report this.",
        )
    return signature(reader), document


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), int(sys.argv[2]))
