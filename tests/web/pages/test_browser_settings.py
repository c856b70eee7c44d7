"""Conversations, settings and login in a browser: what a reader does there, seen in the page and kept by the server."""

import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from support.browser import assert_accessible, assert_fits, expect
from support.running_server import client, running

from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database

PASSWORD = "four words in a row"
QUESTIONS = ("What is leadership?", "What is management?", "What is <b>delegation</b>?")


@pytest.fixture(scope="module")
def served(mentor_home, tmp_path_factory):
    home = Path(shutil.copytree(mentor_home, tmp_path_factory.mktemp("settings") / "home"))
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with closing(open_database(home / "wellread.db")) as database:
        accounts = AccountStore(database, passwords=cheap)
        token = accounts.add_token(accounts.add("Reader", PASSWORD).account_id, "test")[1]
        accounts.add("Other", PASSWORD)
    with running(Settings(home=home, embedder="none", model="extractive")) as address:
        with client(address, headers={"Authorization": f"Bearer {token}"}) as http:
            for question in QUESTIONS:
                begun = http.post("/api/v1/runs", json={"question": question})
                http.get(f"{begun.headers['location']}/events")
        yield address


def log_in(page, name="reader"):
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_a_login_that_fails_says_so_and_one_that_works_goes_on(served, visit):
    page = visit(f"{served}/settings/budgets", allowed=["401"])
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Name").fill("reader")
    page.get_by_label("Password").fill("wrong words in a row")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("The name or the password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(f"{served}/settings/budgets")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{served}/login")


def test_a_browser_that_others_use_keeps_nothing_of_theirs(served, visit):
    page = visit(f"{served}/login", allowed=["401", "404"])
    page.evaluate("localStorage.setItem('wellread-adding', '[\"left\"]')")
    page.reload()  # files that wait to be sent are no business of the login's
    page.wait_for_timeout(400)
    expect(page).to_have_url(f"{served}/login")
    log_in(page)
    expect(page).to_have_url(f"{served}/")
    page.get_by_label("Your question").fill("What do I earn?")
    page.wait_for_timeout(600)  # until it was looked for titles in that
    page.context.clear_cookies()  # the session has ended
    page.goto(f"{served}/")
    log_in(page, "other")
    expect(page.get_by_label("Your question")).to_have_value("")
    assert page.evaluate("localStorage.getItem('wellread-adding')") is None


def test_conversations_are_found_renamed_shared_and_deleted(served, visit):
    page = visit(f"{served}/conversations", width=390)
    log_in(page)
    rows = page.locator("wr-conversation:visible")
    expect(rows).to_have_count(3)
    assert_accessible(page)
    assert_fits(page)
    expect(page.get_by_role("link", name=QUESTIONS[2])).to_be_visible()
    page.get_by_role("searchbox").fill("management")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status").first).to_contain_text("1 conversation has these words.")

    def choose(name):
        rows.first.locator("summary").press("Enter")
        rows.first.get_by_role("button", name=name).press("Enter")

    choose("Rename")
    page.keyboard.type("Leading and <i>managing</i>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Leading and <i>managing</i>")).to_be_focused()
    choose("Rename")
    page.keyboard.type("Something else")
    page.keyboard.press("Escape")
    expect(rows.first.locator(".title")).to_have_text("Leading and <i>managing</i>")
    choose("Share by link")
    link = page.get_by_label("The link")
    expect(link).to_have_value(re.compile(rf"{served}/shared/[\w-]{{40,}}"))
    assert_accessible(page)
    page.get_by_role("button", name="Take the link back").click()
    expect(page.get_by_text("The link leads nowhere any more.")).to_be_visible()
    choose("Delete")
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(1)
    choose("Delete")
    page.goto(f"{served}/settings/appearance")  # who leaves has not undone it
    for _ in range(50):
        page.goto(f"{served}/conversations")
        if rows.count() == 2:
            break
    expect(rows).to_have_count(2)


def test_settings_are_changed_and_what_is_wrong_is_told_beside_them(served, visit):
    page = visit(f"{served}/settings/budgets", allowed=["400"])
    log_in(page)
    steps = page.get_by_label("Steps a run has at most when DeepSearch is OFF.")
    steps.fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#wrong-quick_steps")).to_have_text("It must be more than 0.")
    steps.fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(steps).to_have_value("3")
    page.get_by_role("link", name="Models").click()
    page.locator("#setting-writer_model").fill("nobody/x")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#wrong-writer_model")).to_contain_text("there is no provider 'nobody'")
    page.get_by_role("link", name="Appearance").click()
    page.get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("link", name="Tokens").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("What the token is for").fill("<b>notebook")
    page.get_by_role("button", name="Make a token").click()
    secret = page.get_by_label("The token", exact=True)
    expect(secret).to_be_visible()
    assert secret.input_value().startswith("wr_")
    expect(page.locator("pre").first).to_contain_text(secret.input_value())
    row = page.get_by_role("listitem").filter(has_text="<b>notebook")
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(row).to_have_count(0)


def test_every_section_is_accessible_and_fits(served, visit):
    page = visit(f"{served}/settings", width=320, scheme="dark")
    log_in(page)
    for section in ("models", "budgets", "appearance", "tokens", "accounts", "storage", "usage", "advanced"):
        page.goto(f"{served}/settings/{section}")
        for summary in page.locator("details > summary").all():
            summary.click()
        assert_accessible(page)
        assert_fits(page)
