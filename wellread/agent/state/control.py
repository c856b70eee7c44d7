"""What the reader may do while a run goes on: stop it and have the answer written with what there is."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_T = TypeVar("_T")


class StoppedError(Exception):
    """The reader stopped the search while something was looked up."""


class Control:
    """Handed to a run when it begins; `stop` may be called at any moment, on the event loop of the run."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Look nothing more up, and write. What is being written is written to its end."""
        self._stopping.set()

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    async def unless_stopped(self, work: Awaitable[_T]) -> _T:
        """What `work` gives. Raises StoppedError, and cancels the work, when the reader stops before it is done."""
        doing = asyncio.ensure_future(work)
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise StoppedError
        finally:
            stopping.cancel()
            if not doing.done():
                doing.cancel()
                await asyncio.gather(doing, return_exceptions=True)
