"""Accounts, sessions and tokens: in the store, over the API and on the command line."""

import asyncio
import logging
import os
import pty
import re
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from fastapi import FastAPI
from support.command import command
from support.interleaving import amid

from wellread.errors import BadRequestError, ConflictError, NotFoundError, StorageError
from wellread.events import Budget, RunStarted, StepThinking
from wellread.serving.request import OWNER
from wellread.store.accounts.accounts import SESSION_IDLE, SESSION_LIFE, TOKENS, AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database
from wellread.store.database import tables as t
from wellread.store.runs.conversations import ConversationStore
from wellread.store.runs.runs import RunStore
from wellread.web.app import protected
from wellread.web.http.access import Access, access_for, is_loopback, proxies
from wellread.web.http.problems import add_problems
from wellread.web.http.rates import Rate, Rates, network
from wellread.web.http.state import Server
from wellread.web.rest import accounts as accounts_routes

PASSWORD = "four words in a row"
TOKEN = "0123456789abcdef0123456789abcdef"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PAGE = {"origin": "http://library.test", "x-requested-with": "wellread"}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def go(self, by: timedelta | float) -> None:
        self.now += by if isinstance(by, timedelta) else timedelta(seconds=by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path):
    with closing(open_database(tmp_path / "wellread.db")) as opened:
        yield opened


@pytest.fixture
def accounts(database, clock):
    return AccountStore(database, clock=clock, passwords=CHEAP)


@pytest.fixture
def shared(postgresql_url, clock):
    """Accounts in PostgreSQL, where transactions go on at the same time."""
    with closing(open_database(postgresql_url)) as opened:
        yield opened, AccountStore(opened, clock=clock, passwords=CHEAP)


# The store


def test_the_first_account_is_an_admin_and_the_next_is_none(accounts):
    assert accounts.add("Ada", PASSWORD).is_admin
    assert not accounts.add("Grace", PASSWORD).is_admin
    assert accounts.add("Joan", PASSWORD, is_admin=True).is_admin
    assert [account.name for account in accounts.accounts()] == ["Ada", "Grace", "Joan"]
    assert accounts.count() == 3


def test_a_name_is_one_name_in_any_case_and_composition(accounts):
    added = accounts.add("  Zoe\u0308 Straße ", PASSWORD)
    assert added.name == "Zoë Straße"
    for spelling in ("zoë straße", "ZOË STRASSE", "Zoe\u0308 Straße"):
        assert accounts.named(spelling) == added
        assert accounts.verify(spelling, PASSWORD) == added
        with pytest.raises(ConflictError):
            accounts.add(spelling, PASSWORD)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\u202eb", "a\x00b", "a\ud800b"])
def test_names_that_nobody_can_read_are_refused(accounts, name):
    with pytest.raises(BadRequestError):
        accounts.add(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 1001, "surrogate \ud800 here"])
def test_passwords_out_of_bounds_are_refused_without_being_told(accounts, password):
    with pytest.raises(BadRequestError) as refused:
        accounts.add("Ada", password)
    assert not password or password not in refused.value.message + refused.value.hint


def test_passwords(accounts):
    ada = accounts.add("Ada", PASSWORD)
    assert accounts.verify("Ada", PASSWORD) == ada
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), "x" * 100_000, "\ud800" * 10):
        assert accounts.verify("Ada", wrong) is None
    assert accounts.verify("Nobody", PASSWORD) is None
    accounts.set_password(ada.account_id, "pas\u0301s word ten")
    assert accounts.verify("Ada", PASSWORD) is None
    assert accounts.verify("Ada", "pa\u015bs word ten") == ada
    with pytest.raises(NotFoundError):
        accounts.set_password("nobody", PASSWORD)


def test_an_unknown_name_takes_the_work_of_a_wrong_password(database):
    compared = []

    class Counted(Passwords):
        def fits(self, password, stored):
            compared.append(stored.split("$")[:4])  # the algorithm and what it costs
            return super().fits(password, stored)

    accounts = AccountStore(database, passwords=Counted())
    accounts.add("Ada", PASSWORD)
    for name in ("Ada", "Nobody"):
        assert accounts.verify(name, "some other password") is None
    known, unknown = compared
    assert known == unknown


def test_a_password_hashed_with_old_parameters_is_hashed_anew(database):
    def stored() -> str:
        with database.read() as connection:
            return connection.scalar(sa.select(t.accounts.c.password))

    AccountStore(database, passwords=CHEAP).add("Ada", PASSWORD)
    assert "m=8,t=1,p=1" in stored()
    accounts = AccountStore(database)
    assert accounts.verify("Ada", "wrong password") is None
    assert "m=8,t=1,p=1" in stored()
    assert accounts.verify("Ada", PASSWORD)
    assert stored().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert accounts.verify("Ada", PASSWORD)


def test_a_session_slides_and_expires(accounts, clock):
    ada = accounts.add("Ada", PASSWORD)
    secret = accounts.begin_session(ada.account_id)
    assert accounts.account_of_session(secret) == ada
    for _ in range(3):
        clock.go(SESSION_IDLE - timedelta(days=1))
        assert accounts.account_of_session(secret) == ada
    clock.go(SESSION_IDLE)
    assert accounts.account_of_session(secret) is None


def test_a_session_has_a_whole_life(accounts, clock):
    ada = accounts.add("Ada", PASSWORD)
    secret = accounts.begin_session(ada.account_id)
    days = 0
    while accounts.account_of_session(secret) and days < 1000:
        clock.go(timedelta(days=1))
        days += 1
    assert days == SESSION_LIFE.days


def test_a_clock_that_was_set_back_neither_ends_nor_prolongs_a_session(accounts, clock):
    ada = accounts.add("Ada", PASSWORD)
    clock.go(timedelta(days=3650))
    secret = accounts.begin_session(ada.account_id)
    clock.go(-timedelta(days=3650))
    assert accounts.account_of_session(secret) == ada
    clock.go(SESSION_IDLE)
    assert accounts.account_of_session(secret) is None


def test_sessions_end(accounts, clock):
    ada = accounts.add("Ada", PASSWORD)
    first, second = (accounts.begin_session(ada.account_id) for _ in range(2))
    accounts.end_session(first)
    assert accounts.account_of_session(first) is None
    assert accounts.account_of_session(second) == ada
    token = accounts.add_token(ada.account_id, "notebook")[1]
    accounts.set_password(ada.account_id, PASSWORD)
    assert accounts.account_of_session(second) is None
    assert accounts.account_of_token(token) == ada


def test_sessions_do_not_pile_up(accounts, clock, database):
    ada = accounts.add("Ada", PASSWORD)
    grace = accounts.add("Grace", PASSWORD)
    hers = accounts.begin_session(grace.account_id)
    opened = []
    for _ in range(103):
        clock.go(1)
        opened.append(accounts.begin_session(ada.account_id))
    assert [bool(accounts.account_of_session(secret)) for secret in opened] == [False] * 3 + [True] * 100
    assert accounts.account_of_session(hers) == grace
    clock.go(SESSION_IDLE)
    accounts.begin_session(ada.account_id)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(t.sessions)) == 1


def test_tokens(accounts, clock):
    ada = accounts.add("Ada", PASSWORD)
    grace = accounts.add("Grace", PASSWORD)
    token, secret = accounts.add_token(ada.account_id, "notebook")
    assert re.fullmatch(r"wr_[\w-]{43}", secret)
    assert accounts.account_of_token(secret) == ada
    assert accounts.account_of_session(secret) is None
    assert accounts.account_of_token(secret.upper()) is None
    [listed] = accounts.tokens(ada.account_id)
    assert listed.used_at == clock.now.isoformat(timespec="microseconds")
    assert accounts.tokens(grace.account_id) == []
    assert accounts.tokens() == [listed]
    with pytest.raises(NotFoundError):
        accounts.remove_token(token.token_id, grace.account_id)
    accounts.remove_token(token.token_id, ada.account_id)
    assert accounts.account_of_token(secret) is None
    with pytest.raises(NotFoundError):
        accounts.add_token("nobody", "x")


def test_a_full_disk_does_not_keep_readers_out(accounts, database, clock):
    ada = accounts.add("Ada", PASSWORD)
    secret, token = accounts.begin_session(ada.account_id), accounts.add_token(ada.account_id, "x")[1]
    sa.event.listen(
        database.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=1")
    )
    database.engine.dispose()
    clock.go(timedelta(days=1))
    with pytest.raises(StorageError):
        accounts.begin_session(ada.account_id)
    assert accounts.account_of_session(secret) == ada
    assert accounts.account_of_token(token) == ada


def test_removing_an_account_leaves_nothing_of_it(accounts, database):
    ada, grace = accounts.add("Ada", PASSWORD), accounts.add("Grace", PASSWORD)
    with pytest.raises(ConflictError):
        accounts.remove(ada.account_id)  # the only admin
    for account in (ada, grace):
        name = account.name
        secret, token = (
            accounts.begin_session(account.account_id),
            accounts.add_token(account.account_id, "x"),
        )
        with database.begin() as connection:
            at = {"created_at": ""}
            connection.execute(
                sa.insert(t.conversations).values(
                    conversation_id=name, caller=account.account_id, title="", updated_at="", **at
                )
            )
            connection.execute(sa.insert(t.runs).values(run_id=name, conversation_id=name, question="", **at))
            connection.execute(sa.insert(t.events).values(run_id=name, seq=1, body="{}"))
            connection.execute(
                sa.insert(t.feedback).values(run_id=name, rating="up", comment="", given_at="")
            )
            connection.execute(sa.insert(t.shares).values(token=name, conversation_id=name, **at))
            connection.execute(
                sa.insert(t.idempotency_keys).values(
                    caller=account.account_id, key="1", digest="", run_id=name
                )
            )
    accounts.remove(grace.account_id)
    assert accounts.account_of_session(secret) is None
    assert accounts.account_of_token(token[1]) is None
    with database.read() as connection:
        for table in (
            t.accounts,
            t.sessions,
            t.api_tokens,
            t.conversations,
            t.runs,
            t.events,
            t.feedback,
            t.shares,
            t.idempotency_keys,
        ):
            rows = connection.execute(sa.select(table)).all()
            assert len(rows) == 1, table.name
            assert "Grace" not in rows[0]
            assert grace.account_id not in rows[0]
    with pytest.raises(NotFoundError):
        accounts.remove(grace.account_id)
    accounts.remove(ada.account_id)  # the last one may go
    assert accounts.count() == 0


def test_two_admins_cannot_remove_each_other(shared):
    database, accounts = shared
    ada, grace = (accounts.add(name, PASSWORD, is_admin=True) for name in ("Ada", "Grace"))
    accounts.add("Joan", PASSWORD)
    with amid(database, "SELECT accounts.account_id, ", lambda: accounts.remove(grace.account_id)) as other:
        accounts.remove(ada.account_id)
    with pytest.raises(ConflictError, match="only admin"):
        other.result()
    assert [account.name for account in accounts.accounts()] == ["Grace", "Joan"]


def test_of_two_spellings_of_a_name_at_once_one_is_taken(shared):
    database, accounts = shared
    with amid(database, "SELECT accounts.name", lambda: accounts.add("ann", PASSWORD)) as other:
        assert accounts.add("Ann", PASSWORD).is_admin
    with pytest.raises(ConflictError):
        other.result()
    assert accounts.count() == 1


def test_the_limit_of_tokens_holds_for_two_at_once(shared):
    database, accounts = shared
    ada = accounts.add("Ada", PASSWORD)
    for number in range(TOKENS - 1):
        accounts.add_token(ada.account_id, str(number))
    with amid(database, "SELECT count", lambda: accounts.add_token(ada.account_id, "b")) as other:
        accounts.add_token(ada.account_id, "a")
    with pytest.raises(ConflictError):
        other.result()
    names = [token.name for token in accounts.tokens()]
    assert len(names) == TOKENS
    assert "a" in names and "b" not in names


def test_what_comes_to_an_account_while_it_is_removed_comes_too_late(shared):
    database, accounts = shared
    runs = RunStore(database)
    start = RunStarted(
        run_id="",
        conversation_id="",
        question="Why?",
        asked="Why?",
        mode="quick",
        model="extractive",
        scope=(),
        budget=Budget(steps=4),
    )
    conversations = ConversationStore(database)
    attempts = [  # after which statement what is tried, and what it comes to
        ("events", lambda run: runs.append(run.run_id, [StepThinking(step=1, text="Hm.")], 1), ConflictError),
        ("shares", lambda run: conversations.share(run.conversation_id, run.caller), NotFoundError),
        ("sessions", lambda run: accounts.begin_session(run.caller), NotFoundError),
        ("api_tokens", lambda run: accounts.add_token(run.caller, "x"), NotFoundError),
    ]
    accounts.add("Ada", PASSWORD)
    for table, attempt, error in attempts:
        grace = accounts.add("Grace", PASSWORD).account_id
        run = runs.run(runs.begin(start, caller=grace).run_id)
        with amid(database, f"DELETE FROM {table}", partial(attempt, run)) as other:
            accounts.remove(grace)
        with pytest.raises(error):
            other.result()
    grace = accounts.add("Grace", PASSWORD).account_id
    runs.begin(start, caller=grace)
    with amid(database, "DELETE FROM runs", lambda: runs.begin(start, caller=grace)):
        accounts.remove(grace)
    assert accounts.count() == 1


def test_no_secret_is_in_the_database(accounts, database, tmp_path):
    ada = accounts.add("Ada", PASSWORD)
    secrets = [
        PASSWORD,
        accounts.begin_session(ada.account_id),
        accounts.add_token(ada.account_id, "notebook")[1],
    ]
    database.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ada" in files
    for secret in secrets:
        assert secret.encode() not in files


# How callers are known


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_on_this_machine_nobody_logs_in(accounts, host):
    assert access_for(host, "", accounts).is_open


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "10.0.0.1", "localhost.example", "127.1", "example.org"]
)
def test_another_address_needs_accounts_or_a_token(accounts, host):
    assert not is_loopback(host)
    with pytest.raises(BadRequestError) as refused:
        access_for(host, "", accounts)
    assert "wellread user add" in refused.value.hint
    assert not access_for(host, TOKEN, accounts).is_open
    accounts.add("Ada", PASSWORD)
    assert not access_for(host, "", accounts).is_open
    assert not access_for("127.0.0.1", "", accounts).is_open


@pytest.mark.parametrize(
    "token", ["short", "a" * 40, "abcabcabcabcabcabcabcabc", f"{TOKEN} ", "ä" * 30, "x1" * 300]
)
def test_a_token_that_can_be_guessed_is_refused_and_not_told(accounts, token):
    for host in ("0.0.0.0", "127.0.0.1"):
        with pytest.raises(BadRequestError) as refused:
            access_for(host, token, accounts)
        assert token not in refused.value.message + refused.value.hint


def test_proxies():
    assert proxies(" 10.0.0.5, 10.1.0.0/16,::1 ") == ["10.0.0.5", "10.1.0.0/16", "::1"]
    assert proxies("") == []
    for wrong in ("*", "0.0.0.0/0", "::/0", "proxy", "10.0.0.5/8", "10.0.0.5;10.0.0.6"):
        with pytest.raises(BadRequestError):
            proxies(wrong)


def test_the_owners_session_is_signed_and_ends(accounts, clock):
    clock.go(0.9)
    access = Access(accounts, TOKEN, wall_clock=clock.seconds)
    secret = access.owner_session(TOKEN)
    assert access.owner_session(TOKEN[:-1]) is None

    def caller(secret: str, at: Access = access):
        return asyncio.run(at.caller_with_session(secret))

    assert caller(secret) == OWNER
    end, rest = secret.split(".", 1)
    for forged in (
        f"{int(end) + 1}.{rest}",
        secret[:-1],
        "",
        "..",
        f"{end}.x.",
        f"²{secret}",
        f"{'9' * 5000}.x.y",
    ):
        assert caller(forged) is None
    assert caller(secret, Access(accounts, TOKEN[::-1], wall_clock=clock.seconds)) is None
    assert caller(secret, Access(accounts, wall_clock=clock.seconds)) is None
    clock.go(timedelta(days=7))
    assert caller(secret) is None


def test_the_owners_session_can_be_logged_out(accounts, clock):
    app = app_for(access := Access(accounts, TOKEN, wall_clock=clock.seconds))
    web, other = Web(app), Web(app)
    for browser in (web, other):
        assert browser("POST", "/session", {"token": TOKEN}).status_code == 200
    stolen = dict(web.cookies)
    assert web("DELETE", "/session", headers=PAGE).status_code == 204
    web.cookies.update(stolen)
    assert web("GET", "/me").status_code == 401
    assert other("GET", "/me").status_code == 200

    async def in_and_out(times: int):
        for _ in range(times):
            await access.log_out(access.owner_session(TOKEN))
        await access.log_out("1.forged.x")

    asyncio.run(in_and_out(10_100))
    assert len(access._logged_out) == 10_000
    clock.go(timedelta(days=8))
    asyncio.run(in_and_out(1))
    assert len(access._logged_out) == 1


def test_what_was_looked_up_is_remembered_a_moment_and_forgotten_when_something_is_taken_away(
    database, clock
):
    accounts, elsewhere = (AccountStore(database, clock=clock, passwords=CHEAP) for _ in range(2))
    ada = accounts.add("Ada", PASSWORD)
    access = Access(accounts, clock=clock.seconds)
    (first, one), (second, two) = (accounts.add_token(ada.account_id, name) for name in "ab")

    async def check() -> None:
        for secret in (one, two):
            assert (await access.caller_with_token(secret)).name == "Ada"
        reads = []
        sa.event.listen(database.engine, "begin", reads.append)
        for _ in range(20):
            assert await access.caller_with_token(one)
        assert not reads
        accounts.remove_token(first.token_id)
        assert await access.caller_with_token(one) is None
        assert await access.caller_with_token(two)
        elsewhere.remove_token(second.token_id)  # as another process would
        clock.go(6)
        assert await access.caller_with_token(two) is None
        assert await access.caller_with_session(two) is None

    asyncio.run(check())


# Limits


def test_a_rate_gives_a_burst_and_then_one_at_a_time(clock):
    rate = Rate(3, 10, clock=clock.seconds)
    for _ in range(3):
        rate.take("ada")
    with pytest.raises(Exception, match="Too many") as refused:
        rate.take("ada")
    assert refused.value.retry_after == 10
    assert refused.value.retryable
    rate.take("grace")
    clock.go(10)
    rate.take("ada")
    with pytest.raises(Exception, match="Too many"):
        rate.take("ada")
    clock.go(3600)
    for _ in range(3):
        rate.take("ada")


def test_a_rate_remembers_a_bounded_number_of_keys(clock):
    rate = Rate(1, 10, keys=50, clock=clock.seconds)
    for number in range(500):
        rate.take(f"{'x' * 10_000}{number}", "\ud800")
    assert len(rate) == 50


def test_addresses_are_counted_as_what_one_person_has():
    assert network("10.0.0.1") == network("::ffff:10.0.0.1") == "10.0.0.1"
    assert network("2001:db8:1:2::5") == network("2001:db8:1:2:ffff::") != network("2001:db8:1:3::5")
    assert network("unix") == "unix"


# The API


def app_for(access: Access, rates: Rates | None = None):
    app = FastAPI()
    app.state.server = Server(None, None, None, access, None, None, rates or Rates())
    app.include_router(accounts_routes.router)
    add_problems(app)
    return protected(app, access)


class Web:
    """An in-process client at an address of its own."""

    def __init__(self, app, address: str = "10.0.0.9", scheme: str = "http") -> None:
        self._app = app
        self._address = address
        self._scheme = scheme
        self.cookies = httpx2.Cookies()

    def __call__(self, method: str, path: str, json=None, headers=None, content=None):
        async def send():
            transport = httpx2.ASGITransport(app=self._app, client=(self._address, 1))
            async with httpx2.AsyncClient(
                transport=transport, base_url=f"{self._scheme}://library.test", cookies=self.cookies
            ) as client:
                sent = {"json": json} if json is not None else {"content": content}
                response = await client.request(method, f"/api/v1{path}", headers=headers, **sent)
                self.cookies = client.cookies
                return response

        return asyncio.run(send())


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def login(web: Web, name="Ada", password=PASSWORD, **headers):
    return web("POST", "/session", {"name": name, "password": password}, headers=headers)


def test_log_in_and_out(accounts):
    accounts.add("Ada", PASSWORD)
    web = Web(app_for(Access(accounts)))
    assert web("GET", "/me").status_code == 401
    response = login(web)
    assert response.status_code == 200
    assert response.json()["name"] == "Ada"
    assert response.json()["is_admin"] is True
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("wellread_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie
    assert web("GET", "/me").json()["login"] == "account"
    stolen = dict(web.cookies)
    assert web("DELETE", "/session", headers=PAGE).status_code == 204
    assert not dict(web.cookies)
    web.cookies.update(stolen)
    assert web("GET", "/me").status_code == 401


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(accounts):
    accounts.add("Ada", PASSWORD)
    app = app_for(Access(accounts))
    web = Web(app, scheme="https")
    cookie = login(web).headers["set-cookie"]
    assert cookie.startswith("__Host-wellread_session=")
    assert "; Secure" in cookie
    assert "Path=/" in cookie
    assert web("GET", "/me").status_code == 200
    [secret] = dict(web.cookies).values()
    for scheme, name in (("https", "wellread_session"), ("http", "__Host-wellread_session")):
        other = Web(app, scheme=scheme)
        other.cookies.set(name, secret)
        assert other("GET", "/me").status_code == 401


def test_a_wrong_password_and_an_unknown_name_look_alike(accounts):
    accounts.add("Ada", PASSWORD)
    web = Web(app_for(Access(accounts)))
    wrong, unknown = login(web, password="wrong password"), login(web, name="Nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["content-type"] == "application/problem+json"
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert wrong.json()["hint"]
    assert "set-cookie" not in wrong.headers


def test_tokens_over_the_api(accounts):
    accounts.add("Ada", PASSWORD)
    accounts.add("Grace", PASSWORD)
    app = app_for(Access(accounts))
    ada, grace = Web(app), Web(app)
    login(ada)
    login(grace, "Grace")
    made = ada("POST", "/tokens", {"name": "notebook"}, headers=PAGE)
    assert made.status_code == 201
    made = made.json()
    program = Web(app)
    for headers in (
        bearer(made["token"]),
        {"x-api-key": made["token"]},
        {"authorization": f"bearer  {made['token']}"},
    ):
        assert program("GET", "/me", headers=headers).json()["name"] == "Ada"
    listed = ada("GET", "/tokens").json()
    assert [token["name"] for token in listed] == ["notebook"]
    assert made["token"] not in str(listed)
    assert grace("GET", "/tokens").json() == []
    missing = grace("DELETE", f"/tokens/{made['token_id']}", headers=PAGE)
    nothing = grace("DELETE", "/tokens/00000000000000000000000000000000", headers=PAGE)
    assert missing.status_code == nothing.status_code == 404
    assert missing.json()["detail"].replace(made["token_id"], "0" * 32) == nothing.json()["detail"]
    assert ada("DELETE", f"/tokens/{made['token_id']}", headers=PAGE).status_code == 204
    assert program("GET", "/me", headers=bearer(made["token"])).status_code == 401


def test_a_wrong_token_is_not_made_good_by_a_cookie(accounts):
    accounts.add("Ada", PASSWORD)
    web = Web(app_for(Access(accounts)))
    login(web)
    assert web("GET", "/me").status_code == 200
    for headers in (bearer("wr_nothing"), {"x-api-key": "nothing"}):
        assert web("GET", "/me", headers=headers).status_code == 401
        assert web("POST", "/tokens", {"name": "x"}, headers=headers).status_code == 401


def test_accounts_over_the_api(accounts):
    ada = accounts.add("Ada", PASSWORD)
    app = app_for(Access(accounts))
    admin, grace = Web(app), Web(app)
    login(admin)
    made = admin("POST", "/accounts", {"name": "Grace", "password": PASSWORD}, headers=PAGE)
    assert made.status_code == 201
    assert made.json()["is_admin"] is False
    assert PASSWORD not in made.text
    assert (
        admin("POST", "/accounts", {"name": "grace", "password": PASSWORD}, headers=PAGE).status_code == 409
    )
    short = admin("POST", "/accounts", {"name": "Joan", "password": "short"}, headers=PAGE)
    assert short.status_code == 400
    assert "10 to 1,000" in short.json()["hint"]
    login(grace, "Grace")
    assert [row["name"] for row in admin("GET", "/accounts").json()] == ["Ada", "Grace"]
    assert grace("GET", "/accounts").status_code == 403
    assert grace("DELETE", f"/accounts/{ada.account_id}", headers=PAGE).status_code == 403
    own = admin("DELETE", f"/accounts/{ada.account_id}", headers=PAGE)
    assert own.status_code == 409
    assert "your own" in own.json()["detail"]
    assert grace("GET", "/me").status_code == 200
    assert admin("DELETE", f"/accounts/{made.json()['account_id']}", headers=PAGE).status_code == 204
    assert grace("GET", "/me").status_code == 401
    assert admin("DELETE", f"/accounts/{made.json()['account_id']}", headers=PAGE).status_code == 404


def test_with_the_servers_token_everybody_is_the_owner(accounts):
    web = Web(app_for(Access(accounts, TOKEN)))
    assert web("GET", "/me", headers=bearer(TOKEN)).json() == {
        "account_id": "",
        "name": "owner",
        "is_admin": True,
        "login": "token",
    }
    assert web("GET", "/me", headers=bearer(TOKEN[1:])).status_code == 401
    assert web("POST", "/session", {"token": TOKEN[1:]}).status_code == 401
    assert web("POST", "/session", {"token": TOKEN}).status_code == 200
    assert TOKEN not in str(dict(web.cookies))
    assert web("GET", "/me").status_code == 200
    assert web("POST", "/tokens", {"name": "x"}, headers=PAGE).status_code == 409


def test_an_open_server_needs_no_login_and_says_so(accounts):
    app = app_for(Access(accounts, is_open=True))
    web = Web(app)
    local = {"host": "127.0.0.1:8484"}
    assert web("GET", "/me", headers=local).json()["login"] == "none"
    assert web("GET", "/me", headers={**local, **bearer("anything")}).status_code == 200
    refused = web("POST", "/session", {"name": "Ada", "password": PASSWORD}, headers=local)
    assert refused.status_code == 409
    assert "No login" in refused.json()["detail"]


def test_passwords_cannot_be_tried_for_ever(accounts, clock):
    accounts.add("Ada", PASSWORD)
    rates = Rates(
        logins_from=Rate(8, 10, clock=clock.seconds),
        logins_as_from=Rate(5, 60, clock=clock.seconds),
        logins_as=Rate(12, 30, clock=clock.seconds),
    )
    app = app_for(Access(accounts), rates)
    web = Web(app)
    assert [login(web, password="wrong password").status_code for _ in range(5)] == [401] * 5
    refused = login(web)
    assert refused.status_code == 429  # not even with the right one
    assert refused.headers["retry-after"] == "60"
    assert refused.json()["retryable"] is True
    assert login(Web(app, "10.0.0.10")).status_code == 200  # from where nobody guesses
    assert [login(web, name=f"n{n}").status_code for n in range(3)] == [401, 401, 429]
    distributed = [login(Web(app, f"10.1.0.{n}"), password="wrong password").status_code for n in range(10)]
    assert 429 in distributed
    clock.go(3600)
    assert login(web).status_code == 200


def test_a_caller_who_asks_too_often_waits(accounts, clock):
    accounts.add("Ada", PASSWORD)
    rates = Rates(requests=Rate(20, 1, clock=clock.seconds), failures=Rate(4, 1, clock=clock.seconds))
    app = app_for(Access(accounts, TOKEN), rates)
    ada, owner = Web(app), Web(app)
    login(ada)
    statuses = [ada("GET", "/me").status_code for _ in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    assert owner("GET", "/me", headers=bearer(TOKEN)).status_code == 200
    guesses = [owner("GET", "/me", headers=bearer(f"wr_{n}")).status_code for n in range(6)]
    assert guesses == [401] * 4 + [429] * 2
    assert owner("GET", "/me", headers=bearer(TOKEN)).status_code == 200


def test_many_logins_at_once_do_not_pile_up(accounts):
    accounts.add("Ada", PASSWORD)
    access = Access(accounts)
    at_once = []
    verify = accounts.verify

    class Counting(AccountStore):
        def verify(self, name, password):
            at_once.append(1)
            try:
                time.sleep(0.01)
                assert len(at_once) <= 2
                return verify(name, password)
            finally:
                at_once.pop()

    access.accounts = Counting(accounts._database)

    async def storm():
        return await asyncio.gather(
            *(access.log_in("Ada", "wrong password") for _ in range(60)), return_exceptions=True
        )

    results = asyncio.run(storm())
    assert results.count(None) == 20
    assert {type(result).__name__ for result in results if result is not None} == {"TooManyError"}


def test_secrets_are_in_no_log_and_no_error(accounts, caplog):
    caplog.set_level(logging.DEBUG)
    accounts.add("Ada", PASSWORD)
    web = Web(app_for(Access(accounts)))
    hidden = "hidden and never told"
    bodies = [
        {"name": "Ada", "password": hidden},
        {"name": "Ada", "password": {"x": hidden}},
        {"name": "Ada", "password": [hidden]},
        {"name": hidden, "password": 5},
        {"token": hidden},
        {"token": [hidden]},
    ]
    texts = [web("POST", "/session", body).text for body in bodies]
    texts += [web("POST", "/session", content=f'{{"password": "{hidden}').text]
    texts += [web("GET", "/me", headers={"authorization": f"Bearer {hidden}"}).text]
    texts += [web("GET", "/me", headers={"cookie": f"wellread_session={hidden}"}).text]
    login(web)
    made = web("POST", "/accounts", {"name": "Bo", "password": {"x": hidden}}, headers=PAGE)
    assert made.status_code == 422
    made = web("POST", "/accounts", {"name": "Bo", "password": "tiny-pw"}, headers=PAGE)
    assert made.status_code == 400
    text = "".join(texts) + made.text + caplog.text
    assert hidden not in text
    assert "tiny-pw" not in text
    assert PASSWORD not in caplog.text


# The command line


def wellread(home, *arguments: str, text: str = "") -> subprocess.CompletedProcess:
    return command(*arguments, text=text, WELLREAD_HOME=str(home))


def test_accounts_and_tokens_on_the_command_line(home):
    added = wellread(home, "user", "add", "Ada", "--password-stdin", text=f"{PASSWORD}\n")
    assert added.returncode == 0, added.stderr
    assert "admin" in added.stdout
    refused = wellread(home, "user", "add", "Bo")
    assert refused.returncode == 2
    assert "--password-stdin" in refused.stderr
    made = wellread(home, "token", "add", "notebook", "--user", "ada")
    [secret] = made.stdout.splitlines()
    assert "cannot be shown again" in made.stderr
    with closing(open_database(home / "wellread.db")) as database:
        accounts = AccountStore(database)
        assert accounts.verify("Ada", PASSWORD).is_admin
        assert accounts.account_of_token(secret).name == "Ada"
        [token] = accounts.tokens()
    listed = wellread(home, "token", "ls", "--json").stdout
    assert '"user": "Ada"' in listed
    assert secret not in listed
    assert wellread(home, "token", "rm", token.token_id).returncode == 0
    assert wellread(home, "user", "rm", "nobody").returncode == 3
    assert wellread(home, "user", "rm", "ADA", "--json").stdout == '{"removed": "Ada"}\n'


def test_the_password_is_asked_for_twice_and_not_shown(home):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "wellread", "user", "add", "Ada"],
        env={**os.environ, "WELLREAD_HOME": str(home)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    killer = threading.Timer(120, process.kill)
    killer.start()
    shown = b""
    try:
        for question in (b"Password: ", b"The same again: "):
            while question not in shown:
                shown += os.read(ours, 1000)
            os.write(ours, f"{PASSWORD}\n".encode())
        while b"Added" not in shown:
            shown += os.read(ours, 1000)
        assert process.wait() == 0
    finally:
        killer.cancel()
        os.close(ours)
    assert PASSWORD.encode() not in shown
