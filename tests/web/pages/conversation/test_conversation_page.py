"""The page of a conversation, and the same for whoever has its link or its file."""

import re

import lxml.html
import pytest
from support import mentor as t
from support.running_server import client, running

from wellread.settings import Settings

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def address(mentor_home):
    with running(Settings(home=mentor_home, embedder="none", model="extractive")) as address:
        yield address


@pytest.fixture
def http(address):
    with client(address, headers=HTML) as http:
        yield http


@pytest.fixture
def run(http):
    run = http.post("/api/v1/runs", json={"question": t.BALANCE}).json()
    http.get(f"/api/v1/runs/{run['run_id']}/events")  # to its end
    return run


def test_a_conversation_shows_its_questions_with_answers_and_sources(http, run):
    page = http.get(f"/conversations/{run['conversation_id']}")
    root = lxml.html.document_fromstring(page.text)
    [article] = root.find_class("run")
    assert article.get("data-live") is None
    assert t.BALANCE in article.text_content()
    assert article.find_class("cite")
    assert article.find_class("source")
    assert not article.find_class("work")[0].get("open")
    assert page.headers["cache-control"] == "private, no-cache"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*(src=|json))", page.text)


def test_a_question_alone_can_be_fetched(http, run):
    path = f"/conversations/{run['conversation_id']}"
    part = http.get(path, params={"part": "run", "run": run["run_id"]}).text
    assert part.lstrip().startswith("<article")
    assert http.get(path, params={"part": "run", "run": "0000"}).status_code == 404


def test_what_is_not_there_is_a_page_that_says_so(http):
    page = http.get("/conversations/0000")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>" in page.text
    assert http.get("/conversations/0000", headers={"Accept": "application/json"}).json()["status"] == 404


def test_a_shared_conversation_shows_answers_and_no_way_into_the_library(http, run):
    path = f"/conversations/{run['conversation_id']}"
    link = http.post(f"/api/v1{path}/share", headers={"Accept": "application/json"}).json()["link"]
    token = link.rpartition("/")[2]
    shared = http.get(f"/shared/{token}")
    root = lxml.html.document_fromstring(shared.text)
    marks = [mark.get("href") for mark in root.find_class("cite") if mark.tag == "a"]
    assert marks
    for mark in marks:
        assert root.get_element_by_id(mark.removeprefix("#")) is not None
    main = root.get_element_by_id("main")
    assert not [link for _, _, link, _ in main.iterlinks() if not link.startswith("#")]
    assert not main.find_class("work")
    http.delete(f"/api/v1{path}/share")
    assert http.get(f"/shared/{token}").status_code == 404


def test_a_conversation_is_saved_as_a_file_that_needs_nothing(http, run):
    saved = http.get(f"/conversations/{run['conversation_id']}/page.html")
    assert "attachment" in saved.headers["content-disposition"]
    root = lxml.html.document_fromstring(saved.text)
    assert t.BALANCE in root.text_content()
    assert not [link for _, _, link, _ in root.iterlinks() if not link.startswith("#")]


def test_a_long_conversation_shows_its_last_questions_first(http, run):
    path, last = f"/conversations/{run['conversation_id']}", run["run_id"]
    for number in range(21):
        body = {"question": f"2 + {number}", "conversation_id": run["conversation_id"]}
        last = http.post("/api/v1/runs", json=body).json()["run_id"]
        http.get(f"/api/v1/runs/{last}/events")
    page = http.get(path).text
    assert page.count('class="run"') == 20
    assert f"run-{last}" in page
    assert f"run-{run['run_id']}" not in page
    assert f"run-{run['run_id']}" in http.get(path, params={"before": "20"}).text


def test_the_page_speaks_the_readers_language_and_knows_its_colours(http, run):
    german = http.get("/", headers={"Accept-Language": "fr;q=0.4, de-AT, en;q=0.5"}).text
    assert '<html lang="de" dir="ltr">' in german
    assert "Bibliothek" in german
    chosen = http.get(
        "/", headers={"Accept-Language": "de", "Cookie": "wellread_language=en; wellread_theme=dark"}
    ).text
    assert '<html lang="en" dir="ltr" data-theme="dark">' in chosen
    odd = http.get("/", headers={"Accept-Language": "x;q=y,*,;;", "Cookie": 'wellread_theme="><script>'}).text
    assert '<html lang="en" dir="ltr">' in odd
