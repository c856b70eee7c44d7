"""What a run may spend, and what it has spent."""

import math
import time

from wellread.events import Budget, Mode, Usage
from wellread.settings import Settings


def budget_for(
    mode: Mode, settings: Settings, *, steps: int | None = None, seconds: float | None = None
) -> Budget:
    """The budget of a mode, with `steps` in place of the mode's own limit if given (1 at least), and `seconds`
    for looking things up (None: no limit)."""
    own = settings.quick_steps if mode == "quick" else settings.deep_steps
    return Budget(steps=max(1, own if steps is None else steps), seconds=seconds)


class Meter:
    """Time and usage of a run as it goes; `spent` seconds went before, in the part of it that was cut off."""

    def __init__(self, budget: Budget, *, spent: float = 0.0) -> None:
        self._began = time.monotonic() - spent
        self._limit = budget.seconds
        self.usage = Usage()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def step_seconds(self, before: float, *, time_up: bool = False) -> float:
        """What the step took that began `before` seconds into the run. When the time was up, the steps' seconds
        together reach the limit, however they are rounded."""
        seconds = round(self.seconds - before, 3)
        if time_up and self._limit is not None:
            seconds = max(seconds, math.ceil((self._limit - before) * 1000) / 1000)
        return seconds

    @property
    def left(self) -> float | None:
        """Seconds until the budget's time is up, 0 when it is; None without a limit."""
        return None if self._limit is None else max(0.0, self._began + self._limit - time.monotonic())
