"""A process of its own that embeds: one thread of it, and others beside it, take less of the processor than threads do.

The child holds nothing but its model. What it was at when it died is done again by another.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from wellread import malloc
from wellread.child_process import ChildProcess, parent
from wellread.errors import UnavailableError, WellreadError
from wellread.index.passages import Embedder, Vectors

_TRIES = 3  # children for one batch
_SECONDS = 600.0  # by the clock after which a child that does not answer hangs
_NICE = 15  # answers and pages come before vectors


@runtime_checkable
class ProcessorEmbedder(Embedder, Protocol):
    """An embedder that computes on this machine, and can be opened again in another process."""

    batch: int  # texts that are read together

    @property
    def memory_mb(self) -> int:
        """MiB that a process with it takes, roughly."""
        ...

    @property
    def accelerated(self) -> bool:
        """Whether something else than the processor computes: then one is enough, and many texts together."""
        ...

    def recipe(self, *, threads: int, providers: Sequence[str] = ()) -> Callable[[], "ProcessorEmbedder"]:
        """What opens another; it can be pickled. `providers` are those of ONNX Runtime, its own without any."""
        ...


Recipe = Callable[[], ProcessorEmbedder]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a child made of texts, and the processor time it took for that."""

    vectors: Vectors
    seconds: float


class EmbeddingProcess:
    """A child that is begun with the first texts. Threads that call it wait for each other."""

    def __init__(self, recipe: Recipe, *, batch: int = 1) -> None:
        self.batch = batch
        self._recipe = recipe
        self._turn = threading.Lock()
        self._child: ChildProcess | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the child, while there is one."""
        return self._child.pid if self._child else None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, in the order given. Blocks. Raises UnavailableError when no child comes to an end with
        them, and what opening the embedder raises."""
        return self.measured(texts).vectors

    def measured(self, texts: Sequence[str]) -> Embedded:
        """As `embed`, with what it took."""
        with self._turn:
            for _ in range(_TRIES):
                try:
                    answer = self._started().ask((list(texts), self.batch), seconds=_SECONDS)
                except (EOFError, OSError):
                    self._end()
                    continue
                if isinstance(answer, WellreadError):
                    self._end()
                    raise answer
                return Embedded(*answer)
        raise UnavailableError(
            "The processes that make vectors end before they are done, so the passages wait.",
            hint="There may be too little memory: `wellread embed --workers 1` uses the least.",
        )

    def close(self) -> None:
        """End the child at once, whatever it is at."""
        self._closed = True
        if child := self._child:
            child.kill()
        with self._turn:
            self._end()

    def _started(self) -> ChildProcess:
        if self._closed:
            raise OSError("The process was closed.")
        if self._child is None:
            self._child = ChildProcess(__name__)
            answer = self._child.ask(self._recipe, seconds=_SECONDS)
            if isinstance(answer, WellreadError):
                self._end()
                raise answer
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.close()


def _serve() -> None:
    """The child's life: a recipe, then texts, until the parent's end closes."""
    connection = parent()
    os.nice(_NICE)
    with contextlib.suppress(EOFError, ConnectionError):
        try:
            embedder: ProcessorEmbedder = connection.recv()()
            embedder.embed_passages(["ready"])
        except WellreadError as error:
            connection.send(error)
            return
        malloc.give_back()
        connection.send(None)
        while True:
            texts, embedder.batch = connection.recv()
            began = time.process_time()
            try:
                vectors = embedder.embed_passages(texts)
            except WellreadError as error:
                connection.send(error)
            else:
                connection.send((vectors, time.process_time() - began))


if __name__ == "__main__":
    _serve()
