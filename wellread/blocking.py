"""The library for code without an event loop: calls wait, streams are iterators."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator
from pathlib import Path
from typing import Any, Self, TypeVar

from wellread.engine import Wellread
from wellread.settings import Settings
from wellread.waiting import drained, streams, waits

_T = TypeVar("_T")


class BlockingWellread:
    """Wellread as a plain context manager. `library` is the async one behind it, which says what the methods do.

    with BlockingWellread("~/books") as library:
        for event in library.ask("What is delegation?"):
            ...
    """

    def __init__(self, home: Path | str | None = None, *, settings: Settings | None = None) -> None:
        self.library = self._awaited = Wellread(home, settings=settings)
        self._runner = asyncio.Runner()
        self._begun: list[Generator[Any, None, None]] = []  # streams that are not yet at their end

    def __enter__(self) -> Self:
        try:
            self.run(self.library.__aenter__())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            while self._begun:
                self._begun.pop().close()
            self.run(self.library.__aexit__(*error))
        finally:
            self._runner.close()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Wait for something that `library` does and this class does not mirror."""
        return self._runner.run(work)

    _wait = run

    def _drain(self, stream: AsyncGenerator[_T, None]) -> Generator[_T, None, None]:
        """What a stream gives; it is closed when the caller leaves the loop, at the latest with the library."""
        items = drained(stream, self.run)
        self._begun.append(items)
        try:
            yield from items
        finally:
            if items in self._begun:
                self._begun.remove(items)

    add = streams(Wellread.add)
    embed = streams(Wellread.embed)
    reindex = streams(Wellread.reindex)
    remove = waits(Wellread.remove)
    products = waits(Wellread.products)
    read = waits(Wellread.read)
    search = waits(Wellread.search)
    ask = streams(Wellread.ask)
    resume = streams(Wellread.resume)
