"""What callers say of the answers of their runs."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wellread.errors import NotFoundError
from wellread.store.database import tables as t
from wellread.store.database import timestamps
from wellread.store.database.database import Database
from wellread.wire.runs import Rating


@dataclass(frozen=True, slots=True)
class Feedback:
    rating: Rating
    comment: str
    given_at: str


class FeedbackStore:
    """One for each run. Whether the run is the caller's is asked of the runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, run_id: str, rating: Rating, comment: str) -> Feedback:
        """Store it in place of what was said before. Raises NotFoundError."""
        feedback = Feedback(rating, comment, timestamps.now())
        values = {"rating": rating, "comment": comment, "given_at": feedback.given_at}
        with self._database.begin() as connection:
            # Of two requests at the same moment the second waits here for the first.
            held = sa.select(t.runs.c.run_id).filter_by(run_id=run_id).with_for_update()
            if connection.execute(held).first() is None:
                raise NotFoundError(f"There is no run {run_id!r}.", hint="It has just been deleted.")
            if not connection.execute(sa.update(t.feedback).filter_by(run_id=run_id).values(values)).rowcount:
                connection.execute(sa.insert(t.feedback).values(run_id=run_id, **values))
        return feedback

    def of(self, run_ids: list[str]) -> dict[str, Feedback]:
        """What was said of those runs, where something was."""
        query = sa.select(t.feedback).where(t.feedback.c.run_id.in_(run_ids))
        with self._database.read() as connection:
            return {row.run_id: _feedback(row) for row in connection.execute(query)}

    def take_back(self, run_id: str) -> None:
        with self._database.begin() as connection:
            connection.execute(sa.delete(t.feedback).filter_by(run_id=run_id))


def _feedback(row: Any) -> Feedback:
    return Feedback(row.rating, row.comment, row.given_at)
