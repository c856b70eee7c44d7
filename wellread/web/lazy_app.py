"""An ASGI app whose module takes long to import: it is loaded behind the start of the server."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from starlette.types import Receive, Scope, Send


class Endpoint(Protocol):
    """What is loaded: an app that serves while `at_work` lasts."""

    def at_work(self) -> AbstractAsyncContextManager[None]: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class LazyApp:
    """The app that `load` makes of a module. A request that comes before it is there waits for it."""

    def __init__(self, module: str, load: Callable[[Any], Endpoint]) -> None:
        self._module = module
        self._load = load
        self._endpoint: asyncio.Future[Endpoint] | None = None
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        self._endpoint = asyncio.get_running_loop().create_future()
        working = asyncio.create_task(self._work(self._endpoint))
        try:
            yield
        finally:
            self._closing.set()
            await working

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = await self.loaded()
        await endpoint(scope, receive, send)

    async def loaded(self) -> Endpoint:
        """The app, as soon as it is there. Raises what its loading raised."""
        if self._endpoint is None:
            raise RuntimeError("use `async with endpoint.at_work()`")
        return await asyncio.shield(self._endpoint)

    async def _work(self, loaded: asyncio.Future[Endpoint]) -> None:
        try:
            module = await asyncio.to_thread(importlib.import_module, self._module)
            endpoint = self._load(module)
        except Exception as error:  # noqa: BLE001  # each request for it says so; all else is served
            loaded.set_exception(error)
            loaded.exception()
            return
        async with endpoint.at_work():
            loaded.set_result(endpoint)
            await self._closing.wait()
