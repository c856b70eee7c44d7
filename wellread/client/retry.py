"""How long and how often something is tried again."""

import random
import time
from collections.abc import Callable

_FIRST = 0.5  # seconds before the second try
_LONGEST = 15.0  # between two tries, unless the server asks for more


class Patience:
    """Of one piece of work: it ends `seconds` after the first of failures in a row. Waits double, with jitter, so that
    clients which a server left at the same moment do not come back at the same moment."""

    def __init__(
        self,
        seconds: float,
        *,
        first: float = _FIRST,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.first = first
        self._seconds = seconds
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._since = 0.0

    def renew(self) -> None:
        """There is progress."""
        self._failures = 0

    def after(self, error: Exception, *, at_least: float = 0.0) -> float:
        """The seconds to wait before the next try. Raises `error` when patience would have ended by then."""
        now = self._clock()
        if not self._failures:
            self._since = now
        doubled = self.first * 2.0 ** min(self._failures, 30)
        wait = max(min(doubled, max(_LONGEST, self.first)), at_least) * (1 + self._jitter() / 2)
        self._failures += 1
        if now + wait - self._since > self._seconds:
            raise error
        return wait
