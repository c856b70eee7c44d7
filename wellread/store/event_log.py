"""Numbered events of subjects, which are runs, or imports: each subject's are 1, 2, 3, … without a gap."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError

from wellread.errors import ConflictError
from wellread.events import Event
from wellread.store.database.database import Database

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class StoredEvent(Generic[E]):
    """An event as it is stored, and sent: `body` is its JSON."""

    seq: int
    type: str
    body: str
    _parse: Callable[[str], E] = field(repr=False, compare=False)

    @classmethod
    def of(cls, event: E) -> "StoredEvent[E]":
        """An event of this process, as it is to be stored."""
        return cls(event.seq, event.type, event.model_dump_json(), lambda _: event)

    @cached_property
    def event(self) -> E:
        """The event itself: that which was stored by this process, else parsed once."""
        return self._parse(self.body)


@dataclass(frozen=True, slots=True)
class Batch(Generic[E]):
    """Events of one subject that follow its event `after`."""

    subject: str
    events: Sequence[E]
    after: int


class EventLog(Generic[E]):
    """The log in one table, whose column `subject` says whose event a row is.

    Writing is part of a transaction of the store's that owns the log, so that what an event changes beside it is
    stored with it or not at all.
    """

    def __init__(self, database: Database, subject: sa.Column[Any], adapter: TypeAdapter[E]) -> None:
        self._database = database
        self._subject = subject
        self._table = subject.table
        self._adapter = adapter

    # Writing

    def begin(self, connection: sa.Connection, subject: str, events: Sequence[E]) -> list[StoredEvent[E]]:
        """Store the first events of a new subject."""
        return self._insert(connection, [Batch(subject, events, 0)])[0]

    def append(self, connection: sa.Connection, batches: Sequence[Batch[E]]) -> list[list[StoredEvent[E]]]:
        """Store the events of several subjects as `after` + 1, + 2, … and give them back, numbered and dated.

        Raises ConflictError when `after` is not the number of a subject's last event: another process has gone on
        with it, or it was deleted. Nothing of the transaction may be kept then.
        """
        ends = self._ends(connection, {batch.subject for batch in batches})
        for batch in batches:
            if ends.get(batch.subject) != batch.after:
                raise _gone_on()
            ends[batch.subject] = batch.after + len(batch.events)
        try:
            return self._insert(connection, batches)
        except IntegrityError as error:  # another transaction came first, after the look at the ends
            raise _gone_on() from error

    def _insert(self, connection: sa.Connection, batches: Sequence[Batch[E]]) -> list[list[StoredEvent[E]]]:
        stored = [[StoredEvent.of(event) for event in _numbered(batch)] for batch in batches]
        rows = [
            {self._subject.name: batch.subject, "seq": one.seq, "type": one.type, "body": one.body}
            for batch, together in zip(batches, stored, strict=True)
            for one in together
        ]
        rows.sort(
            key=lambda row: str(row[self._subject.name])
        )  # the order in which a deletion holds subjects
        connection.execute(sa.insert(self._table), rows)
        return stored

    # Reading

    def stored(self, subject: str, after: int = 0) -> list[StoredEvent[E]]:
        """The events of a subject beyond number `after`, in order."""
        return self._read(self._subject == subject, self._table.c.seq > after)

    def events(self, subject: str, after: int = 0) -> list[E]:
        """The same, parsed."""
        return [stored.event for stored in self.stored(subject, after)]

    def numbered(self, subject: str, numbers: Collection[int]) -> list[StoredEvent[E]]:
        """Those of the subject's events that have these numbers, in order."""
        return self._read(self._subject == subject, self._table.c.seq.in_(sorted(numbers)))

    def firsts(self, subjects: Collection[str]) -> dict[str, StoredEvent[E]]:
        """The first event of each of those subjects."""
        query = self._select(self._subject.in_(sorted(subjects)), self._table.c.seq == 1)
        with self._database.read() as connection:
            return {row[0]: self._from(row) for row in connection.execute(query)}

    def types(self, subject: str) -> list[tuple[int, str]]:
        """Number and type of each of the subject's events, in order; no event is read for it."""
        seq = self._table.c.seq
        query = sa.select(seq, self._table.c.type).where(self._subject == subject).order_by(seq)
        with self._database.read() as connection:
            return [(row.seq, row.type) for row in connection.execute(query)]

    def last_type(self, connection: sa.Connection, subject: str) -> str:
        """The type of the subject's last event; "" when it has none."""
        query = sa.select(self._table.c.type).where(self._subject == subject)
        return connection.scalar(query.order_by(self._table.c.seq.desc()).limit(1)) or ""

    def ends(self, subjects: Collection[str]) -> dict[str, int]:
        """The number of the last event of each of those subjects that are there."""
        with self._database.read() as connection:
            return self._ends(connection, subjects)

    def _ends(self, connection: sa.Connection, subjects: Collection[str]) -> dict[str, int]:
        query = (
            sa.select(self._subject, sa.func.max(self._table.c.seq))
            .where(self._subject.in_(sorted(subjects)))
            .group_by(self._subject)
        )
        return {row[0]: row[1] for row in connection.execute(query)}

    def _read(self, *conditions: sa.ColumnElement[bool]) -> list[StoredEvent[E]]:
        with self._database.read() as connection:
            return [self._from(row) for row in connection.execute(self._select(*conditions))]

    def _select(self, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        columns = self._table.c
        return (
            sa.select(self._subject, columns.seq, columns.type, columns.body)
            .where(*conditions)
            .order_by(columns.seq)
        )

    def _from(self, row: sa.Row[Any]) -> StoredEvent[E]:
        return StoredEvent(row.seq, row.type, row.body, self._adapter.validate_json)


def _numbered(batch: Batch[E]) -> list[E]:
    """Its events with their numbers, dated now."""
    at = datetime.now(UTC)
    return [
        event.model_copy(update={"seq": number, "at": at})
        for number, event in enumerate(batch.events, batch.after + 1)
    ]


def _gone_on() -> ConflictError:
    return ConflictError(
        "Another process has gone on with this.", hint="Read its events to see how it goes on."
    )
