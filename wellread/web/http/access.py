"""Who is calling: everybody is the owner, or whoever has the token, a session or an API token."""

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from ipaddress import ip_address, ip_network

from starlette.datastructures import Headers

from wellread.errors import BadRequestError, TooManyError
from wellread.serving.request import OWNER, Caller
from wellread.store.accounts.accounts import TOKEN_PREFIX, Account, AccountStore, digest

_TOKEN_CHARACTERS = (20, 500)
_DIFFERENT_CHARACTERS = 8
_OWNER_SESSION_SECONDS = 7 * 24 * 3600
_REMEMBERED_SECONDS = 5.0
_REMEMBERED = 1000
_PASSWORDS_AT_ONCE = 2  # each takes 64 MiB and a core for a moment
_PASSWORDS_WAITING = 20
_LOGGED_OUT = 10_000  # sessions of the owner's
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Access:
    """How callers are known: an *open* server takes everybody for the owner; any other knows them by the server's
    token, by a session or by an account's API token.

    All that changes accounts in this process goes through `accounts`, so that what is taken away is refused at once.
    """

    def __init__(
        self,
        accounts: AccountStore,
        token: str = "",
        *,
        is_open: bool = False,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.accounts = accounts
        self.is_open = is_open
        self._token = token.encode()
        self._clock = clock
        self._wall_clock = wall_clock
        self._known: OrderedDict[str, tuple[float, object, Caller]] = OrderedDict()
        self._logged_out: OrderedDict[str, int] = OrderedDict()  # digest of an owner's session → its own end
        self._hashing = asyncio.Semaphore(_PASSWORDS_AT_ONCE)
        self._waiting = 0

    async def caller_with_token(self, secret: str) -> Caller | None:
        """Whose token that is: the server's own, or one of an account."""
        if self._token and hmac.compare_digest(secret.encode(), self._token):
            return OWNER
        if not secret.startswith(TOKEN_PREFIX):
            return None
        return await self._looked_up(secret, self.accounts.account_of_token)

    async def caller_with_session(self, secret: str) -> Caller | None:
        """Whose session's cookie holds that."""
        if self._owns(secret):
            return OWNER
        return await self._looked_up(secret, self.accounts.account_of_session)

    async def log_in(self, name: str, password: str) -> tuple[Caller, str] | None:
        """The caller and a new session's secret, when that is the account's password. Raises TooManyError."""
        if self._waiting >= _PASSWORDS_WAITING:
            raise TooManyError("Too many people log in at this moment.", hint="Try again.", retry_after=2)
        self._waiting += 1
        try:
            async with self._hashing:
                account = await asyncio.to_thread(self.accounts.verify, name, password)
        finally:
            self._waiting -= 1
        if account is None:
            return None
        return _caller(account), await asyncio.to_thread(self.accounts.begin_session, account.account_id)

    def owner_session(self, token: str) -> str | None:
        """A new session of the owner's, when that is the server's token."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token):
            return None
        ends = f"{int(self._wall_clock()) + _OWNER_SESSION_SECONDS}.{secrets.token_urlsafe(16)}"
        return f"{ends}.{self._signature(ends)}"

    async def log_out(self, secret: str) -> None:
        """End a session. One of the owner's is not stored, so this process only knows that it has ended."""
        if self._owns(secret):
            self._logged_out[digest(secret)] = _end_of(secret)
            now = self._wall_clock()
            while len(self._logged_out) > _LOGGED_OUT or next(iter(self._logged_out.values())) <= now:
                self._logged_out.popitem(last=False)
        else:
            await asyncio.to_thread(self.accounts.end_session, secret)

    def _owns(self, secret: str) -> bool:
        # Signed by the token instead of stored: the owner is no account, and a new token ends all of them.
        signed, _, signature = secret.rpartition(".")
        left = _end_of(secret) - self._wall_clock()
        return (
            bool(self._token)
            and 0 < left <= _OWNER_SESSION_SECONDS
            and hmac.compare_digest(signature.encode(), self._signature(signed).encode())
            and digest(secret) not in self._logged_out
        )

    def _signature(self, text: str) -> str:
        key = b"wellread session" + sha256(self._token).digest()
        return hmac.new(key, text.encode("latin-1", "replace"), sha256).hexdigest()

    async def _looked_up(self, secret: str, look_up: Callable[[str], Account | None]) -> Caller | None:
        key = f"{look_up.__name__} {digest(secret)}"
        # Taken before the look-up: what is taken away meanwhile makes the result stale at once.
        revision = self.accounts.revision
        until, known_at, caller = self._known.get(key, (0.0, None, OWNER))
        if known_at is revision and self._clock() < until:
            return caller
        account = await asyncio.to_thread(look_up, secret)
        if account is None:
            self._known.pop(key, None)
            return None
        caller = _caller(account)
        self._known[key] = (self._clock() + _REMEMBERED_SECONDS, revision, caller)
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return caller


def access_for(host: str, token: str, accounts: AccountStore) -> Access:
    """How a server on that address knows its callers.

    Open on a loopback address, when there is no token and no account. Raises BadRequestError when another address
    has neither, and for a token that can be guessed.
    """
    if token:
        _check(token)
    some = accounts.count() > 0
    if not (token or some or is_loopback(host)):
        raise BadRequestError(
            f"On {host or 'every address'}, anybody who can reach this machine could use the library.",
            hint="Add an account (wellread user add NAME), or set a token (WELLREAD_TOKEN or --token), or stay on "
            "127.0.0.1.",
        )
    return Access(accounts, token, is_open=not (token or some))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        return ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_forwarded(headers: Headers) -> bool:
    """Whether a proxy says that it only passes the request on."""
    return any(name in headers for name in _FORWARDED)


def proxies(addresses: str) -> list[str]:
    """Addresses and networks of trusted proxies, from a list with commas. Raises BadRequestError for anything else."""
    found = [part.strip() for part in addresses.split(",") if part.strip()]
    for address in found:
        try:
            trusted = ip_network(address)
        except ValueError as error:
            raise BadRequestError(
                f"{address!r} is no address of a proxy.",
                hint="Give addresses or networks, as 10.0.0.5,10.1.0.0/16.",
            ) from error
        if trusted.prefixlen == 0:
            raise BadRequestError(
                f"{address} trusts everybody to say where they come from.",
                hint="Name the proxy's own address.",
            )
    return found


def _end_of(secret: str) -> int:
    """When a session of the owner's ends by itself; 0 for what is none."""
    end = secret.partition(".")[0]
    return int(end) if end.isascii() and end.isdecimal() and len(end) < 15 else 0


def _caller(account: Account) -> Caller:
    return Caller(account.account_id, account.name, account.is_admin)


def _check(token: str) -> None:
    least, most = _TOKEN_CHARACTERS
    if not (token.isascii() and token.isprintable() and " " not in token):
        problem = "has characters that a header cannot carry"
    elif not least <= len(token) <= most:
        problem = f"has {len(token)} characters"
    elif len(set(token)) < _DIFFERENT_CHARACTERS:
        problem = "can be guessed"
    else:
        return
    raise BadRequestError(
        f"The server's token {problem}.",
        hint=f"Use {least} to {most} random letters and digits, as `openssl rand -hex 24` prints them.",
    )
