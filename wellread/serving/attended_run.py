"""A run for a client that hears of it once: it ends when nobody listens any more."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import anyio

from wellread.errors import NotFoundError, StorageError, UnavailableError
from wellread.events import TERMINAL, AnyEvent
from wellread.serving.feed import HEARTBEAT, Feed
from wellread.serving.run_worker import RunWorker


@dataclass(slots=True)
class AttendedRun:
    """A run that goes on only while somebody attends to it: left before its end, it is cancelled. For interfaces to
    which nobody can come back. What becomes of it when this process stops is the worker's affair."""

    run_id: str
    feed: Feed[AnyEvent]
    worker: RunWorker
    parting: float = 0.0  # seconds in which the run is seen to its end when it is given up
    ended: bool = field(default=False, init=False)
    stopped: bool = field(default=False, init=False)  # this process

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ended or self.stopped:
            return
        with anyio.CancelScope(shield=True), suppress(StorageError):  # nobody is left to be told
            await self.worker.request(self.run_id, "cancel")
            if self.parting:
                await self._part()

    async def events(self, *, idle: float = HEARTBEAT) -> AsyncGenerator[Sequence[AnyEvent], None]:
        """Its events to the end, those that are there together; none each time that nothing came for `idle` seconds.

        Raises NotFoundError when the run is deleted meanwhile, UnavailableError when this process stops before the
        run has ended.
        """
        async with aclosing(self.feed.follow(self.run_id, idle=idle)) as followed:
            async for stored in followed:
                events = [one.event for one in stored]
                self.ended = bool(events) and isinstance(events[-1], TERMINAL)
                yield events
        if self.ended:
            return
        self.stopped = True
        if not await asyncio.to_thread(self.feed.log.ends, [self.run_id]):
            raise NotFoundError(f"The run {self.run_id} was deleted before it ended.", hint="Ask again.")
        raise UnavailableError(
            f"Wellread was stopped before the run {self.run_id} ended.",
            hint="Ask again when it is started again; a run of a server goes on then.",
        )

    async def _part(self) -> None:
        with anyio.move_on_after(self.parting):
            async with aclosing(self.feed.follow(self.run_id)) as followed:
                async for _ in followed:
                    pass
