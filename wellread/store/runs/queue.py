"""The runs that servers are to work on: who works on which, and what callers want of them meanwhile."""

from collections.abc import Collection
from typing import Literal

import sqlalchemy as sa

from wellread.store.database import tables as t
from wellread.store.database.database import Database
from wellread.store.runs.runs import RUNS, StoredRun, count_queued, run_of

StopRequest = Literal["stop", "cancel"]  # write with what there is, or give up


class RunQueue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def queued(self) -> list[StoredRun]:
        """The runs that servers are to work on or are at work on, oldest first."""
        query = RUNS.where(t.runs.c.queued).order_by(t.runs.c.created_at, t.runs.c.run_id)
        with self._database.read() as connection:
            return [run_of(row) for row in connection.execute(query)]

    def count_queued(self, caller: str) -> int:
        """How many of them are the caller's."""
        with self._database.read() as connection:
            return count_queued(connection, caller)

    def waiting(self) -> int:
        """How many of them no server is at work on."""
        query = sa.select(sa.func.count()).select_from(t.runs).where(t.runs.c.queued, t.runs.c.worker == "")
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def named(self, run_ids: Collection[str]) -> list[StoredRun]:
        """Those of these runs that are there and have not ended, oldest first, queued or not."""
        query = RUNS.where(t.runs.c.run_id.in_(sorted(run_ids)), t.runs.c.outcome == "")
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(t.runs.c.created_at, t.runs.c.run_id))
            return [run_of(row) for row in rows]

    def claim(self, run_id: str, worker: str, *, held_by: str = "") -> bool:
        """Give a queued run to a worker; False when it is not `held_by`'s any more."""
        with self._database.begin() as connection:
            claimed = connection.execute(
                sa.update(t.runs).filter_by(run_id=run_id, worker=held_by, queued=True).values(worker=worker)
            )
        return claimed.rowcount == 1

    def release(self, worker: str) -> None:
        """Give back what a worker has not finished."""
        with self._database.begin() as connection:
            connection.execute(sa.update(t.runs).filter_by(worker=worker).values(worker=""))

    def request(self, run_id: str, request: StopRequest) -> None:
        """Note what the caller wants of a run that goes on; to cancel outweighs to stop."""
        changed = sa.update(t.runs).filter_by(run_id=run_id, outcome="").where(t.runs.c.wish != "cancel")
        with self._database.begin() as connection:
            connection.execute(changed.values(wish=request))

    def requests(self, run_ids: Collection[str]) -> dict[str, StopRequest]:
        """What is wanted of those runs, if anything is."""
        query = sa.select(t.runs.c.run_id, t.runs.c.wish).where(
            t.runs.c.run_id.in_(sorted(run_ids)), t.runs.c.wish != ""
        )
        with self._database.read() as connection:
            return {row.run_id: row.wish for row in connection.execute(query)}
