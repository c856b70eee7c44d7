"""Two transactions at once, in an order that a test chooses."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import sqlalchemy as sa

from wellread.store.database.database import Database

_AHEAD = 0.3  # seconds; what need not wait for the other transaction has ended by then


@contextmanager
def amid(database: Database, statement: str, act: Callable[[], object]) -> Iterator[Future[object]]:
    """Do `act` in another thread as soon as a statement that has these words has been executed, and before anything
    follows it, unless `act` waits for that. Gives what comes of it."""
    outcome: Future[object] = Future()
    taken = False

    def carry_out() -> None:
        try:
            outcome.set_result(act())
        except Exception as error:  # noqa: BLE001  # the test asks the future for it
            outcome.set_exception(error)

    def executed(_connection: object, _cursor: object, text: str, *_: object) -> None:
        nonlocal taken
        if statement in text and not taken:
            taken = True
            threads.submit(carry_out)
            wait([outcome], timeout=_AHEAD)

    sa.event.listen(database.engine, "after_cursor_execute", executed)
    try:
        with ThreadPoolExecutor(1) as threads:
            yield outcome
    finally:
        sa.event.remove(database.engine, "after_cursor_execute", executed)
    assert taken, f"nothing with {statement!r} was executed"
