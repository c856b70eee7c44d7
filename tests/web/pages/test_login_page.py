"""The login: where it leads, whom it lets in, and what it does not tell."""

import re
import shutil
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from argon2 import PasswordHasher
from support import mentor as t
from support.running_server import client, running

from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database
from wellread.web.pages.login_page import place_on_this_server

TOKEN = "correct-horse-battery-staple"
PAGE = {"Accept": "text/html"}
ASKED = {"X-Requested-With": "wellread"}


@pytest.fixture(scope="module")
def address(mentor_home, tmp_path_factory):
    home = Path(shutil.copytree(mentor_home, tmp_path_factory.mktemp("login") / "home"))
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with closing(open_database(home / "wellread.db")) as database:
        AccountStore(database, passwords=cheap).add("Reader", "four words in a row")
    with running(Settings(home=home, embedder="none"), token=TOKEN) as served:
        yield served


@pytest.fixture
def browser(address):
    with client(address, headers={**PAGE, **ASKED, "Origin": address}) as http:
        yield http


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.test/",
        "//evil.test/",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "\t//evil.test",
        "/\n/evil.test",
        " //evil.test",
        "/ /evil.test",
        "http:evil.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.test",
        "@evil.test",
        "/\u202e/x",
        "/a/../login",
        "/%2e%2e//evil.test",
        "/login",
        "/login/",
        "/login?next=/login",
        "/login#x",
        "/./login",
        "/%6Cogin",
        "//[",
        "/" + "x" * 3000,
        "",
    ],
)
def test_no_address_leads_elsewhere_or_back(next):
    assert place_on_this_server(next) == "/"


@pytest.mark.parametrize(
    "next",
    [
        "/",
        "/conversations?query=a%20b&cursor=x",
        "/read/9781098148232/x/1-2#here",
        "/library/книга",
        "/loginless",
        "/a//b",
    ],
)
def test_a_place_of_this_server_is_gone_on_to(next):
    assert place_on_this_server(next) == next
    assert urlsplit(urljoin("http://own.test/login", next)).netloc == "own.test"


def test_the_page_says_what_kind_of_server_this_is_and_nothing_of_its_library(browser):
    page = browser.get("/login", params={"next": '/conversations?query="><script>x'})
    assert page.status_code == 200
    assert "This is a Wellread server." in page.text
    for told in (t.BOOK_TITLE, t.TALK_TITLE, "Reader", "<nav", "<script>x"):
        assert told not in page.text
    assert 'data-next="/conversations?query=&#34;&gt;&lt;script&gt;x"' in page.text


@pytest.mark.parametrize("login", [{"name": "reader", "password": "four words in a row"}, {"token": TOKEN}])
def test_who_is_logged_in_goes_on_and_after_logging_out_comes_back(browser, login):
    assert browser.get("/settings/appearance").headers["location"] == "/login?next=%2Fsettings%2Fappearance"
    assert browser.post("/api/v1/session", json=login).status_code == 200
    for next, place in (("/library", "/library"), ("//evil.test", "/"), ("/login", "/")):
        led = browser.get("/login", params={"next": next})
        assert (led.status_code, led.headers["location"]) == (303, place)
    settings = browser.get("/settings/appearance")
    assert settings.status_code == 200
    assert "data-log-out" in settings.text
    assert browser.delete("/api/v1/session").status_code == 204
    assert browser.get("/login").status_code == 200
    assert browser.get("/settings/appearance").status_code == 303


def test_no_form_sends_a_password_in_an_address(browser):
    page = browser.get("/login").text
    assert page.count("<form") == page.count('method="post"') == 2
    assert len(re.findall(r"<button[^>]* disabled>", page)) == 2  # until the script sends it


def test_a_session_that_is_none_gets_the_forms(address):
    with client(address, headers=PAGE, cookies={"wellread_session": "made-up"}) as http:
        assert http.get("/login").status_code == 200


def test_where_nobody_need_log_in_the_login_leads_on(mentor_home):
    with (
        running(Settings(home=mentor_home, embedder="none")) as address,
        client(address, headers=PAGE) as http,
    ):
        led = http.get("/login", params={"next": "/library"})
        assert (led.status_code, led.headers["location"]) == (303, "/library")
        assert "data-log-out" not in http.get("/settings/appearance").text
