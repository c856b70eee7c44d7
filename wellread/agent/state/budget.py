"""What a run may spend, and what it has spent."""

import asyncio
import math
import time
from collections.abc import Awaitable
from typing import TypeVar

from wellread.errors import BudgetSpentError
from wellread.events import AnyEvent, Budget, Mode, Usage
from wellread.models.language_model import Allowance, Tally
from wellread.settings import Settings
from wellread.wire.runs import RunLimits

_T = TypeVar("_T")
WRITING_SHARE = 0.4  # of each limit that a run with a model keeps for its answer
JUDGING_SHARE = 0.1  # of each limit that is kept for judging what was written


def budget_for(mode: Mode, settings: Settings, limits: RunLimits, *, with_model: bool) -> Budget:
    """The budget of a run: of each limit the smaller of what was asked for and what the settings allow its mode.
    Without a model the settings limit the steps only."""

    def limit(name: str, *, allowed: bool = with_model) -> float | None:
        given = [getattr(limits, name), getattr(settings, f"{mode}_{name}") if allowed else None]
        return min((value for value in given if value is not None), default=None)

    def whole(name: str) -> int | None:
        value = limit(name)
        return None if value is None else int(value)

    return Budget(
        steps=max(1, int(limit("steps", allowed=True) or 1)),
        seconds=limit("seconds"),
        input_tokens=whole("input_tokens"),
        output_tokens=whole("output_tokens"),
        cost=limit("cost"),
    )


def spent(budget: Budget, seconds: float, usage: Usage, *, share: float = 1.0) -> str:
    """What of `share` of a budget is used up: "time", "tokens", "money", or "" as long as nothing is."""
    if budget.seconds is not None and seconds >= share * budget.seconds:
        return "time"
    read, wrote = budget.input_tokens, budget.output_tokens
    if read is not None and usage.input_tokens >= share * read:
        return "tokens"
    if wrote is not None and usage.output_tokens >= share * wrote:
        return "tokens"
    if budget.cost is not None and usage.cost > 0 and usage.cost >= share * budget.cost:
        return "money"
    return ""


class Meter:
    """Time and usage of a run as it goes. `seconds` and `usage` went before, in the part of it that was cut off;
    `share` is the part of the budget that looking things up may take; of an answer that is `judged` a part is kept for
    that. `dropped_citations` counts those of the answer that named no knowledge, `left_out` the sentences of a small
    model that no snippet held, and those that tell an author's experience without a quotation."""

    def __init__(
        self,
        budget: Budget,
        *,
        seconds: float = 0.0,
        usage: Usage | None = None,
        share: float = 1.0,
        judged: bool = False,
    ) -> None:
        self._began = time.monotonic() - seconds
        self._budget = budget
        self._share = share
        self._written = 1.0 - JUDGING_SHARE if judged else 1.0
        self.tally = Tally(usage or Usage())
        self.dropped_citations = 0
        self.left_out = 0

    @property
    def usage(self) -> Usage:
        return self.tally.usage

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def step_seconds(self, before: float, *, time_up: bool = False) -> float:
        """What the step took that began `before` seconds into the run. When the time was up, the steps' seconds
        together reach the limit, however they are rounded."""
        seconds = round(self.seconds - before, 3)
        if time_up and self._budget.seconds is not None:
            limit = self._share * self._budget.seconds
            seconds = max(seconds, math.ceil((limit - before) * 1000) / 1000)
        return seconds

    @property
    def left(self) -> float | None:
        """Seconds until the time for looking things up is over, 0 when it is; None without a limit."""
        left = self._left(self._share)
        return None if left is None else max(0.0, left)

    @property
    def left_in_all(self) -> float | None:
        """Seconds until the run's time is up, the answer's included; None without a limit."""
        left = self._left(1.0)
        return None if left is None else max(0.0, left)

    def planning(self) -> Allowance:
        """What a call may spend that prepares the answer."""
        return self._allowance(self._share)

    def writing(self) -> Allowance:
        """What a call may spend that writes the answer."""
        return self._allowance(self._written)

    def judging(self) -> Allowance:
        """What a call may spend that judges the answer."""
        return self._allowance(1.0)

    @property
    def can_write(self) -> bool:
        """Whether anything of the budget is left to write with."""
        return not spent(self._budget, self.seconds, self.usage, share=self._written)

    def _left(self, share: float) -> float | None:
        """Seconds until that share of the time is over, below 0 when it is; None without a limit."""
        limit = self._budget.seconds
        return None if limit is None else self._began + share * limit - time.monotonic()

    def _allowance(self, share: float) -> Allowance:
        budget, usage = self._budget, self.usage
        return Allowance(
            seconds=self._left(share),
            input_tokens=_whole(budget.input_tokens, usage.input_tokens, share),
            output_tokens=_whole(budget.output_tokens, usage.output_tokens, share),
            cost=None if budget.cost is None else share * budget.cost - usage.cost,
        )


def _whole(limit: int | None, used: int, share: float) -> int | None:
    return None if limit is None else max(0, math.floor(share * limit) - used)


def least(limit: int | None, other: int) -> int:
    """The smaller of a limit, if there is one, and another."""
    return other if limit is None else min(limit, other)


async def in_budget(work: Awaitable[_T], meter: Meter) -> _T:
    """What `work` gives. Raises BudgetSpentError when the run's time is up before it is done."""
    try:
        async with asyncio.timeout(meter.left_in_all) as limit:
            return await work
    except TimeoutError as error:
        if limit.expired():
            raise BudgetSpentError("The time of the budget is up.") from error
        raise


def usage_told(event: AnyEvent) -> Usage | None:
    """What the run has taken up to this event, if the event says so."""
    usage: Usage | None = getattr(event, "usage", None)
    return usage
