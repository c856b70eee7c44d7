"""Conversations and runs. A run is its events, numbered from 1 and stored before anybody sees them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from wellread.errors import NotFoundError
from wellread.events import EVENT, AnyEvent
from wellread.store import tables as t
from wellread.store.database import Database


@dataclass(frozen=True, slots=True)
class Conversation:
    conversation_id: str
    title: str


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def new_conversation(self, title: str) -> str:
        conversation_id = uuid.uuid4().hex
        now = _now()
        with self._database.begin() as connection:
            connection.execute(
                sa.insert(t.conversations).values(
                    conversation_id=conversation_id, title=title[:200], created_at=now, updated_at=now
                )
            )
        return conversation_id

    def last_conversation(self) -> Conversation | None:
        """The conversation that was added to last."""
        query = sa.select(t.conversations).order_by(t.conversations.c.updated_at.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else Conversation(row.conversation_id, row.title)

    def conversation(self, conversation_id: str) -> Conversation:
        """Raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(t.conversations).filter_by(conversation_id=conversation_id)
            ).first()
        if row is None:
            raise NotFoundError(
                f"There is no conversation {conversation_id!r}.", hint="Ask without it to begin a new one."
            )
        return Conversation(row.conversation_id, row.title)

    def runs(self, conversation_id: str) -> list[str]:
        """The run ids of a conversation, oldest first."""
        query = (
            sa.select(t.runs.c.run_id)
            .filter_by(conversation_id=conversation_id)
            .order_by(t.runs.c.created_at, t.runs.c.run_id)
        )
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def new_run(self, conversation_id: str, question: str) -> str:
        run_id = uuid.uuid4().hex
        now = _now()
        with self._database.begin() as connection:
            connection.execute(
                sa.insert(t.runs).values(
                    run_id=run_id, conversation_id=conversation_id, question=question, created_at=now
                )
            )
            connection.execute(
                sa.update(t.conversations).filter_by(conversation_id=conversation_id).values(updated_at=now)
            )
        return run_id

    def append(self, run_id: str, events: Sequence[AnyEvent], after: int) -> list[AnyEvent]:
        """Store events as `after` + 1, + 2, … of the run and give them back, numbered and dated."""
        at = datetime.now(UTC)
        numbered = [
            event.model_copy(update={"seq": after + n, "at": at}) for n, event in enumerate(events, 1)
        ]
        with self._database.begin() as connection:
            connection.execute(
                sa.insert(t.events),
                [{"run_id": run_id, "seq": event.seq, "body": event.model_dump_json()} for event in numbered],
            )
        return numbered

    def events(self, run_id: str, after: int = 0) -> list[AnyEvent]:
        """The events of a run beyond number `after`, in order."""
        query = (
            sa.select(t.events.c.body)
            .where(t.events.c.run_id == run_id, t.events.c.seq > after)
            .order_by(t.events.c.seq)
        )
        with self._database.read() as connection:
            return [EVENT.validate_json(body) for body in connection.scalars(query)]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
