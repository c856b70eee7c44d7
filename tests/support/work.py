"""Work, counted and not timed: a count is the same on every machine, however busy."""

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import sqlalchemy as sa


def lines_run(function: Callable[..., Any], *arguments: Any) -> int:
    """How many lines of Python a call runs in this thread. What C does within a line (patterns, searches, sorting) is
    not seen: what could be long there is `given_up` after a while. A first call may run more, once."""
    lines = 0

    def count(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    gc.disable()  # what others have called when it runs is not the work of this call
    sys.settrace(count)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
        gc.enable()
    return lines


@contextmanager
def given_up(seconds: int = 120) -> Iterator[None]:
    """Fails instead of waiting for what does not come to an end, and would take a thousandth of that."""

    def fail(*_: object) -> None:
        raise AssertionError(f"no end after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements that are sent to any database in this process meanwhile."""
    sent: list[str] = []

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(sa.Engine, "after_cursor_execute", executed)
    try:
        yield sent
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", executed)
