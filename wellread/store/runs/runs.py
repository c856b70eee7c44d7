"""Conversations and runs. A run is its events, numbered from 1 and stored before anybody sees them."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wellread.errors import ConflictError, NotFoundError, TooManyError
from wellread.events import (
    EVENT,
    TERMINAL,
    AnyEvent,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    Usage,
)
from wellread.store.database import tables as t
from wellread.store.database.database import Database
from wellread.store.database.timestamps import now, written
from wellread.store.event_log import Batch, EventLog, StoredEvent

Outcome = Literal["", "completed", "failed", "cancelled"]  # "": it has not ended
_OUTCOMES: dict[type, Outcome] = {
    RunCompleted: "completed",
    RunFailed: "failed",
    RunCancelled: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Conversation:
    conversation_id: str
    title: str


@dataclass(frozen=True, slots=True)
class StoredRun:
    """What is known of a run beside its events. `caller` is the account that asked, "" for the library's owner."""

    run_id: str
    conversation_id: str
    caller: str
    question: str
    created_at: str
    queued: bool  # servers work on it until its end
    worker: str  # the server that is at work on it, "" for none
    outcome: Outcome
    ended_at: str
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What a caller sends along so that a request that arrives twice begins one run; `digest` tells what was asked."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A run with the events that it begins with. `fresh`: this request began it, not an earlier one with its key."""

    run_id: str
    events: tuple[AnyEvent, ...]
    fresh: bool = True


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.log: EventLog[AnyEvent] = EventLog(database, t.events.c.run_id, EVENT)

    # Conversations

    def last_conversation(self, caller: str = "") -> Conversation | None:
        """The caller's conversation that was added to last."""
        query = sa.select(t.conversations).filter_by(caller=caller)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(t.conversations.c.updated_at.desc()).limit(1)).first()
        return None if row is None else Conversation(row.conversation_id, row.title)

    def conversation(self, conversation_id: str, caller: str = "") -> Conversation:
        """Raises NotFoundError, also for a conversation of another caller."""
        query = sa.select(t.conversations).filter_by(conversation_id=conversation_id, caller=caller)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise _no_conversation(conversation_id)
        return Conversation(row.conversation_id, row.title)

    def runs(self, conversation_id: str) -> list[str]:
        """The run ids of a conversation, oldest first."""
        return [run.run_id for run in self.of(conversation_id)]

    def of(self, conversation_id: str) -> list[StoredRun]:
        """The runs of a conversation, oldest first."""
        query = RUNS.where(t.runs.c.conversation_id == conversation_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(t.runs.c.created_at, t.runs.c.run_id))
            return [run_of(row) for row in rows]

    # Runs

    def begin(
        self,
        start: RunStarted,
        *further: AnyEvent,
        caller: str = "",
        queued: bool = False,
        key: IdempotencyKey | None = None,
        new_conversation_id: str = "",
        most_queued: int | None = None,
    ) -> Begun:
        """Store a run with its first events, all of it or nothing: with `start` as it is, but for the ids that it
        lacks, in a new conversation if it names none (with that id, if one is given). `queued` gives it to the servers.

        With a key that the caller has used, the run that it began is given back instead. Raises ConflictError when
        something else was asked with that key, or when the new conversation has just been begun by another question;
        TooManyError when the caller has `most_queued` queued runs already.
        """
        at = now()
        run_id = uuid.uuid4().hex
        is_new = not start.conversation_id
        conversation = start.conversation_id or new_conversation_id or uuid.uuid4().hex
        start = start.model_copy(update={"run_id": run_id, "conversation_id": conversation})
        try:
            with self._database.begin(turn=turn_of(caller)) as connection:
                if key is not None:
                    connection.execute(
                        sa.insert(t.idempotency_keys).values(
                            caller=caller, key=key.key, digest=key.digest, run_id=run_id
                        )
                    )
                if most_queued is not None:
                    _check_room(connection, caller, most_queued)
                if not is_new:
                    added_to = sa.update(t.conversations).filter_by(conversation_id=conversation)
                    if not connection.execute(added_to.values(updated_at=at)).rowcount:
                        raise _no_conversation(conversation)  # it has just been deleted
                else:
                    connection.execute(
                        sa.insert(t.conversations).values(
                            conversation_id=conversation,
                            caller=caller,
                            title=start.question[:200],
                            created_at=at,
                            updated_at=at,
                        )
                    )
                connection.execute(
                    sa.insert(t.runs).values(
                        run_id=run_id,
                        conversation_id=conversation,
                        question=start.question,
                        created_at=at,
                        queued=queued,
                    )
                )
                stored = self.log.begin(connection, run_id, [start, *further])
        except IntegrityError as error:
            earlier = self.begun(key, caller) if key is not None else None
            if earlier is not None:
                return earlier
            if not new_conversation_id:
                raise
            raise ConflictError(
                "Another question has just begun this conversation.", hint="Ask again."
            ) from error
        return Begun(run_id, tuple(one.event for one in stored))

    def begun(self, key: IdempotencyKey, caller: str = "") -> Begun | None:
        """The run that a key of the caller began. Raises ConflictError when it was another question's key."""
        query = sa.select(t.idempotency_keys).filter_by(caller=caller, key=key.key)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if row.digest != key.digest:
            raise ConflictError(
                "This idempotency key was used for something else.", hint="Use a new key for a new question."
            )
        return Begun(row.run_id, tuple(self.events(row.run_id)), fresh=False)

    def run(self, run_id: str, caller: str | None = None) -> StoredRun:
        """Raises NotFoundError, also for a run of another caller (None: whoever asked it)."""
        query = RUNS.where(t.runs.c.run_id == run_id)
        if caller is not None:
            query = query.where(t.conversations.c.caller == caller)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"There is no run {run_id!r}.", hint="Ask again.")
        return run_of(row)

    def append(self, run_id: str, events: Sequence[AnyEvent], after: int) -> list[StoredEvent[AnyEvent]]:
        """Store events as `after` + 1, + 2, … of the run and give them back, numbered and dated.

        Raises ConflictError when `after` is not the last of the run: another process is at work on it.
        """
        [stored] = self.append_all([Batch(run_id, events, after)])
        return stored

    def append_all(self, batches: Sequence[Batch[AnyEvent]]) -> list[list[StoredEvent[AnyEvent]]]:
        """`append` for several runs at once, all of it or nothing."""
        with self._database.begin() as connection:
            stored = self.log.append(connection, batches)
            for batch, events in zip(batches, stored, strict=True):
                last = events[-1].event
                if isinstance(last, TERMINAL):
                    connection.execute(_ended(batch.subject, last))
        return stored

    def events(self, run_id: str, after: int = 0) -> list[AnyEvent]:
        """The events of a run beyond number `after`, in order."""
        return self.log.events(run_id, after)

    def starts(self, run_ids: Collection[str]) -> dict[str, RunStarted]:
        """The first event of each of those runs."""
        firsts = {run_id: stored.event for run_id, stored in self.log.firsts(run_ids).items()}
        return {run_id: event for run_id, event in firsts.items() if isinstance(event, RunStarted)}


# What `run_of` makes a run of.
RUNS = sa.select(t.runs, t.conversations.c.caller).join(
    t.conversations, t.conversations.c.conversation_id == t.runs.c.conversation_id
)


def turn_of(caller: str) -> str:
    """What whoever begins runs of a caller, or takes all of them away, waits for; see `Database.begin`."""
    return f"runs of {caller}"


def count_queued(connection: sa.Connection, caller: str) -> int:
    """How many of the caller's runs servers are to work on or are at work on."""
    query = sa.select(sa.func.count()).select_from(t.runs).join(t.conversations)
    return connection.scalar(query.where(t.runs.c.queued, t.conversations.c.caller == caller)) or 0


def _check_room(connection: sa.Connection, caller: str, most_queued: int) -> None:
    queued = count_queued(connection, caller)
    if queued >= most_queued:
        raise TooManyError(
            f"{queued} of your runs have not ended yet.",
            hint="Wait for one to end, or cancel one.",
            retry_after=5,
        )


def _ended(run_id: str, event: RunCompleted | RunFailed | RunCancelled) -> sa.Update:
    return (
        sa.update(t.runs)
        .filter_by(run_id=run_id)
        .values(
            queued=False,
            worker="",
            outcome=_OUTCOMES[type(event)],
            ended_at=written(event.at),
            usage=event.usage.model_dump(mode="json"),
        )
    )


def run_of(row: Any) -> StoredRun:
    return StoredRun(
        run_id=row.run_id,
        conversation_id=row.conversation_id,
        caller=row.caller,
        question=row.question,
        created_at=row.created_at,
        queued=row.queued,
        worker=row.worker,
        outcome=row.outcome,
        ended_at=row.ended_at,
        usage=Usage.model_validate(row.usage) if row.usage is not None else None,
    )


def _no_conversation(conversation_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no conversation {conversation_id!r}.", hint="Ask without it to begin a new one."
    )
