"""Conversations, answers, models, settings and usage over HTTP, as their callers and as others see them."""

import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from support import mentor as t
from support.interleaving import amid
from support.running_server import client, running
from support.served_script import serving
from support.work import lines_run

from wellread.engine import Wellread
from wellread.errors import BadRequestError, ConflictError, NotFoundError
from wellread.events import Budget, RunCompleted, RunStarted, StepThinking, Usage
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database
from wellread.store.database import tables
from wellread.store.runs.conversations import ConversationCursor, ConversationStore
from wellread.store.runs.feedback import FeedbackStore
from wellread.store.runs.queue import RunQueue
from wellread.store.runs.runs import RunStore
from wellread.store.runs.usage import UsageStore

API = "/api/v1"
SETTINGS = "# Mine.\nquick_steps = 3  # enough\n\n# Below stays.\nread_seconds = 100.0\n"


class Served:
    """A server with an admin and two readers, each with a token."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.address = ""
        self.tokens: dict[str, str] = {}
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        with closing(open_database(home / "wellread.db")) as database:
            accounts = AccountStore(database, passwords=cheap)
            for name in ("admin", "reader", "other"):
                account = accounts.add(name, "four words in a row")
                self.tokens[name] = accounts.add_token(account.account_id, "test")[1]

    def client(self, name):
        return client(self.address, headers={"Authorization": f"Bearer {self.tokens[name]}"})


@pytest.fixture(scope="module")
def slow():
    """A model that takes half a minute to choose a step."""
    with serving(f"tokens_per_second = 2\n{t.SCRIPT}") as model:
        yield model


@pytest.fixture(scope="module")
def served(mentor_home, slow, tmp_path_factory):
    home = Path(shutil.copytree(mentor_home, tmp_path_factory.mktemp("served") / "home"))
    (home / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    server = Served(home)
    settings = Settings(
        home=home,
        embedder="none",
        model="extractive",
        openai_base_url=f"{slow.address}/v1",
        judge="words",
        google_base_url="https://name:secret-word@proxy.test/v1?key=secret-word#secret-word",
        ollama_base_url="http://127.0.0.1:9",
    )
    with running(settings) as server.address:
        yield server


@pytest.fixture
def reader(served):
    with served.client("reader") as http:
        yield http


@pytest.fixture
def other(served):
    with served.client("other") as http:
        yield http


@pytest.fixture
def admin(served):
    with served.client("admin") as http:
        yield http


def ask(http, question=t.BALANCE, **more):
    """A run that has ended."""
    begun = http.post(f"{API}/runs", json={"question": question, **more})
    assert begun.status_code == 201, begun.text
    http.get(f"{begun.headers['location']}/events")
    return http.get(begun.headers["location"]).json()


def conversation(http, question=t.BALANCE):
    return ask(http, question)["conversation_id"]


def begin_slow(http, **more):
    run = http.post(f"{API}/runs", json={"question": t.QUESTION, "model": "openai/gpt-4.1", **more}).json()
    until(lambda: http.get(f"{API}/runs/{run['run_id']}").json()["state"] == "working")
    return run


def until(true):
    for _ in range(2400):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


# Conversations


def test_conversations_are_listed_newest_first_in_parts_and_counted(reader, other):
    first = conversation(reader, "What is delegation, first of all?")
    second = conversation(reader, "What is a week?")
    conversation(other)
    assert [c["conversation_id"] for c in reader.get(f"{API}/conversations").json()["conversations"]][:2] == [
        second,
        first,
    ]
    ask(reader, "And in a team?", conversation_id=first)
    whole = reader.get(f"{API}/conversations").json()
    assert [(c["conversation_id"], c["runs"]) for c in whole["conversations"]][:2] == [
        (first, 2),
        (second, 1),
    ]
    assert whole["total"] == len(whole["conversations"])
    assert whole["next"] == ""
    parts, cursor = [], ""
    while True:
        part = reader.get(f"{API}/conversations", params={"limit": 1, "cursor": cursor}).json()
        parts += part["conversations"]
        assert part["total"] == whole["total"]
        cursor = part["next"]
        if not cursor:
            break
    assert parts == whole["conversations"]


def test_a_conversation_says_how_many_questions_servers_have_yet_to_answer(reader):
    run = begin_slow(reader)
    place = f"{API}/conversations/{run['conversation_id']}"
    assert reader.get(place).json()["conversation"]["under_way"] == 1
    reader.post(f"{API}/runs/{run['run_id']}/cancel")
    until(lambda: reader.get(place).json()["conversation"]["under_way"] == 0)


def test_titles_and_questions_are_searched(reader):
    found = conversation(reader, "Wie führt ÉLODIE ein Team mit 100% Ruhe?")
    ask(reader, "Und was sagt sie über Kalender_Blöcke?", conversation_id=found)
    conversation(reader, "Something else about calendars")

    def search(query):
        answer = reader.get(f"{API}/conversations", params={"query": query}).json()
        assert answer["total"] == len(answer["conversations"])
        return [c["conversation_id"] for c in answer["conversations"]]

    for query in ("élodie", "FÜHRT team", "100%", "kalender_blöcke élodie"):
        assert search(query) == [found], query
    for query in ("éloise", "100_", "kalenderxblöcke", "'; drop table runs"):
        assert search(query) == [], query


def test_a_conversation_has_its_runs_and_a_title_that_can_change(reader):
    run = ask(reader)
    place = f"{API}/conversations/{run['conversation_id']}"
    whole = reader.get(place).json()
    assert whole["conversation"]["title"] == t.BALANCE
    [summary] = whole["runs"]
    assert (
        summary.items()
        >= {
            "run_id": run["run_id"],
            "state": "completed",
            "question": t.BALANCE,
            "mode": "quick",
            "model": "extractive",
            "rating": None,
        }.items()
    )
    renamed = reader.patch(place, json={"title": " The\nweek\u202e"})
    assert renamed.json()["title"] == "The week\ufffd"
    assert reader.get(place).json()["conversation"]["title"] == "The week\ufffd"
    for wrong in ({"title": " \n"}, {"title": "x" * 201}, {}, {"title": "x", "caller": "y"}):
        assert reader.patch(place, json=wrong).status_code in (400, 422)


@pytest.mark.parametrize("cursor", ["x", "é", "AAAA", "%00"])
def test_a_cursor_that_is_none_is_refused_or_leads_nowhere(reader, cursor):
    assert reader.get(f"{API}/conversations", params={"cursor": cursor}).status_code in (200, 400)


def test_what_is_anothers_looks_like_what_is_not_there(reader, other):
    run = ask(other)
    other.post(f"{API}/conversations/{run['conversation_id']}/share")
    for method, path, body in [
        ("GET", "conversations/{c}", None),
        ("PATCH", "conversations/{c}", {"title": "Mine"}),
        ("DELETE", "conversations/{c}", None),
        ("POST", "conversations/{c}/share", None),
        ("DELETE", "conversations/{c}/share", None),
        ("GET", "conversations/{c}/export", None),
        ("PUT", "runs/{r}/feedback", {"rating": "up"}),
        ("GET", "runs/{r}/feedback", None),
        ("DELETE", "runs/{r}/feedback", None),
        ("GET", "runs/{r}/citations", None),
    ]:
        answers = [
            reader.request(method, f"{API}/{path}".format(c=c, r=r), json=body)
            for c, r in ((run["conversation_id"], run["run_id"]), ("f" * 32, "f" * 32))
        ]
        assert [answer.status_code for answer in answers] == [404, 404], path
        mine, nobodys = (answer.json()["detail"] for answer in answers)
        assert mine.replace(run["conversation_id"], "").replace(run["run_id"], "") == nobodys.replace(
            "f" * 32, ""
        )
    whole = other.get(f"{API}/conversations/{run['conversation_id']}").json()
    assert whole["conversation"]["title"] == t.BALANCE
    assert whole["conversation"]["shared"]


def test_nothing_is_told_without_a_login(served):
    with client(served.address) as http:
        for path in ("conversations", "models", "settings", "usage", "runs/x/citations"):
            assert http.get(f"{API}/{path}").status_code == 401


# Sharing


def test_a_link_shows_questions_answers_and_citations_to_anybody_until_it_is_taken_back(served, reader):
    run = ask(reader)
    place = f"{API}/conversations/{run['conversation_id']}"
    made = reader.post(f"{place}/share")
    assert made.status_code == 201
    again = reader.post(f"{place}/share")
    assert (again.status_code, again.json()) == (200, made.json())
    assert made.json()["link"] == f"{served.address}/shared/{made.json()['token']}"
    assert reader.get(place).json()["link"] == made.json()["link"]
    shared = f"{API}/shared/{made.json()['token']}"
    with client(served.address) as anybody:
        told = anybody.get(shared)
        assert told.json() == {
            "title": t.BALANCE,
            "runs": [
                {
                    "question": t.BALANCE,
                    "asked_at": told.json()["runs"][0]["asked_at"],
                    "state": "completed",
                    "answer": {
                        "markdown": run["answer"]["markdown"],
                        "citations": run["answer"]["citations"],
                        "statements": run["answer"]["statements"],
                    },
                }
            ],
        }
        assert run["answer"]["citations"]
        for secret in ("usage", "cost", "caller", "extractive", run["run_id"], run["conversation_id"]):
            assert secret not in told.text
        assert told.headers["x-robots-tag"] == "noindex"
        assert anybody.patch(shared, json={"title": "x"}).status_code == 405
        assert reader.delete(f"{place}/share").status_code == 204
        assert anybody.get(shared).status_code == 404
        assert anybody.get(f"{API}/shared/").status_code == 404
    assert reader.post(f"{place}/share").json()["token"] != made.json()["token"]


def test_sharing_at_once_makes_one_link(reader):
    place = f"{API}/conversations/{conversation(reader)}/share"
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: reader.post(place), range(20)))
    assert len({answer.json()["token"] for answer in answers}) == 1
    assert [answer.status_code for answer in answers].count(201) == 1


# Deleting


def rows_of(home, conversation_id, run_ids):
    """How many rows of any table belong to them."""
    with closing(open_database(home / "wellread.db")) as database, database.read() as connection:
        return {
            table.name: connection.scalar(
                sa.select(sa.func.count())
                .select_from(table)
                .where(
                    table.c.run_id.in_(run_ids)
                    if "run_id" in table.c
                    else table.c.conversation_id == conversation_id
                )
            )
            for table in tables.METADATA.tables.values()
            if "run_id" in table.c or "conversation_id" in table.c
        }


def test_deleting_leaves_nothing(served, reader):
    run = reader.post(
        f"{API}/runs", json={"question": t.BALANCE}, headers={"Idempotency-Key": "deleted"}
    ).json()
    reader.get(f"{API}/runs/{run['run_id']}/events")
    place = f"{API}/conversations/{run['conversation_id']}"
    reader.put(f"{API}/runs/{run['run_id']}/feedback", json={"rating": "up"})
    token = reader.post(f"{place}/share").json()["token"]
    before = rows_of(served.home, run["conversation_id"], [run["run_id"]])
    assert all(before.values()), before
    assert set(before) == {"conversations", "runs", "events", "feedback", "shares", "idempotency_keys"}
    assert reader.delete(place).status_code == 204
    assert not any(rows_of(served.home, run["conversation_id"], [run["run_id"]]).values())
    for path in (place, f"{API}/runs/{run['run_id']}", f"{API}/shared/{token}"):
        assert reader.get(path).status_code == 404
    assert reader.delete(place).status_code == 404
    gone = {"question": "And then?", "conversation_id": run["conversation_id"]}
    assert reader.post(f"{API}/runs", json=gone).status_code == 404


def test_deleting_cancels_what_is_under_way_and_its_listeners_are_let_go(served, reader):
    run = begin_slow(reader)
    ended = threading.Event()

    def listen():
        with served.client("reader") as http:
            http.get(f"{API}/runs/{run['run_id']}/events")
        ended.set()

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(0.3)
    assert reader.delete(f"{API}/conversations/{run['conversation_id']}").status_code == 204
    assert ended.wait(60)
    listener.join()
    assert not any(rows_of(served.home, run["conversation_id"], [run["run_id"]]).values())
    time.sleep(0.5)  # whatever was still on its way to the store has come
    assert not any(rows_of(served.home, run["conversation_id"], [run["run_id"]]).values())


def test_a_run_that_waits_is_deleted_at_once(mentor_home, slow, tmp_path):
    home = Path(shutil.copytree(mentor_home, tmp_path / "home"))
    settings = Settings(
        home=home, embedder="none", openai_base_url=f"{slow.address}/v1", judge="words", server_runs=1
    )
    with running(settings) as address, client(address) as http:
        working = begin_slow(http)
        waiting = http.post(f"{API}/runs", json={"question": t.BALANCE, "model": "extractive"}).json()
        with ThreadPoolExecutor(1) as pool:
            listening = pool.submit(http.get, f"{API}/runs/{waiting['run_id']}/events")
            time.sleep(0.3)
            assert http.delete(f"{API}/conversations/{waiting['conversation_id']}").status_code == 204
            assert listening.result(60).text.count("data: ") == 1
        assert http.get(f"{API}/runs/{working['run_id']}").json()["state"] == "working"
        assert http.get(f"{API}/runs/{waiting['run_id']}").status_code == 404


# Taking away


def test_a_conversation_is_exported(reader):
    run = ask(reader, 'Balance: "roles" / in\nÜbung?')
    ask(reader, t.DIFFERENCE, conversation_id=run["conversation_id"])
    place = f"{API}/conversations/{run['conversation_id']}/export"
    markdown = reader.get(place)
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    disposition = markdown.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="Balance roles in Ubung.md"; filename*=UTF-8')
    assert "%C3%9Cbung.md" in disposition
    assert markdown.text.count("## Sources") == 2
    assert t.DIFFERENCE.rstrip("?") in markdown.text
    assert "## Steps" not in markdown.text
    assert "## Steps" in reader.get(place, params={"steps": True}).text
    exported = reader.get(place, params={"format": "json"})
    assert exported.headers["content-type"] == "application/json"
    assert [own["question"] for own in exported.json()["runs"]][1] == t.DIFFERENCE
    assert reader.get(place, params={"format": "pdf"}).status_code == 422


def test_citations_come_in_three_formats(reader):
    run = ask(reader)
    place = f"{API}/runs/{run['run_id']}/citations"
    csl = reader.get(place)
    assert csl.headers["content-type"] == "application/vnd.citationstyles.csl+json"
    cited = {citation["product_id"] for citation in run["answer"]["citations"]}
    assert {item["type"] for item in csl.json()} <= {"book", "motion_picture"}
    assert len(csl.json()) == len(cited) > 0
    bibtex = reader.get(place, params={"format": "bibtex"})
    assert bibtex.headers["content-type"] == "application/x-bibtex; charset=utf-8"
    assert bibtex.headers["content-disposition"].endswith(".bib")
    assert f"isbn = {{{t.BOOK}}}" in bibtex.text
    markdown = reader.get(place, params={"format": "markdown"})
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert f"*{t.BOOK_TITLE}*" in markdown.text


def test_a_run_without_an_answer_has_no_citations(reader):
    run = begin_slow(reader)
    assert reader.get(f"{API}/runs/{run['run_id']}/citations").status_code == 404
    reader.delete(f"{API}/conversations/{run['conversation_id']}")


def test_feedback_is_given_replaced_and_taken_back(reader):
    run = ask(reader)
    place = f"{API}/runs/{run['run_id']}/feedback"
    assert reader.get(place).status_code == 404
    assert reader.put(place, json={"rating": "up"}).json()["comment"] == ""
    with ThreadPoolExecutor(8) as pool:
        given = pool.map(lambda n: reader.put(place, json={"rating": "down", "comment": f"{n}"}), range(8))
        assert {answer.status_code for answer in given} == {200}
    assert reader.get(place).json()["rating"] == "down"
    summary = reader.get(f"{API}/conversations/{run['conversation_id']}").json()["runs"][0]
    assert summary["rating"] == "down"
    for wrong in ({"rating": "sideways"}, {}, {"rating": "up", "comment": "x" * 2001}):
        assert reader.put(place, json=wrong).status_code == 422
    assert reader.delete(place).status_code == 204
    assert reader.delete(place).status_code == 204
    assert reader.get(place).status_code == 404


# Models and settings


def test_models_are_listed_without_their_keys(reader, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-word")
    listed = reader.get(f"{API}/models")
    names = {model["name"]: model for model in listed.json()["models"]}
    assert names["extractive"]["usable"]
    assert listed.json()["default"] == "extractive"
    assert any(not model["usable"] and model["hint"] for model in names.values())
    assert "secret-word" not in listed.text


def test_a_reader_cannot_have_the_server_open_files(served, reader, admin, tmp_path):
    script = tmp_path / "script.toml"
    script.write_text('[[reply]]\ntext = "x"\n', encoding="utf-8")
    for field in ("model", "planner_model", "writer_model", "judge", "fallback_model"):
        refusals = [
            reader.post(f"{API}/runs", json={"question": "x", field: name})
            for name in (
                f"scripted/{script}",
                f"scripted/{script}x",
                "local//etc/passwd",
                "/etc/passwd.gguf",
                "local/../x.gguf",
            )
        ]
        assert {refused.status_code for refused in refusals} == {403}, field
    assert "file" not in refusals[0].json()["detail"]
    allowed = admin.post(f"{API}/runs", json={"question": "x", "model": f"scripted/{script}"})
    assert allowed.status_code == 201
    assert ask(reader, model="extractive")["state"] == "completed"


def test_settings_tell_no_secret_and_a_reader_only_what_shapes_answers(reader, admin):
    everything = admin.get(f"{API}/settings")
    settings = {setting["name"]: setting for setting in everything.json()}
    assert settings["google_base_url"]["value"] == "https://***@proxy.test/v1?***"
    assert "secret-word" not in everything.text
    assert settings["quick_steps"]["changeable"]
    assert not settings["embedder"]["changeable"]
    assert "steps" in settings["quick_steps"]["sentence"].lower()
    seen = {setting["name"] for setting in reader.get(f"{API}/settings").json()}
    assert "quick_cost" in seen
    assert not seen & {"database", "google_base_url", "embedder"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://me:pass%40word@db/wellread?password=pass", "postgresql://***@db/wellread?***"),
        ("postgresql://key@db", "postgresql://***@db"),
        ("http://a:b@c@host/x#pass", "http://***@host/x#***"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(mentor_home, value, shown, tmp_path):
    settings = Settings(home=tmp_path / "home", embedder="none", mistral_base_url=value)
    with running(settings) as address, client(address) as http:
        [row] = [s for s in http.get(f"{API}/settings").json() if s["name"] == "mistral_base_url"]
        assert row["value"] == shown


def test_a_change_is_kept_beside_the_comments_and_holds_for_the_next_run(served, reader, admin):
    assert ask(reader)["state"] == "completed"
    changed = admin.patch(
        f"{API}/settings", json={"quick_steps": 2, "quick_cost": 0.25, "writer_model": "extractive"}
    )
    assert changed.status_code == 200, changed.text
    settings = {setting["name"]: setting["value"] for setting in changed.json()}
    assert (settings["quick_steps"], settings["quick_cost"]) == (2, 0.25)
    text = (served.home / "settings.toml").read_text(encoding="utf-8")
    assert text == (
        SETTINGS.replace("quick_steps = 3", "quick_steps = 2")
        + 'quick_cost = 0.25\nwriter_model = "extractive"\n'
    )
    assert [path.name for path in served.home.glob(".settings*")] == []
    run = ask(reader)
    listed = reader.get(f"{API}/runs/{run['run_id']}/events", headers={"Accept": "application/json"}).json()
    assert listed[0]["budget"]["steps"] == 2
    reset = admin.patch(
        f"{API}/settings", json={"quick_steps": None, "quick_cost": None, "writer_model": None}
    )
    assert {s["name"]: s["value"] for s in reset.json()}["quick_steps"] == 4
    assert "quick_cost" not in (served.home / "settings.toml").read_text(encoding="utf-8")
    assert "# Mine." in (served.home / "settings.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"quick_steps": 2, "quick_cost": 0}, 400, "is 0.0"),
        ({"quick_steps": 1.5}, 400, "int"),
        ({"quick_steps": True}, 422, ""),
        ({"quick_seconds": "nan"}, 400, "is nan"),
        ({"quick_seconds": "inf"}, 400, "is inf"),
        ({"quick_steps": [1]}, 422, ""),
        ({"nothing": 1}, 400, "nothing"),
        ({"embedder": "none"}, 409, "while the server runs"),
        ({"database": "postgresql://x"}, 409, "while the server runs"),
        ({"home": "/tmp"}, 400, "home"),
        ({"model": "nobody/x"}, 400, "nobody"),
        ({"model": ""}, 400, "name"),
        ({"writer_model": "local//nowhere.gguf"}, 404, "nowhere"),
        ({"model": "x" * 301}, 422, ""),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(served, admin, changes, status, said):
    before = (served.home / "settings.toml").read_text(encoding="utf-8")
    settings = admin.get(f"{API}/settings").json()
    refused = admin.patch(f"{API}/settings", json=changes)
    assert refused.status_code == status, refused.text
    assert said in refused.json()["detail"]
    assert admin.get(f"{API}/settings").json() == settings
    assert (served.home / "settings.toml").read_text(encoding="utf-8") == before


def test_only_an_admin_changes_settings_and_not_what_the_environment_sets(served, reader, admin, monkeypatch):
    assert reader.patch(f"{API}/settings", json={"quick_steps": 2}).status_code == 403
    monkeypatch.setenv("WELLREAD_DEEP_STEPS", "9")
    refused = admin.patch(f"{API}/settings", json={"deep_steps": 2})
    assert refused.status_code == 409
    assert "WELLREAD_DEEP_STEPS" in refused.json()["detail"]
    rows = {setting["name"]: setting for setting in admin.get(f"{API}/settings").json()}
    assert rows["deep_steps"]["fixed_by"] == "WELLREAD_DEEP_STEPS"
    assert not rows["deep_steps"]["changeable"]


def test_changes_at_once_are_all_kept(served, admin):
    names = [
        "deep_steps",
        "deep_seconds",
        "deep_cost",
        "deep_input_tokens",
        "deep_output_tokens",
        "deep_judged",
    ]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda name: admin.patch(f"{API}/settings", json={name: 7}), names))
    assert {answer.status_code for answer in answers} == {200}
    values = {s["name"]: s["value"] for s in admin.get(f"{API}/settings").json()}
    assert [values[name] for name in names] == [7] * 6
    assert Settings.load(served.home, {}).deep_judged == 7
    admin.patch(f"{API}/settings", json=dict.fromkeys(names))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_changes_nothing(served, admin):
    served.home.chmod(0o500)
    try:
        assert admin.patch(f"{API}/settings", json={"quick_steps": 2}).status_code == 503
    finally:
        served.home.chmod(0o700)


def test_what_is_read_at_the_start_cannot_be_configured_later(tmp_path):
    library = Wellread(settings=Settings(home=tmp_path))
    with pytest.raises(BadRequestError, match="embedder"):
        library.configure(Settings(home=tmp_path, embedder="none"))
    with pytest.raises(BadRequestError, match="home"):
        library.configure(Settings(home=tmp_path / "other"))


# Usage


def test_usage_is_the_callers_own_and_an_admin_may_see_all(reader, other, admin):
    ask(reader)
    ask(other)
    mine = reader.get(f"{API}/usage").json()
    runs = sum(
        c["runs"] for c in reader.get(f"{API}/conversations", params={"limit": 200}).json()["conversations"]
    )
    assert mine["total"]["runs"] == runs == sum(group["runs"] for group in mine["groups"])
    assert mine["groups"][-1]["key"] == datetime.now(UTC).date().isoformat()
    models = reader.get(f"{API}/usage", params={"group": "model"}).json()
    assert sum(group["runs"] for group in models["groups"]) == runs
    assert "extractive" in {group["key"] for group in models["groups"]}
    assert reader.get(f"{API}/usage", params={"caller": "all"}).status_code == 403
    assert admin.get(f"{API}/usage", params={"caller": "all"}).json()["total"]["runs"] > runs
    assert admin.get(f"{API}/usage").json()["total"]["runs"] < runs
    long_ago = {"from": "2020-01-01", "to": "2020-01-31"}
    assert reader.get(f"{API}/usage", params=long_ago).json()["groups"] == []


@pytest.mark.parametrize(
    ("span", "status"),
    [
        ({"from": "2026-02-02", "to": "2026-02-01"}, 400),
        ({"from": "1990-01-01"}, 400),
        ({"from": "0001-01-01", "to": "0001-01-02"}, 200),
        ({"to": "0001-01-01"}, 200),
        ({"to": "9999-12-31"}, 200),
        ({"from": "yesterday"}, 422),
        ({"group": "caller"}, 422),
        ({"caller": "f" * 32}, 422),
    ],
)
def test_a_span_is_checked(reader, span, status):
    assert reader.get(f"{API}/usage", params=span).status_code == status


# The stores on both databases


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    place = (
        tmp_path / "wellread.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    )
    with closing(open_database(place)) as opened:
        yield opened


def start(question, conversation_id="", model="openai/gpt-4.1"):
    return RunStarted(
        run_id="",
        conversation_id=conversation_id,
        question=question,
        asked=question,
        mode="quick",
        model=model,
        scope=(),
        budget=Budget(steps=4),
    )


def test_the_stores_work_on_every_database(database):
    runs, store, feedback = RunStore(database), ConversationStore(database), FeedbackStore(database)
    usage = Usage(model_calls=2, input_tokens=3_000_000_000, output_tokens=5, cost=0.25, unpriced_calls=1)
    begun = [
        runs.begin(start(f'Question {n}\0 "model":"no" \\', model=f"m/{n % 2}"), caller="a", queued=True)
        for n in range(5)
    ]
    for one in begun[:4]:
        runs.append(one.run_id, [RunCompleted(usage=usage, seconds=1.0)], 1)
    assert RunQueue(database).claim(begun[4].run_id, "w")
    runs.begin(start("Another's"), caller="b")

    today = datetime.now(UTC).date()
    [day] = UsageStore(database).sums(today, today, by="day", caller="a")
    assert (day.key, day.runs, day.model_calls) == (today.isoformat(), 5, 8)
    assert (day.input_tokens, day.cost, day.unpriced_calls) == (12_000_000_000, 1.0, 4)
    models = UsageStore(database).sums(date(1, 1, 1), date(9999, 12, 31), by="model", caller="a")
    assert [(one.key, one.runs) for one in models] == [("m/0", 3), ("m/1", 2)]
    assert sum(one.runs for one in UsageStore(database).sums(today, today, by="day")) == 6
    tomorrow = today + timedelta(days=1)
    assert UsageStore(database).sums(tomorrow, tomorrow, by="day") == []

    listed = store.listed("a", query="QUESTION")
    assert len(listed) == store.count("a", query="question") == 5
    after = ConversationCursor(listed[1].updated_at, listed[1].conversation_id)
    assert store.listed("a", after=after, limit=2) == listed[2:4]
    assert store.listed("a", query="%") == store.listed("a", query="\0x") == []
    first, last = begun[0].events[0].conversation_id, begun[4].events[0].conversation_id
    feedback.give(begun[0].run_id, "up", "\0")
    assert feedback.of([run.run_id for run in begun])[begun[0].run_id].rating == "up"
    token, fresh = store.share(first, "a")
    assert fresh
    assert store.shared(token).share == token
    store.rename(first, "a", "Renamed")
    assert store.conversation(first, "a").title == "Renamed"
    assert store.delete(first, "a") == []
    assert store.delete(last, "a") == [begun[4].run_id]
    assert store.conversation(last, "a").runs == 1
    assert runs.starts([begun[1].run_id, begun[0].run_id]).keys() == {begun[1].run_id}
    assert RunQueue(database).waiting() == 0


def test_what_comes_to_a_conversation_while_it_is_deleted_comes_too_late(database):
    runs, store, feedback = RunStore(database), ConversationStore(database), FeedbackStore(database)
    thinking = [StepThinking(step=1, text="Hm.")]
    attempts = {  # what is tried, and what it comes to
        lambda run, _: runs.append(run, thinking, 1): ConflictError,
        lambda run, _: feedback.give(run, "up", ""): NotFoundError,
        lambda _, place: store.share(place, "a"): NotFoundError,
        lambda _, place: runs.begin(start("Again", place), caller="a"): NotFoundError,
    }
    for attempt, error in attempts.items():
        begun = runs.begin(start("Why?"), caller="a")
        place = begun.events[0].conversation_id
        with amid(database, "DELETE FROM feedback", partial(attempt, begun.run_id, place)) as other:
            assert store.delete(place, "a") == []
        with pytest.raises(error):
            other.result()
        with pytest.raises(NotFoundError):
            store.conversation(place, "a")


def test_usage_of_many_runs_is_summed_by_the_database(tmp_path):
    with closing(open_database(tmp_path / "wellread.db")) as database:
        body = json.dumps({"type": "run.started", "question": "why " * 50, "model": "openai/gpt-4.1"})
        columns = "INSERT INTO runs (run_id, conversation_id, question, created_at, usage)"
        runs = f"{columns} SELECT n, 'c', '', '2026-11-02T', :u"
        starts = "INSERT INTO events (run_id, seq, body) SELECT n, 1, :body"
        numbers = " FROM (WITH RECURSIVE m(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM m LIMIT 5000) SELECT n FROM m)"
        with database.begin() as connection:
            connection.execute(
                sa.insert(tables.conversations).values(
                    conversation_id="c", caller="a", title="", created_at="", updated_at=""
                )
            )
            took = Usage(model_calls=1, input_tokens=10).model_dump_json()
            connection.execute(sa.text(runs + numbers), {"u": took})
            connection.execute(sa.text(starts + numbers), {"body": body})
        store, day, other = UsageStore(database), date(2026, 11, 2), date(2026, 11, 3)
        for by in ("day", "model"):
            summed = partial(store.sums, by=by, caller="a")
            [one] = summed(day, day)
            assert (one.runs, one.input_tokens) == (5_000, 50_000)
            assert lines_run(summed, day, day) < lines_run(summed, other, other) + 500  # none for each run
