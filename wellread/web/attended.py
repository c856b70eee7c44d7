"""A run for a client that hears of it once: it ends when nobody listens any more."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import anyio

from wellread.errors import StorageError, UnavailableError
from wellread.events import EVENT, TERMINAL, AnyEvent
from wellread.web.feed import Feed
from wellread.web.stream import HEARTBEAT
from wellread.web.worker import Worker


@dataclass(slots=True)
class Attended:
    """A run that goes on only while somebody attends to it: left before its end, it is cancelled. For interfaces to
    which nobody can come back. A server that is stopped leaves it to the next one, as every run."""

    run_id: str
    feed: Feed
    worker: Worker
    parting: float = 0.0  # seconds in which the run is seen to its end when it is given up
    ended: bool = field(default=False, init=False)
    stopped: bool = field(default=False, init=False)  # with the server

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ended or self.stopped:
            return
        with anyio.CancelScope(shield=True), suppress(StorageError):  # nobody is left to be told
            await self.worker.wish(self.run_id, "cancel")
            if self.parting:
                await self._part()

    async def events(self, *, idle: float = HEARTBEAT) -> AsyncGenerator[Sequence[AnyEvent], None]:
        """Its events to the end, those that are there together; none each time that nothing came for `idle` seconds.

        Raises UnavailableError when the server is stopped before the run has ended.
        """
        async with aclosing(self.feed.follow(self.run_id, idle=idle)) as followed:
            async for items in followed:
                events = [EVENT.validate_json(item.body) for item in items]
                self.ended = bool(events) and isinstance(events[-1], TERMINAL)
                yield events
        if not self.ended:
            self.stopped = True
            raise UnavailableError(
                f"Wellread was stopped before the run {self.run_id} ended.",
                hint="It goes on when Wellread is started again; or ask again then.",
            )

    async def _part(self) -> None:
        with anyio.move_on_after(self.parting):
            async with aclosing(self.feed.follow(self.run_id)) as followed:
                async for _ in followed:
                    pass
