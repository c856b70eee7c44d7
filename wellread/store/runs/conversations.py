"""Conversations as their callers see them: listed, searched, renamed, shared by link, deleted."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wellread.errors import NotFoundError
from wellread.store.database import tables as t
from wellread.store.database import timestamps
from wellread.store.database.database import Database

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class ListedConversation:
    """A conversation with how many questions it holds, how many of them servers have yet to answer, and the token by
    which it is shared, "" for none."""

    conversation_id: str
    title: str
    created_at: str
    updated_at: str
    runs: int
    under_way: int
    share: str


@dataclass(frozen=True, slots=True)
class ConversationCursor:
    """Where a list of conversations goes on: after the one that was last added to then."""

    updated_at: str
    conversation_id: str


class ConversationStore:
    """Every look-up names the caller; what is another's raises NotFoundError, as what does not exist."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(
        self, caller: str, *, query: str = "", after: ConversationCursor | None = None, limit: int = 50
    ) -> list[ListedConversation]:
        """The caller's conversations, those that were added to last first: of a `query` those whose title or
        questions have each of its words, in any case."""
        found = _LISTED.where(*_matching(caller, query))
        if after is not None:
            beyond = sa.and_(_C.updated_at == after.updated_at, _C.conversation_id < after.conversation_id)
            found = found.where(sa.or_(_C.updated_at < after.updated_at, beyond))
        found = found.order_by(_C.updated_at.desc(), _C.conversation_id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_listed(row) for row in connection.execute(found)]

    def count(self, caller: str, *, query: str = "") -> int:
        """How many `listed` would give in all."""
        counted = sa.select(sa.func.count()).select_from(t.conversations).where(*_matching(caller, query))
        with self._database.read() as connection:
            return connection.scalar(counted) or 0

    def conversation(self, conversation_id: str, caller: str) -> ListedConversation:
        with self._database.read() as connection:
            row = connection.execute(_LISTED.where(*_own(conversation_id, caller))).first()
        if row is None:
            raise _no_conversation(conversation_id)
        return _listed(row)

    def rename(self, conversation_id: str, caller: str, title: str) -> None:
        with self._database.begin() as connection:
            renamed = sa.update(t.conversations).where(*_own(conversation_id, caller)).values(title=title)
            if not connection.execute(renamed).rowcount:
                raise _no_conversation(conversation_id)

    def share(self, conversation_id: str, caller: str) -> tuple[str, bool]:
        """The token by which anybody may read it, and whether it is new: it stays the same until `unshare`."""
        with self._database.begin() as connection:
            _hold(connection, conversation_id, caller)
            token = connection.scalar(
                sa.select(t.shares.c.token).filter_by(conversation_id=conversation_id).limit(1)
            )
            if token is not None:
                return str(token), False
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            connection.execute(
                sa.insert(t.shares).values(
                    token=token, conversation_id=conversation_id, created_at=timestamps.now()
                )
            )
        return token, True

    def unshare(self, conversation_id: str, caller: str) -> None:
        """Nobody may read it by its link any more."""
        with self._database.begin() as connection:
            _hold(connection, conversation_id, caller)
            connection.execute(sa.delete(t.shares).filter_by(conversation_id=conversation_id))

    def shared(self, token: str) -> ListedConversation:
        """The conversation that a token opens, whoever asks."""
        opened = _LISTED.where(
            _C.conversation_id.in_(sa.select(t.shares.c.conversation_id).where(t.shares.c.token == token))
        )
        with self._database.read() as connection:
            row = connection.execute(opened).first()
        if row is None:
            raise NotFoundError(
                "There is nothing at this link, or not any more.", hint="Ask whoever shared it for a new one."
            )
        return _listed(row)

    def delete(self, conversation_id: str, caller: str) -> list[str]:
        """Delete it with its runs and all that belongs to them, unless servers are at work on one of them: then
        nothing is deleted, and the ids of those runs are given back."""
        own = _own(conversation_id, caller)
        with self._database.begin() as connection:
            _hold(connection, conversation_id, caller)
            busy = [run.run_id for run in hold_runs(connection, *own) if not run.outcome and run.worker]
            if not busy:
                take_out(connection, *own)
        return busy


_C = t.conversations.c
_LISTED = sa.select(
    t.conversations,
    sa.select(sa.func.count())
    .where(t.runs.c.conversation_id == _C.conversation_id)
    .scalar_subquery()
    .label("runs"),
    sa.select(sa.func.count())
    .where(
        t.runs.c.conversation_id == _C.conversation_id,
        t.runs.c.outcome == "",
        sa.or_(t.runs.c.queued, t.runs.c.worker != ""),  # else it is, or was, a command's
    )
    .scalar_subquery()
    .label("under_way"),
    sa.select(sa.func.max(t.shares.c.token))
    .where(t.shares.c.conversation_id == _C.conversation_id)
    .scalar_subquery()
    .label("share"),
)


def _own(conversation_id: str, caller: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_C.conversation_id == conversation_id, _C.caller == caller)


def _hold(connection: sa.Connection, conversation_id: str, caller: str) -> None:
    """Keep others from changing the conversation until the transaction ends. Raises NotFoundError."""
    held = sa.select(_C.conversation_id).where(*_own(conversation_id, caller)).with_for_update()
    if connection.execute(held).first() is None:
        raise _no_conversation(conversation_id)


def hold_runs(connection: sa.Connection, *wanted: sa.ColumnElement[bool]) -> Sequence[Any]:
    """The runs of those conversations. Until the transaction ends they stay as they are and get no events, and the
    conversations no runs."""
    ids = sa.select(_C.conversation_id).where(*wanted)
    connection.execute(ids.order_by(_C.conversation_id).with_for_update())
    runs = sa.select(t.runs.c.run_id, t.runs.c.outcome, t.runs.c.worker)
    # In one order, lest two wait for each other.
    held = runs.where(t.runs.c.conversation_id.in_(ids)).order_by(t.runs.c.run_id).with_for_update()
    return connection.execute(held).all()


def take_out(connection: sa.Connection, *wanted: sa.ColumnElement[bool]) -> None:
    """Delete those conversations with their runs, which `hold_runs` holds, and all that belongs to them."""
    ids = sa.select(_C.conversation_id).where(*wanted)
    runs = sa.select(t.runs.c.run_id).where(t.runs.c.conversation_id.in_(ids))
    for of_run in (t.events, t.feedback, t.idempotency_keys):
        connection.execute(sa.delete(of_run).where(of_run.c.run_id.in_(runs)))
    for of_conversation in (t.runs, t.shares):
        connection.execute(sa.delete(of_conversation).where(of_conversation.c.conversation_id.in_(ids)))
    connection.execute(sa.delete(t.conversations).where(*wanted))


def _matching(caller: str, query: str) -> list[sa.ColumnElement[bool]]:
    questions = sa.select(t.runs.c.run_id).where(t.runs.c.conversation_id == _C.conversation_id)
    return [
        _C.caller == caller,
        *(
            sa.or_(_has(_C.title, word), questions.where(_has(t.runs.c.question, word)).exists())
            for word in unicodedata.normalize("NFC", query).split()
        ),
    ]


def _has(column: sa.Column[str], word: str) -> sa.ColumnElement[bool]:
    # SQLite knows the two cases of ASCII letters only.
    forms: Sequence[str] = sorted({word, word.lower(), word.upper(), word.capitalize()})
    return sa.or_(*(column.icontains(form, autoescape=True) for form in forms))


def _listed(row: Any) -> ListedConversation:
    return ListedConversation(
        conversation_id=row.conversation_id,
        title=row.title,
        created_at=row.created_at,
        updated_at=row.updated_at,
        runs=row.runs,
        under_way=row.under_way,
        share=row.share or "",
    )


def _no_conversation(conversation_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no conversation {conversation_id!r}.", hint="The list of conversations has them all."
    )
