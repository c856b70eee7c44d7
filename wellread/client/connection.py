"""Carrying out what is told: requests, pauses and streams, over httpx2, waiting or not.

What is decided here is decided once, in coroutines. Over `BlockingWire` none of them is ever suspended, so a program
that waits runs them without an event loop (`finished`).
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

import httpx2

from wellread.client.address import Address
from wellread.client.event_stream import LARGEST_EVENT, Following
from wellread.client.protocol import Call, HttpReply, HttpRequest, Outcome, Pause, Talk, talk
from wellread.client.retry import Patience

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Opened = tuple[httpx2.Response, AsyncIterator[httpx2.ServerSentEvent]]


class Wire(Protocol):
    """What a connection is made of. Requests raise httpx2.TransportError."""

    async def close(self) -> None: ...

    async def pause(self, seconds: float) -> None: ...

    async def send(self, request: HttpRequest) -> httpx2.Response: ...

    def open(self, request: HttpRequest) -> AbstractAsyncContextManager[Opened]:
        """A response and the events that it streams. One that is not OK has its body read."""
        ...


class AsyncWire:
    """To one server, from a program that does not wait."""

    def __init__(self, address: Address) -> None:
        self._stream_timeout = address.stream_timeout
        self._http = httpx2.AsyncClient(
            base_url=address.url, headers=address.headers, timeout=address.timeout
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def send(self, request: HttpRequest) -> httpx2.Response:
        return await self._http.request(**request.arguments)

    @asynccontextmanager
    async def open(self, request: HttpRequest) -> AsyncGenerator[Opened, None]:
        async with self._http.stream(**request.arguments, timeout=self._stream_timeout) as response:
            if response.status_code != httpx2.codes.OK:
                await response.aread()
            yield response, aiter(httpx2.EventSource(response, max_event_size=LARGEST_EVENT))


class BlockingWire:
    """To one server, from a program that waits: its coroutines block, and are never suspended."""

    def __init__(self, address: Address) -> None:
        self._stream_timeout = address.stream_timeout
        self._http = httpx2.Client(base_url=address.url, headers=address.headers, timeout=address.timeout)

    async def close(self) -> None:
        self._http.close()

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    async def send(self, request: HttpRequest) -> httpx2.Response:
        return self._http.request(**request.arguments)

    @asynccontextmanager
    async def open(self, request: HttpRequest) -> AsyncGenerator[Opened, None]:
        with self._http.stream(**request.arguments, timeout=self._stream_timeout) as response:
            if response.status_code != httpx2.codes.OK:
                response.read()
            yield response, _each(httpx2.EventSource(response, max_event_size=LARGEST_EVENT))


class Connection:
    """To one server, over one of the two."""

    def __init__(self, wire: Wire, seconds: float) -> None:
        """`seconds` for which a server that is away is tried again."""
        self._wire = wire
        self._seconds = seconds
        self.close = wire.close

    def patience(self) -> Patience:
        return Patience(self._seconds)

    async def do(self, call: Call[T]) -> T:
        return await self.carry_out(talk(call, self.patience()))

    async def carry_out(self, told: Talk[T]) -> T:
        outcome: Outcome = None
        try:
            while True:
                match told.send(outcome):
                    case Pause(seconds):
                        await self._wire.pause(seconds)
                        outcome = None
                    case HttpRequest() as request:
                        outcome = await self._sent(request)
        except StopIteration as end:
            return cast(T, end.value)

    async def follow(self, following: Following[T]) -> AsyncGenerator[T, None]:
        while following.goes_on():
            await self._wire.pause(following.pause())
            try:
                async with self._wire.open(following.request) as (response, events):
                    if response.status_code != httpx2.codes.OK:
                        following.refused(response.status_code, response.headers, response.content)
                        continue
                    async for sse in events:
                        for event in following.told(sse):
                            yield event
                        if not following.goes_on():
                            return
            except httpx2.TransportError as error:
                following.lost(error)
            else:
                following.lost()

    async def _sent(self, request: HttpRequest) -> HttpReply | httpx2.TransportError:
        try:
            response = await self._wire.send(request)
        except httpx2.TransportError as error:
            return error
        return HttpReply(response.status_code, response.headers, response.content)


class Connected(Protocol):
    @property
    def _connection(self) -> Connection: ...


def does(
    call: Callable[P, Call[T]],
) -> Callable[Concatenate[Connected, P], Coroutine[Any, Any, T]]:
    """A method that does a call."""

    @wraps(call)
    async def doing(self: Connected, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._connection.do(call(*args, **kwargs))

    return doing


def begins(
    made: Callable[[Connection, T], R], call: Callable[P, Call[T]]
) -> Callable[Concatenate[Connected, P], Coroutine[Any, Any, R]]:
    """A method that does a call, and gives an object made of what came of it."""

    @wraps(call)
    async def beginning(self: Connected, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return made(self._connection, await self._connection.do(call(*args, **kwargs)))

    return beginning


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine over `BlockingWire` gives."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    raise RuntimeError("it waits for an event loop")


async def _each(events: Iterable[httpx2.ServerSentEvent]) -> AsyncGenerator[httpx2.ServerSentEvent, None]:
    for event in events:
        yield event
