"""What a run would take, before it begins: a range from the least to what its budget allows.

The sizes of prompts and replies are those of runs over the demo library and some manuals.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from wellread.events import Mode, RunStarted
from wellread.models.resolve import Outlook

_HOSTED = (60.0, 1_500.0)  # tokens a second, written and read
_SLOW = (10.0, 50.0)  # on this machine
_LATENCY = 0.6  # seconds of a hosted call before its first token
_SECTIONS = 5  # of a deep answer, and its outline


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls of one role, least and most, and the tokens of one."""

    worker: Outlook | None
    number: tuple[int, int]
    reads: tuple[int, int]
    writes: tuple[int, int]

    def tokens(self, end: int) -> tuple[int, int]:
        """Read and written in all, at the least (0) or the most (1)."""
        number = self.number[end] if self.worker else 0
        return number * self.reads[end], number * self.writes[end]

    def seconds(self, end: int) -> float:
        if self.worker is None:
            return 0.0
        writing, reading = _SLOW if self.worker.slow else _HOSTED
        read, wrote = self.tokens(end)
        return self.number[end] * (0 if self.worker.slow else _LATENCY) + read / reading + wrote / writing

    def cost(self, end: int) -> float | None:
        return self.worker.price(*self.tokens(end)) if self.worker else 0.0


class Estimate(BaseModel):
    """Ranges, least and most. `cost` is in US dollars, None when a price is not known."""

    model_config = ConfigDict(frozen=True)

    mode: Mode
    model: str
    titles: tuple[str, ...]
    outside: bool  # whether others are looked for, too
    steps: tuple[int, int]
    calls: tuple[int, int]
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int]
    seconds: tuple[float, float]
    cost: tuple[float, float] | None


def estimate(
    start: RunStarted, planner: Outlook | None, writer: Outlook | None, judge: Outlook | None, judged: int
) -> Estimate:
    """The estimate of a run that would begin with `start`. None for a role that no model has; `judged` snippets are
    scored in a round at most."""
    deep = start.mode == "deep"
    budget = start.budget
    steps = (min(3 if start.outside else 2, budget.steps), budget.steps)
    roles = (
        _Calls(planner, ((3 if deep else 1), 2 * steps[1]), (700, 2_400), (60, 200)),
        _Calls(judge if deep else None, (4, judged * max(1, steps[1] // 3)), (350, 700), (30, 120)),
        _Calls(writer, (1, 1 + _SECTIONS if deep else 1), (700, 4_000), (120, 1_400)),
    )
    calls = tuple(sum(role.number[end] for role in roles if role.worker) for end in (0, 1))
    tokens = tuple(
        [sum(t) for t in zip(*(role.tokens(end) for role in roles), strict=True)] for end in (0, 1)
    )
    costs = [role.cost(end) for end in (0, 1) for role in roles]
    half = len(roles)
    cost = None
    if None not in costs:
        known = [dollars or 0.0 for dollars in costs]
        cost = _within(sum(known[:half]), sum(known[half:]), budget.cost)
    return Estimate(
        mode=start.mode,
        model=start.model,
        titles=tuple(entry.title for entry in start.scope),
        outside=start.outside,
        steps=steps,
        calls=(calls[0], calls[1]),
        input_tokens=_whole(tokens[0][0], tokens[1][0], budget.input_tokens),
        output_tokens=_whole(tokens[0][1], tokens[1][1], budget.output_tokens),
        seconds=_within(sum(r.seconds(0) for r in roles), sum(r.seconds(1) for r in roles), budget.seconds),
        cost=cost,
    )


def _within(least: float, most: float, limit: float | None) -> tuple[float, float]:
    bound = most if limit is None else min(most, limit)
    return min(least, bound), bound


def _whole(least: int, most: int, limit: int | None) -> tuple[int, int]:
    low, high = _within(least, most, limit)
    return int(low), int(high)
