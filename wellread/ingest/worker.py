"""Reading a file in a process of its own, with limits, so that a bad file ends only itself."""

import multiprocessing
import resource
import signal
import sys
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Self

from wellread.errors import LimitError, UnreadableError, WellreadError
from wellread.ingest import sidecar
from wellread.ingest.document import Document, Source
from wellread.ingest.readers import reader_for

_TASKS_PER_PROCESS = 50  # what a native library leaks ends with the process


class ReadingProcess:
    """A worker process that reads one source after another; a context manager that ends it.

    A file that passes a limit or kills the process gives an error, and the next file a new process.
    """

    def __init__(self, *, seconds: float, memory_mb: int) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._process: BaseProcess | None = None
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

    def _answer(self, source: Source) -> tuple[str, Document] | WellreadError:
        """What the process makes of a source. Raises EOFError or ConnectionError when the process dies."""
        process, connection = self._start()
        self._tasks += 1
        connection.send(source)
        deadline = time.monotonic() + self._seconds
        while process.is_alive() and not connection.poll(min(0.25, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                self._stop()
                raise LimitError(
                    f"{source.path.name} took longer than {self._seconds:.0f} seconds to read.",
                    hint="Set WELLREAD_READ_SECONDS higher if the file is sound and this machine is slow.",
                )
        answer: tuple[str, Document] | WellreadError = connection.recv()
        return answer

    def _start(self) -> tuple[BaseProcess, Connection]:
        if self._connection is None or self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs, self._memory_mb), daemon=True)
            self._process.start()
            theirs.close()
        return self._process, self._connection

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None
        self._tasks = 0


def _serve(connection: Connection, memory_mb: int) -> None:
    """The worker's life: sources in, documents or errors out, until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    if sys.platform == "linux":  # elsewhere the address space is not limited by this
        limit = memory_mb << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while True:
        try:
            source: Source = connection.recv()
        except EOFError:
            return
        connection.send(_read(source, memory_mb))


def _read(source: Source, memory_mb: int) -> tuple[str, Document] | WellreadError:
    try:
        reader = reader_for(source.path)
        document = reader.read(source)
        if "sidecar" in source.companions:
            metadata = sidecar.apply(document.metadata, Path(source.companions["sidecar"]))
            document = replace(document, metadata=metadata)
    except WellreadError as error:
        return error
    except (MemoryError, RecursionError):
        return LimitError(
            f"{source.path.name} needs more than {memory_mb} MiB of memory to read.",
            hint="Set WELLREAD_READ_MEMORY_MB higher if the file is sound.",
        )
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
    return f"{reader.name} {reader.version}", document
