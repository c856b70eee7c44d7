"""Accounts, their sessions and their API tokens.

A password is kept as its argon2id hash; of a session's cookie and of a token only the SHA-256 is kept, which is
enough for secrets of 256 random bits.
"""

import secrets
import unicodedata
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from wellread.errors import BadRequestError, ConflictError, NotFoundError, StorageError
from wellread.store.accounts.passwords import Passwords
from wellread.store.database import tables as t
from wellread.store.database.database import Database
from wellread.store.database.timestamps import written
from wellread.store.runs.conversations import hold_runs, take_out
from wellread.store.runs.runs import turn_of

NAME_CHARACTERS = 200
TOKENS = 100  # that an account may have
SESSIONS = 100  # that an account may have; the oldest ends when one more begins
SESSION_IDLE = timedelta(days=30)
SESSION_LIFE = timedelta(days=180)
TOKEN_PREFIX = "wr_"  # by which scanners for leaked secrets know one
_TURN = "accounts"  # of whoever decides by what accounts there are
_EXTEND_AFTER = timedelta(hours=12)
_USE_NOTED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Account:
    account_id: str
    name: str
    is_admin: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is listed: its secret is nowhere."""

    token_id: str
    account_id: str
    name: str
    created_at: str
    used_at: str  # to ten minutes; "" when it never was


class AccountStore:
    """`revision` is another object after anything was taken away, so that what was looked up before is stale."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        passwords: Passwords | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords or Passwords()
        self.revision = object()

    # Accounts

    def add(self, name: str, password: str, *, is_admin: bool = False) -> Account:
        """The first account is an admin's. Raises BadRequestError, and ConflictError for a name that is taken."""
        name = checked_name(name)
        hashed = self._passwords.hashed(password)
        with self._database.begin(turn=_TURN) as connection:
            # Names that differ in case only are one name, which no constraint of the database can say.
            names = {_key(row.name) for row in connection.execute(sa.select(t.accounts.c.name))}
            if _key(name) in names:
                raise ConflictError(f"There is an account {name!r} already.", hint="Choose another name.")
            account = Account(uuid.uuid4().hex, name, is_admin or not names, written(self._clock()))
            connection.execute(
                sa.insert(t.accounts).values(
                    account_id=account.account_id,
                    name=account.name,
                    password=hashed,
                    is_admin=account.is_admin,
                    created_at=account.created_at,
                )
            )
        return account

    def account(self, account_id: str) -> Account:
        """Raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(t.accounts).filter_by(account_id=account_id)).first()
        if row is None:
            raise _no_account(account_id)
        return _account(row)

    def may_edit_titles(self, account_id: str) -> bool:
        """Whether an account, "" for the library's owner, may change or replace titles that are here."""
        try:
            return not account_id or self.account(account_id).is_admin
        except NotFoundError:  # it was removed
            return False

    def named(self, name: str) -> Account:
        """The account of that name, in any case. Raises NotFoundError."""
        row = self._named(name)
        if row is None:
            raise _no_account(name)
        return _account(row)

    def accounts(self) -> list[Account]:
        """All accounts, oldest first."""
        query = sa.select(t.accounts).order_by(t.accounts.c.created_at, t.accounts.c.name)
        with self._database.read() as connection:
            return [_account(row) for row in connection.execute(query)]

    def count(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(t.accounts)) or 0

    def remove(self, account_id: str) -> None:
        """Take an account out, with its sessions, tokens and conversations. What it added to the library stays.

        Raises NotFoundError, and ConflictError for the only admin while there are others.
        """
        own = t.conversations.c.caller == account_id
        with self._database.begin(turn=_TURN) as connection:
            # Who adds something that belongs to the account, or to a run of it, waits, and then does not find it.
            self._database.take_turn(connection, turn_of(account_id))
            _hold(connection, account_id)
            rows = {row.account_id: row for row in connection.execute(sa.select(t.accounts))}
            row = rows.pop(account_id)
            if rows and not any(other.is_admin for other in rows.values()):
                raise ConflictError(
                    f"{row.name!r} is the only admin.",
                    hint="Add another one first: wellread user add --admin.",
                )
            hold_runs(connection, own)
            take_out(connection, own)
            for of_account in (t.sessions, t.api_tokens, t.accounts):
                connection.execute(sa.delete(of_account).where(of_account.c.account_id == account_id))
        self.revision = object()

    def set_password(self, account_id: str, password: str) -> None:
        """Ends the account's sessions; its tokens stay. Raises BadRequestError, NotFoundError."""
        hashed = self._passwords.hashed(password)
        with self._database.begin() as connection:
            changed = connection.execute(
                sa.update(t.accounts).filter_by(account_id=account_id).values(password=hashed)
            )
            if not changed.rowcount:
                raise _no_account(account_id)
            connection.execute(sa.delete(t.sessions).filter_by(account_id=account_id))
        self.revision = object()

    def verify(self, name: str, password: str) -> Account | None:
        """The account, if that is its password. An unknown name takes as long as a wrong password."""
        row = self._named(name)
        stored = self._passwords.nobodys if row is None else row.password
        if not self._passwords.fits(password, stored) or row is None:
            return None
        if self._passwords.is_dated(stored):
            with self._database.begin() as connection:
                connection.execute(
                    sa.update(t.accounts)
                    .filter_by(account_id=row.account_id, password=stored)
                    .values(password=self._passwords.hashed(password))
                )
        return _account(row)

    # Sessions

    def begin_session(self, account_id: str) -> str:
        """A new session's secret. Raises NotFoundError."""
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        newest = (
            sa.select(t.sessions.c.digest)
            .filter_by(account_id=account_id)
            .order_by(t.sessions.c.created_at.desc())
            .limit(SESSIONS - 1)
        )
        with self._database.begin() as connection:
            _hold(connection, account_id)
            kept = list(connection.scalars(newest))
            connection.execute(
                sa.delete(t.sessions).where(
                    sa.or_(
                        t.sessions.c.expires_at <= written(now),
                        sa.and_(t.sessions.c.account_id == account_id, t.sessions.c.digest.not_in(kept)),
                    )
                )
            )
            connection.execute(
                sa.insert(t.sessions).values(
                    digest=digest(secret),
                    account_id=account_id,
                    created_at=written(now),
                    expires_at=written(now + SESSION_IDLE),
                )
            )
        return secret

    def account_of_session(self, secret: str) -> Account | None:
        """Whose session that is, while it lasts; being used prolongs it, up to its whole life.

        A clock that was set back leaves it valid, and never for longer than a session may be idle.
        """
        query = (
            sa.select(t.accounts, t.sessions.c.created_at.label("began"), t.sessions.c.expires_at)
            .join(t.sessions, t.sessions.c.account_id == t.accounts.c.account_id)
            .where(t.sessions.c.digest == digest(secret))
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        now = self._clock()
        if row is None or datetime.fromisoformat(row.expires_at) <= now:
            return None
        began = min(datetime.fromisoformat(row.began), now)
        wanted = min(now + SESSION_IDLE, began + SESSION_LIFE)
        if abs(wanted - datetime.fromisoformat(row.expires_at)) > _EXTEND_AFTER:
            self._note(
                sa.update(t.sessions)
                .filter_by(digest=digest(secret))
                .values(created_at=written(began), expires_at=written(wanted))
            )
        return _account(row)

    def end_session(self, secret: str) -> None:
        with self._database.begin() as connection:
            connection.execute(sa.delete(t.sessions).filter_by(digest=digest(secret)))
        self.revision = object()

    # Tokens

    def add_token(self, account_id: str, name: str) -> tuple[ApiToken, str]:
        """A new token and its secret, which nothing can tell again.

        Raises BadRequestError, NotFoundError, and ConflictError when there are too many.
        """
        name = checked_name(name, of="token")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(uuid.uuid4().hex, account_id, name, written(self._clock()), "")
        with self._database.begin() as connection:
            _hold(connection, account_id)
            query = sa.select(sa.func.count()).select_from(t.api_tokens).filter_by(account_id=account_id)
            if (connection.scalar(query) or 0) >= TOKENS:
                raise ConflictError(
                    f"An account has {TOKENS} tokens at most.", hint="Remove those that nobody uses."
                )
            connection.execute(
                sa.insert(t.api_tokens).values(
                    token_id=token.token_id,
                    digest=digest(secret),
                    account_id=account_id,
                    name=name,
                    created_at=token.created_at,
                    used_at="",
                )
            )
        return token, secret

    def account_of_token(self, secret: str) -> Account | None:
        query = (
            sa.select(t.accounts, t.api_tokens.c.token_id, t.api_tokens.c.used_at)
            .join(t.api_tokens, t.api_tokens.c.account_id == t.accounts.c.account_id)
            .where(t.api_tokens.c.digest == digest(secret))
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        now = self._clock()
        if not row.used_at or abs(now - datetime.fromisoformat(row.used_at)) > _USE_NOTED_AFTER:
            self._note(sa.update(t.api_tokens).filter_by(token_id=row.token_id).values(used_at=written(now)))
        return _account(row)

    def tokens(self, account_id: str = "") -> list[ApiToken]:
        """The tokens of one account, or of all, oldest first."""
        query = sa.select(t.api_tokens).order_by(t.api_tokens.c.created_at, t.api_tokens.c.name)
        if account_id:
            query = query.filter_by(account_id=account_id)
        with self._database.read() as connection:
            return [
                ApiToken(row.token_id, row.account_id, row.name, row.created_at, row.used_at)
                for row in connection.execute(query)
            ]

    def remove_token(self, token_id: str, account_id: str = "") -> None:
        """Raises NotFoundError, also when the token is not of the account that is named."""
        query = sa.delete(t.api_tokens).filter_by(token_id=token_id)
        if account_id:
            query = query.filter_by(account_id=account_id)
        with self._database.begin() as connection:
            if not connection.execute(query).rowcount:
                raise NotFoundError(
                    f"There is no token {token_id!r}.", hint="`wellread token ls` lists the tokens."
                )
        self.revision = object()

    def _named(self, name: str) -> Any:
        key = _key(name)
        with self._database.read() as connection:
            return next(
                (row for row in connection.execute(sa.select(t.accounts)) if _key(row.name) == key), None
            )

    def _note(self, update: sa.Update) -> None:
        # Who may read must not depend on a disk that takes no more writes.
        with suppress(StorageError), self._database.begin() as connection:
            connection.execute(update)


def _hold(connection: sa.Connection, account_id: str) -> None:
    """Let nobody change the account, or what belongs to it, until the transaction ends. Raises NotFoundError."""
    held = sa.select(t.accounts.c.account_id).filter_by(account_id=account_id).with_for_update()
    if connection.execute(held).first() is None:
        raise _no_account(account_id)


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def checked_name(name: str, *, of: str = "account") -> str:
    """`name` as it is stored: NFC, without spaces around it. Raises BadRequestError."""
    name = _normal(name).strip()
    if not 1 <= len(name) <= NAME_CHARACTERS:
        raise BadRequestError(
            f"The name of the {of} has {len(name)} characters.",
            hint=f"A name has 1 to {NAME_CHARACTERS} characters.",
        )
    if any(unicodedata.category(character)[0] == "C" for character in name):
        raise BadRequestError(
            f"The name of the {of} has characters that cannot be seen.", hint="Use letters, digits and signs."
        )
    return name


def _key(name: str) -> str:
    return _normal(_normal(name).strip().casefold())


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _account(row: Any) -> Account:
    return Account(row.account_id, row.name, bool(row.is_admin), row.created_at)


def _no_account(name: str) -> NotFoundError:
    return NotFoundError(f"There is no account {name!r}.", hint="`wellread user ls` lists the accounts.")
