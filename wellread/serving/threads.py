"""The threads of a server's event loop: pages and streams have some, and runs and imports have others."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Set within the tasks of runs and imports; the tasks that these start have it from them.
IN_BACKGROUND: ContextVar[bool] = ContextVar("in_background", default=False)


class ServerThreads(ThreadPoolExecutor):
    """To be an event loop's default executor, which `asyncio.to_thread` uses: what is called within `IN_BACKGROUND`
    goes to threads of its own, of which there are `background`, so that no page waits behind it."""

    def __init__(self, background: int) -> None:
        super().__init__(thread_name_prefix="answering")
        self._background = ThreadPoolExecutor(background, "background")

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if IN_BACKGROUND.get():
            return self._background.submit(fn, *args, **kwargs)
        return super().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._background.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)
