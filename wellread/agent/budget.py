"""What a run may spend, and what it has spent."""

import time

from wellread.events import Budget, Mode, Usage
from wellread.settings import Settings


def budget_for(mode: Mode, settings: Settings, *, steps: int | None = None) -> Budget:
    """The budget of a mode, with `steps` in place of the mode's own limit if given (1 at least)."""
    own = settings.quick_steps if mode == "quick" else settings.deep_steps
    return Budget(steps=max(1, own if steps is None else steps))


class Meter:
    """Time and usage of a run as it goes."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.usage = Usage()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._began, 3)
