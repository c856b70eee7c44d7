"""Where the runs of a library are worked on and told of in this process, whatever interface begins them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wellread.engine import Wellread
from wellread.events import AnyEvent
from wellread.serving.feed import Feed
from wellread.serving.live_servers import LiveServer
from wellread.serving.run_worker import Capacity, Observe, RunWorker, unobserved


class Runtime:
    """An open library with its feed and its worker, which works while `at_work` lasts: on all that waits in the
    library, or, with `only_own`, on what is begun here."""

    def __init__(
        self,
        library: Wellread,
        observe: Observe = lambda _run, _start: unobserved,
        *,
        only_own: bool = False,
    ) -> None:
        settings = library.settings
        capacity = Capacity(at_once=settings.server_runs, waiting=settings.server_runs_per_caller)
        self.library = library
        self.feed: Feed[AnyEvent] = Feed(library.run_log)
        self.worker = RunWorker(
            library, self.feed, LiveServer(settings.home), capacity, observe, only_own=only_own
        )

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """What is under way at its end is left to the next process."""
        await self.worker.start()
        try:
            yield
        finally:
            await self.feed.close()
            await self.worker.close()
