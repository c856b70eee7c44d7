"""The page of conversations, as its caller and as others see it."""

import re
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from support.running_server import client, running

from wellread.client import Client
from wellread.events import Budget, RunCancelled, RunStarted, Usage
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database
from wellread.store.database import tables
from wellread.store.runs.conversations import ConversationStore
from wellread.store.runs.runs import RunStore
from wellread.web.pages.dates import Clock, clock_for

HOSTILE = (
    '<script>alert(1)</script>"',
    "'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} %(name)s {0}",
    "</title>&lt;",
)
PAGE = {"Accept": "text/html"}


class Asked:
    """A server with two callers' conversations; `ids` are the first one's, the newest first."""

    def __init__(self, home: Path) -> None:
        self.tokens: dict[str, str] = {}
        self.address = ""
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        with closing(open_database(home / "wellread.db")) as database:
            accounts, runs = AccountStore(database, passwords=cheap), RunStore(database)
            for name in ("reader", "other", "newcomer"):
                account = accounts.add(name, "four words in a row")
                self.tokens[name] = accounts.add_token(account.account_id, "test")[1]
                if name == "reader":
                    reader = account.account_id
                if name == "other":
                    begin(runs, "A secret of somebody else", account.account_id)
            self.ids = [begin(runs, f"Question {n} about leadership", reader) for n in range(84)]
            self.ids += [begin(runs, title, reader) for title in HOSTILE]
            self.ids.reverse()
            noon = datetime.now(UTC).replace(hour=12)
            with database.begin() as connection:  # one a day apart from the other, the newest three today
                for n, conversation_id in enumerate(self.ids):
                    at = noon - timedelta(days=max(0, n - 2), seconds=n)
                    connection.execute(
                        sa.update(tables.conversations)
                        .filter_by(conversation_id=conversation_id)
                        .values(updated_at=at.isoformat(timespec="microseconds"))
                    )
            self.share, _ = ConversationStore(database).share(self.ids[0], reader)

    def client(self, name):
        headers = {"Authorization": f"Bearer {self.tokens[name]}", **PAGE}
        return client(self.address, headers=headers, cookies={"wellread_zone": "UTC"})


def begin(runs, question, caller):
    start = RunStarted(
        run_id="",
        conversation_id="",
        question=question,
        asked=question,
        mode="quick",
        model="extractive",
        scope=(),
        budget=Budget(steps=4),
    )
    begun = runs.begin(start, caller=caller)
    runs.append(begun.run_id, [RunCancelled(usage=Usage(), seconds=1.0)], 1)
    return begun.events[0].conversation_id


@pytest.fixture(scope="module")
def asked(mentor_home, tmp_path_factory):
    home = Path(shutil.copytree(mentor_home, tmp_path_factory.mktemp("asked") / "home"))
    server = Asked(home)
    with running(Settings(home=home, embedder="none", model="extractive")) as server.address:
        yield server


@pytest.fixture
def reader(asked):
    with asked.client("reader") as http:
        yield http


def ids(text):
    return re.findall(r'data-id="(\w+)"', text)


def titles(text):
    return [unescape(title) for title in re.findall(r'class="title"[^>]*>([^<]*)<', text)]


def test_the_callers_own_are_shown_by_day_the_newest_first(asked, reader):
    page = reader.get("/conversations").text
    assert ids(page) == asked.ids[:40]
    assert "A secret" not in page
    assert re.findall(r"<h2>([^<]*)</h2>", page)[:2] == ["Today", "Yesterday"]
    assert page.count('class="day"') == 38  # three are of today
    assert f'href="/conversations/{asked.ids[0]}"' in page
    assert "1 question<" in page


def test_titles_are_told_as_they_are_and_do_nothing(reader):
    page = reader.get("/conversations").text
    assert titles(page)[:4] == list(reversed(HOSTILE))
    for acting in ("alert(1)</script>", "<img src=x", "{{ 49 }}", "49 %", "</title>&lt;"):
        assert acting not in page


def test_the_list_goes_on_from_part_to_part_and_ends(asked, reader):
    address, found, parts = "/conversations", [], 0
    while address:
        page = reader.get(address).text
        found += ids(page)
        parts += 1
        further = re.search(r'href="([^"]*)" data-further', page)
        address = unescape(further[1]) if further else ""
    assert (found, parts) == (asked.ids, 3)
    part = reader.get("/conversations?part=1").text
    assert ids(part) == asked.ids[:40]
    assert "<html" not in part


def test_a_search_works_as_a_plain_form(asked, reader):
    page = reader.get("/conversations", params={"query": " LEADERSHIP 83 "}).text
    assert titles(page) == ["Question 83 about leadership"]
    assert "1 conversation has these words." in page
    assert 'value="LEADERSHIP 83"' in page
    many = reader.get("/conversations", params={"query": "about"}).text
    further = unescape(re.search(r'href="([^"]*)" data-further', many)[1])
    assert "query=about" in further
    assert len(ids(reader.get(further).text)) == 40
    nothing = reader.get("/conversations", params={"query": '"><script>x'}).text
    assert "0 conversations have these words." in nothing
    assert "<script>x" not in nothing
    assert "Nothing has been asked yet." not in nothing


def test_what_is_shared_and_what_goes_on_is_marked(asked, reader):
    page = reader.get("/conversations").text
    badges = re.findall(r'data-shared href="/shared/([^"]*)"( hidden)?', page)
    assert badges[0] == (asked.share, "")
    assert {hidden for _, hidden in badges[1:]} == {" hidden"}
    assert "data-under-way" not in page
    assert f"/api/v1/conversations/{asked.ids[0]}/export?format=markdown" in page


def test_a_program_shares_and_takes_the_link_back(asked):
    with Client(asked.address, asked.tokens["reader"]) as wellread:
        link = wellread.share_conversation(asked.ids[1])
        assert link.startswith(f"{asked.address}/shared/")
        assert wellread.share_conversation(asked.ids[1]) == link == wellread.conversation(asked.ids[1]).link
        wellread.unshare_conversation(asked.ids[1])
        assert wellread.conversation(asked.ids[1]).link == ""


def test_a_newcomer_is_led_to_the_question(asked):
    with asked.client("newcomer") as http:
        page = http.get("/conversations").text
    assert "Nothing has been asked yet." in page
    assert '<a class="button" href="/">' in page
    assert "data-search" not in page


def test_a_cursor_that_is_none_is_told_as_a_page(reader):
    refused = reader.get("/conversations?cursor=%C3%A9")
    assert refused.status_code == 400
    assert "That is no cursor." in refused.text


def test_whoever_is_not_known_is_led_to_the_login(asked):
    with client(asked.address, headers=PAGE) as http:
        led = http.get("/conversations?query=x")
    assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2Fconversations%3Fquery%3Dx")


# Days


class Browser:
    def __init__(self, zone):
        self.cookies = {"wellread_zone": zone}


def test_a_moment_is_told_by_the_readers_clock():
    tokyo = clock_for(Browser("Asia/Tokyo"), "de")
    new_york = clock_for(Browser("America/New_York"), "en")
    moment = "2020-11-02T23:30:00.000000+00:00"
    assert tokyo.day(moment).date.isoformat() == "2020-11-03"
    assert tokyo.day(moment).name == "Di., 3. Nov. 2020"
    assert tokyo.time(moment) == "08:30"
    assert new_york.day(moment).name == "Mon, Nov 2, 2020"
    assert new_york.time(moment).replace("\u202f", " ") == "6:30 PM"
    now = datetime.now(UTC)
    assert Clock("en", UTC).day(now.isoformat()).near == "today"
    assert Clock("en", UTC).day((now - timedelta(days=1)).isoformat()).near == "yesterday"
    assert Clock("en", UTC).day((now - timedelta(days=2)).isoformat()).near == ""


@pytest.mark.parametrize(
    "zone", ["", "../../etc/passwd", "/etc/passwd", "Nowhere/At_All", "America", "x" * 500, "\0"]
)
def test_a_zone_that_is_none_leaves_the_servers_own(zone):
    assert clock_for(Browser(zone), "en").zone is None
