"""Carrying out what is told: requests, pauses and streams, over httpx2, waiting or not."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from typing import TypeVar, cast

import httpx2

from wellread.client.address import Address
from wellread.client.event_stream import LARGEST_EVENT, Following
from wellread.client.protocol import Call, HttpReply, HttpRequest, Outcome, Pause, Talk, talk
from wellread.client.retry import Patience

T = TypeVar("T")
E = TypeVar("E")


class BlockingConnection:
    """To one server, from a program that waits."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._http = httpx2.Client(base_url=address.url, headers=address.headers, timeout=address.timeout)

    def close(self) -> None:
        self._http.close()

    def patience(self) -> Patience:
        return Patience(self._address.patience)

    def do(self, call: Call[T]) -> T:
        return self.carry_out(talk(call, self.patience()))

    def carry_out(self, told: Talk[T]) -> T:
        outcome: Outcome = None
        try:
            while True:
                match told.send(outcome):
                    case Pause(seconds):
                        time.sleep(seconds)
                        outcome = None
                    case HttpRequest() as request:
                        outcome = self._sent(request)
        except StopIteration as end:
            return cast(T, end.value)

    def follow(self, following: Following[E]) -> Generator[E, None, None]:
        while following.goes_on():
            time.sleep(following.pause())
            request = following.request
            try:
                with self._http.stream(
                    request.method,
                    request.path,
                    headers=request.headers,
                    timeout=self._address.stream_timeout,
                ) as response:
                    if response.status_code != httpx2.codes.OK:
                        following.refused(response.status_code, response.headers, response.read())
                        continue
                    for sse in httpx2.EventSource(response, max_event_size=LARGEST_EVENT):
                        yield from following.told(sse)
                        if not following.goes_on():
                            return
            except httpx2.TransportError as error:
                following.lost(error)
            else:
                following.lost()

    def _sent(self, request: HttpRequest) -> HttpReply | httpx2.TransportError:
        try:
            response = self._http.request(
                request.method,
                request.path,
                params=request.params,
                json=request.json,
                content=request.content,
                headers=request.headers,
            )
        except httpx2.TransportError as error:
            return error
        return HttpReply(response.status_code, response.headers, response.content)


class AsyncConnection:
    """To one server, from a program that does not wait."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._http = httpx2.AsyncClient(
            base_url=address.url, headers=address.headers, timeout=address.timeout
        )

    async def close(self) -> None:
        await self._http.aclose()

    def patience(self) -> Patience:
        return Patience(self._address.patience)

    async def do(self, call: Call[T]) -> T:
        return await self.carry_out(talk(call, self.patience()))

    async def carry_out(self, told: Talk[T]) -> T:
        outcome: Outcome = None
        try:
            while True:
                match told.send(outcome):
                    case Pause(seconds):
                        await asyncio.sleep(seconds)
                        outcome = None
                    case HttpRequest() as request:
                        outcome = await self._sent(request)
        except StopIteration as end:
            return cast(T, end.value)

    async def follow(self, following: Following[E]) -> AsyncGenerator[E, None]:
        while following.goes_on():
            await asyncio.sleep(following.pause())
            request = following.request
            try:
                async with self._http.stream(
                    request.method,
                    request.path,
                    headers=request.headers,
                    timeout=self._address.stream_timeout,
                ) as response:
                    if response.status_code != httpx2.codes.OK:
                        following.refused(response.status_code, response.headers, await response.aread())
                        continue
                    async for sse in httpx2.EventSource(response, max_event_size=LARGEST_EVENT):
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
            response = await self._http.request(
                request.method,
                request.path,
                params=request.params,
                json=request.json,
                content=request.content,
                headers=request.headers,
            )
        except httpx2.TransportError as error:
            return error
        return HttpReply(response.status_code, response.headers, response.content)
