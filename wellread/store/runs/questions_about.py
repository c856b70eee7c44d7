"""What was asked of a title: the questions that had it in their scope, or whose answers cite it."""

from dataclasses import dataclass

import sqlalchemy as sa

from wellread.store.database import tables as t
from wellread.store.database.database import Database

LOOKED_AT = 200  # runs of the caller's, the latest: what a run searched stands in its events only
_TELLING = ("run.started", "question.understood", "products.found", "answer.completed", "answer.checked")
_ENDING = 4  # events at a run's end, with which its answer is complete


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that was asked."""

    run_id: str
    conversation_id: str
    question: str
    created_at: str


def questions_on(database: Database, product_id: str, caller: str, *, limit: int = 10) -> list[AskedQuestion]:
    """The caller's latest questions on a title, newest first, among the last `LOOKED_AT` that the caller asked."""
    latest = (
        sa.select(t.runs.c.run_id, t.runs.c.conversation_id, t.runs.c.question, t.runs.c.created_at)
        .join(t.conversations, t.conversations.c.conversation_id == t.runs.c.conversation_id)
        .where(t.conversations.c.caller == caller)
        .order_by(t.runs.c.created_at.desc(), t.runs.c.run_id)
        .limit(LOOKED_AT)
        .subquery()
    )
    events, other = t.events.c, t.events.alias().c
    # What an answer was written with piece by piece, which is most of a run, is not looked at.
    answer = (
        sa.select(other.seq)
        .where(other.run_id == latest.c.run_id, other.type == "answer.started")
        .order_by(other.seq)
        .limit(1)
        .correlate(latest)
        .scalar_subquery()
    )
    last = sa.select(sa.func.max(other.seq)).where(other.run_id == latest.c.run_id)
    end = last.correlate(latest).scalar_subquery()
    names_it = events.body.contains(f'"product_id":"{product_id}"', autoescape=True)
    telling = sa.and_(events.run_id == latest.c.run_id, names_it, events.type.in_(_TELLING))
    is_named = sa.or_(
        sa.exists().where(telling, events.seq < sa.func.coalesce(answer, end)),
        sa.exists().where(telling, events.seq > end - _ENDING),
    )
    query = (
        sa.select(latest).where(is_named).order_by(latest.c.created_at.desc(), latest.c.run_id).limit(limit)
    )
    with database.read() as connection:
        return [AskedQuestion(*row) for row in connection.execute(query)]
