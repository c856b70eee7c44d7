"""What a run would take, before it begins: a range from the least to what its budget allows."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from wellread.events import Budget, Mode, RunStarted
from wellread.models.language_model import LanguageModel

_PLANNER_READS = (700, 2_400)  # tokens of one call, quick
_PLANNER_WRITES = (60, 200)
_WRITER_READS = (700, 4_000)
_WRITER_WRITES = (120, 1_400)
_JUDGE_READS = (350, 700)
_JUDGE_WRITES = (30, 120)
_HOSTED = (60.0, 1_500.0)  # tokens a second, written and read
_SLOW = (10.0, 50.0)  # on this machine
_LATENCY = 0.6  # seconds of a hosted call before its first token


class Estimate(BaseModel):
    """Ranges, least and most. `cost` is in US dollars, None when no price is known."""

    model_config = ConfigDict(frozen=True)

    mode: Mode
    model: str
    titles: tuple[str, ...]
    steps: tuple[int, int]
    calls: tuple[int, int]
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int]
    seconds: tuple[float, float]
    cost: tuple[float, float] | None


def estimate(start: RunStarted, planner: LanguageModel | None, writer: LanguageModel | None) -> Estimate:
    """The estimate of a run that would begin with `start`. None for a role that no model has."""
    deep = start.mode == "deep"
    steps = (2 if start.scope else 3, start.budget.steps)
    planned = (0, 0) if planner is None else ((3 if deep else 1), steps[1])
    judged = (4, 24) if deep and planner is not None else (0, 0)
    written = (0, 0) if writer is None else (1, 6 if deep else 1)
    calls = tuple(planned[end] + judged[end] + written[end] for end in (0, 1))
    read = tuple(
        planned[e] * _PLANNER_READS[e] + judged[e] * _JUDGE_READS[e] + written[e] * _WRITER_READS[e]
        for e in (0, 1)
    )
    wrote = tuple(
        planned[e] * _PLANNER_WRITES[e] + judged[e] * _JUDGE_WRITES[e] + written[e] * _WRITER_WRITES[e]
        for e in (0, 1)
    )
    slow = any(model is not None and model.reads_slowly for model in (planner, writer))
    writes, reads = _SLOW if slow else _HOSTED
    seconds = tuple(
        calls[e] * (0 if slow else _LATENCY) + read[e] / reads + wrote[e] / writes for e in (0, 1)
    )
    budget = start.budget
    return Estimate(
        mode=start.mode,
        model=start.model,
        titles=tuple(entry.title for entry in start.scope),
        steps=(min(steps), steps[1]),
        calls=(calls[0], calls[1]),
        input_tokens=_within(read, budget.input_tokens),
        output_tokens=_within(wrote, budget.output_tokens),
        seconds=(seconds[0], min(seconds[1], budget.seconds or seconds[1])),
        cost=_cost(start.budget, read, wrote, writer or planner),
    )


def _within(amount: tuple[int, ...], limit: int | None) -> tuple[int, int]:
    most = amount[1] if limit is None else min(amount[1], limit)
    return min(amount[0], most), most


def _cost(
    budget: Budget, read: tuple[int, ...], wrote: tuple[int, ...], model: LanguageModel | None
) -> tuple[float, float] | None:
    if model is None:
        return 0.0, 0.0
    price: Callable[[int, int], float | None] = model.cost
    least, most = price(read[0], wrote[0]), price(read[1], wrote[1])
    if least is None or most is None:
        return None
    return least, most if budget.cost is None else min(most, budget.cost)
