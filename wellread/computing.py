"""Turns at computing: of the runs that a process works on, few compute at once, and the others wait for models."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count


class ComputingSlots:
    """So many slots as may compute at once. Whoever waits for one gets it in a fair order: first the caller who holds
    the fewest, and of several such callers the one whose last turn was longest ago. Not to be used from two event
    loops."""

    def __init__(self, slots: int, on_free: Callable[[], None] = lambda: None) -> None:
        """`on_free` is called when there is a slot that nobody waits for."""
        self._slots = slots
        self._on_free = on_free
        self._held: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []  # oldest first
        self._last_turns: dict[str, int] = {}  # caller → a number that is higher the later it was
        self._numbers = count(1)

    @property
    def free(self) -> int:
        """How many slots nobody has and nobody waits for."""
        return max(0, self._slots - self._held.total() - len(self._waiting))

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Hold a slot, and let `away` give it back meanwhile: in this task, and in those that it starts."""
        turn = ComputingTurn(self, caller)
        await turn.take()
        token = _TURN.set(turn)
        try:
            yield
        finally:
            _TURN.reset(token)
            turn.give_back()

    async def acquire(self, caller: str) -> None:
        if self.free:
            self._hold(caller)
            return
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((caller, ready))
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():  # the slot came with the cancellation
                self.release(caller)
            else:
                self._waiting = [one for one in self._waiting if one[1] is not ready]
            raise

    def release(self, caller: str) -> None:
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]
        if not self._waiting:
            self._on_free()
            return
        # Of a caller's own the oldest is first: `min` keeps the order of equals.
        first = min(self._waiting, key=lambda one: (self._held[one[0]], self._last_turns.get(one[0], 0)))
        self._waiting.remove(first)
        self._hold(first[0])
        first[1].set_result(None)

    def _hold(self, caller: str) -> None:
        self._held[caller] += 1
        self._last_turns[caller] = next(self._numbers)


@dataclass(slots=True)
class ComputingTurn:
    """The slot of one run, which it has while none of its calls is away."""

    slots: ComputingSlots
    caller: str
    held: bool = False
    calls_away: int = 0

    async def take(self) -> None:
        if not self.held:
            await self.slots.acquire(self.caller)
            self.held = True

    def give_back(self) -> None:
        if self.held:
            self.held = False
            self.slots.release(self.caller)


_TURN: ContextVar[ComputingTurn | None] = ContextVar("computing_turn", default=None)


@asynccontextmanager
async def away() -> AsyncIterator[None]:
    """While a model is waited for, others may have the slot of this run. Back from it, the run waits for its next
    turn; not so when it is stopped or cancelled meanwhile: then it has little left to do, and does it at once. Does
    nothing outside of a turn."""
    turn = _TURN.get()
    if turn is None:
        yield
        return
    turn.calls_away += 1
    turn.give_back()
    try:
        yield
    except Exception:
        await _back(turn)
        raise
    except BaseException:  # closed or cancelled
        turn.calls_away -= 1
        raise
    else:
        await _back(turn)


async def _back(turn: ComputingTurn) -> None:
    turn.calls_away -= 1
    if not turn.calls_away:
        await turn.take()
