"""Simultaneous searches answered together: while one pass over the table lasts, what is asked waits for the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class _Call(Generic[Q, A]):
    asked: Sequence[Q]
    answer: asyncio.Future[list[A]]


class Passes(Generic[Q, A]):
    """`answer` gives an answer for each of what is asked; it is called again when it has ended."""

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[list[A]]]) -> None:
        self._answer = answer
        self._waiting: list[_Call[Q, A]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Sequence[Q]) -> list[A]:
        """Raises what the pass raises."""
        call: _Call[Q, A] = _Call(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await call.answer

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._working is not None:
            await self._working

    async def _work(self) -> None:
        try:
            while calls := [call for call in self._waiting if not call.answer.done()]:
                self._waiting = []
                await self._pass(calls)
        finally:
            self._working = None

    async def _pass(self, calls: Sequence[_Call[Q, A]]) -> None:
        try:
            answers = await self._answer([one for call in calls for one in call.asked])
        except Exception as error:  # noqa: BLE001  # whoever asked is told
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
            return
        start = 0
        for call in calls:
            stop = start + len(call.asked)
            if not call.answer.done():  # whoever asked may have gone
                call.answer.set_result(answers[start:stop])
            start = stop
