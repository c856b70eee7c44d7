"""The library for code without an event loop: calls wait, streams are iterators."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from wellread.agent.state.control import Control
from wellread.content import Product
from wellread.engine import Wellread
from wellread.events import AnyEvent
from wellread.import_events import Progress, VectorsMade, WaitingFor
from wellread.library.open_anchor import OpenedPlace
from wellread.settings import Settings
from wellread.wire.library import Cell
from wellread.wire.runs import AskOptions

_T = TypeVar("_T")


class BlockingWellread:
    """Wellread as a plain context manager. `library` is the async one behind it.

    with BlockingWellread("~/books") as library:
        for event in library.ask("What is delegation?"):
            ...
    """

    def __init__(self, home: Path | str | None = None, *, settings: Settings | None = None) -> None:
        self.library = Wellread(home, settings=settings)
        self._runner = asyncio.Runner()
        self._streams: list[AsyncGenerator[Any, None]] = []  # begun, and not yet at their end

    def __enter__(self) -> Self:
        try:
            self.run(self.library.__aenter__())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            while self._streams:
                self.run(self._streams.pop().aclose())
            self.run(self.library.__aexit__(*error))
        finally:
            self._runner.close()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Wait for something that `library` does and this class does not mirror."""
        return self._runner.run(work)

    def add(
        self, paths: Iterable[Path | str], *, collection: str = "", vectors: bool = True
    ) -> Iterator[Progress]:
        return self._drain(self.library.add(paths, collection=collection, vectors=vectors))

    def embed(self) -> Iterator[VectorsMade | WaitingFor]:
        return self._drain(self.library.embed())

    def reindex(self, product_id: str = "") -> Iterator[Product]:
        return self._drain(self.library.reindex(product_id))

    def remove(self, product_id: str) -> Product:
        return self.run(self.library.remove(product_id))

    def products(self, *, collection: str = "") -> list[Product]:
        return self.run(self.library.products(collection=collection))

    def read(self, anchor: str) -> OpenedPlace:
        return self.run(self.library.read(anchor))

    def search(
        self, questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5
    ) -> list[Cell]:
        return self.run(self.library.search(questions, product_ids=product_ids, limit=limit))

    def ask(
        self, question: str, options: AskOptions | None = None, *, control: Control | None = None
    ) -> Iterator[AnyEvent]:
        """The events of a run, as `Wellread.ask` gives them."""
        return self._drain(self.library.ask(question, options, control=control))

    def resume(self, run_id: str) -> Iterator[AnyEvent]:
        """The further events of a run that was cut off."""
        return self._drain(self.library.resume(run_id))

    def _drain(self, stream: AsyncGenerator[_T, None]) -> Iterator[_T]:
        """What a stream gives; it is closed when the caller leaves the loop, at the latest with the library."""

        async def following() -> tuple[bool, _T | None]:
            try:
                return True, await anext(stream)
            except StopAsyncIteration:
                return False, None

        self._streams.append(stream)
        try:
            while stream in self._streams:
                more, item = self.run(following())
                if not more or item is None:
                    return
                yield item
        finally:
            if stream in self._streams:
                self._streams.remove(stream)
                self.run(stream.aclose())
