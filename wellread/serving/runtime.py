"""Where the runs of a library are worked on and told of in this process, whatever interface begins them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wellread.engine import Wellread
from wellread.events import AnyEvent
from wellread.machine import usable_cores
from wellread.serving.feed import Feed
from wellread.serving.live_servers import LiveServer
from wellread.serving.run_worker import Capacity, Observe, RunWorker, unobserved
from wellread.serving.threads import ServerThreads

_OTHER_THREADS = 4  # beside those of runs that compute: imports, vectors, what waits for a model


class Runtime:
    """An open library with its feed and its worker, which works while `at_work` lasts: on all that waits in the
    library, or, with `only_own`, on what is begun here, or, without `works`, on nothing."""

    def __init__(
        self,
        library: Wellread,
        observe: Observe = lambda _run, _start: unobserved,
        *,
        works: bool = True,
        only_own: bool = False,
    ) -> None:
        settings = library.settings
        capacity = Capacity(
            at_once=settings.server_runs,
            computing=settings.server_computing or (usable_cores() or 1) + 1,
            waiting=settings.server_runs_per_caller,
        )
        self.library = library
        self.feed: Feed[AnyEvent] = Feed(library.run_log)
        presence = LiveServer(settings.home, works=works and not only_own)
        self.worker = RunWorker(
            library, self.feed, presence, capacity, observe, works=works, only_own=only_own
        )

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """What is under way at its end is left to the next process."""
        asyncio.get_running_loop().set_default_executor(
            ServerThreads(self.worker.capacity.computing + _OTHER_THREADS)
        )
        await self.worker.start()
        try:
            yield
        finally:
            await self.feed.close()
            await self.worker.close()
