"""What those who run a server are told: figures, and lines in the log that quote nobody."""

import asyncio
import json
import logging
import re
import shutil
import subprocess
import sys
import time
from contextlib import closing
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from prometheus_client.parser import text_string_to_metric_families
from support import mentor as t
from support.paths import DOCS
from support.running_server import Process, client, running
from support.served_script import serving
from support.spans import recorded

from wellread.serving import logs
from wellread.serving.metrics import Metrics
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database
from wellread.web.http.access_log import AccessLog

API = "/api/v1"
TOKEN = "0123456789abcdef0123456789abcdef"


def figures(text):
    """The samples by name and labels."""
    return {
        (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def copy(home, folder):
    return Path(shutil.copytree(home, folder / "home"))


# Figures


def test_runs_steps_tokens_and_seconds_are_counted(mentor_home, tmp_path):
    home = copy(mentor_home, tmp_path)
    with (
        serving(t.SCRIPT) as model,
        running(
            Settings(home=home, embedder="none", judge="words", openai_base_url=f"{model.address}/v1")
        ) as address,
        client(address) as http,
    ):
        run = http.post(f"{API}/runs", json={"question": t.QUESTION, "model": "openai/gpt-4.1"}).json()
        http.get(f"{API}/runs/{run['run_id']}/events")
        http.get(f"{API}/runs/{run['run_id']}")
        http.get("/nowhere")
        http.get("/nowhere/else")
        run = http.get(f"{API}/runs/{run['run_id']}").json()
        answer = http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    told = figures(answer.text)
    assert told["wellread_runs_total", "mode=quick", "outcome=completed"] == 1
    assert told["wellread_steps_total", "action=search_inside_books"] == 1
    assert told["wellread_steps_total", "action=create_answer_draft"] == 1
    assert told["wellread_run_seconds_count", "mode=quick"] == 1
    first = told["wellread_first_token_seconds_sum", "mode=quick"]
    assert 0 < first <= told["wellread_run_seconds_sum", "mode=quick"]
    usage = run["usage"]
    assert told["wellread_tokens_total", "direction=input"] == usage["input_tokens"] > 0
    assert told["wellread_tokens_total", "direction=output"] == usage["output_tokens"] > 0
    assert told[("wellread_cost_dollars_total",)] == pytest.approx(usage["cost"])
    calls = [told["wellread_model_calls_total", f"priced={priced}"] for priced in ("yes", "no")]
    assert sum(calls) == usage["model_calls"] == 3
    assert told[("wellread_event_store_seconds_count",)] > 0
    for name in ("queue_runs", "working_runs", "listeners"):
        assert told[(f"wellread_{name}",)] == 0
    assert told["wellread_requests_total", "method=GET", "route=none", "status=404"] == 2
    assert told["wellread_requests_total", "method=GET", f"route={API}/runs/{{run_id}}", "status=200"] == 2
    assert told["wellread_request_seconds_count", f"route={API}/runs"] == 1
    assert told[("process_resident_memory_bytes",)] > 0
    for word in (run["run_id"], "gpt-4.1", "Osmani", "nowhere"):
        assert word not in answer.text


def test_what_waits_is_worked_on_and_listened_to_is_shown(mentor_home, tmp_path):
    home = copy(mentor_home, tmp_path)
    slow = f"tokens_per_second = 2\n{t.SCRIPT}"
    with (
        serving(slow) as model,
        running(
            Settings(
                home=home,
                embedder="none",
                judge="words",
                openai_base_url=f"{model.address}/v1",
                server_runs=1,
            )
        ) as address,
        client(address) as http,
    ):
        asked = {"question": t.QUESTION, "model": "openai/gpt-4.1"}
        first, *_ = [http.post(f"{API}/runs", json=asked).json()["run_id"] for _ in range(3)]
        with http.stream("GET", f"{API}/runs/{first}/events") as stream:
            pieces = stream.iter_raw()  # which closes the stream when nothing holds it
            next(pieces)
            for _ in range(100):
                told = figures(http.get("/metrics").text)
                if told[("wellread_working_runs",)] and told[("wellread_queue_runs",)] == 2:
                    break
                time.sleep(0.1)
            assert told[("wellread_working_runs",)] == 1
            assert told[("wellread_queue_runs",)] == 2
            assert told[("wellread_listeners",)] == 1
        http.post(f"{API}/runs/{first}/cancel")
        http.get(f"{API}/runs/{first}/events")
        for _ in range(100):
            told = figures(http.get("/metrics").text)
            if ("wellread_runs_total", "mode=quick", "outcome=cancelled") in told:
                break
            time.sleep(0.1)
        assert told["wellread_runs_total", "mode=quick", "outcome=cancelled"] == 1


def test_each_app_counts_for_itself():
    first, second = Metrics(), Metrics()
    first.cost.inc(3)
    assert figures(first.page().decode())[("wellread_cost_dollars_total",)] == 3
    assert figures(second.page().decode())[("wellread_cost_dollars_total",)] == 0


def test_figures_are_for_this_machine_and_for_those_who_log_in(mentor_home, tmp_path):
    home = copy(mentor_home, tmp_path)
    with (
        running(Settings(home=home, embedder="none", model="extractive"), token=TOKEN) as address,
        client(address) as http,
    ):
        assert http.get("/metrics").status_code == 200
        for elsewhere in (
            {"Host": "library.example"},
            {"X-Forwarded-For": "203.0.113.5"},
            {"Forwarded": "for=203.0.113.5"},
            {"X-Real-IP": "203.0.113.5"},
            {"Via": "1.1 proxy"},
        ):
            assert http.get("/metrics", headers=elsewhere).status_code == 401, elsewhere
            known = {**elsewhere, "Authorization": f"Bearer {TOKEN}"}
            assert http.get("/metrics", headers=known).status_code == 200, elsewhere


def test_every_figure_is_on_its_page():
    page = (DOCS / "observability.md").read_text(encoding="utf-8")
    for family in Metrics().registry.collect():
        if family.name.startswith("wellread_"):
            name = family.name + ("_total" if family.type == "counter" else "")
            assert f"`{name}`" in page, name
    for field in logs.FIELDS:
        assert f"`{field}`" in page, field


# Logs


def words(text):
    """The words of a text that say something."""
    return {word for word in re.findall(r"\w{5,}", text.lower()) if word not in COMMON}


COMMON = {
    "write",
    "model",
    "cancel",
    "owner",
    "route",
    "status",
    "seconds",
    "first",
    "quick",
    "output",
    "outcome",
}
COMMON |= {"input", "tokens", "application", "startup", "process", "server", "answer", "waiting", "shutting"}
COMMON |= {"request", "method", "complete", "conversations", "shared", "token", "share", "steps", "metrics"}


def test_a_server_logs_what_happened_and_nothing_of_what_was_said(mentor_home, tmp_path):
    home = copy(mentor_home, tmp_path)
    with closing(open_database(home / "wellread.db")) as database:
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        accounts = AccountStore(database, passwords=cheap)
        account = accounts.add("Somebody Known", "four words in a row")
        token = accounts.add_token(account.account_id, "a notebook")[1]
    with (
        serving(t.SCRIPT) as model,
        Process(
            home,
            WELLREAD_MODEL="extractive",
            OPENAI_API_KEY="sk-secret-key",
            WELLREAD_MODEL_TRIES="1",
            **model.environment,
        ) as server,
    ):
        server.start("--log-level", "debug", "--token", TOKEN)
        with client(server.address, headers={"Authorization": f"Bearer {token}"}) as http:
            asked = {"question": t.QUESTION, "model": "openai/gpt-4.1"}
            run = http.post(f"{API}/runs", json=asked).json()
            http.get(f"{API}/runs/{run['run_id']}/events")
            failing = {"question": f"Why zebras? {t.BALANCE}", "model": "openai/gpt-4.1"}
            failed = http.post(f"{API}/runs", json=failing).json()  # the script is at its end
            http.get(f"{API}/runs/{failed['run_id']}/events")
            share = http.post(f"{API}/conversations/{run['conversation_id']}/share").json()
            http.get(f"{API}/shared/{share['token']}")
            http.get(f"{API}/conversations", params={"query": "giraffe"})
            http.get("/nowhere/walrus", headers={"Authorization": "Bearer wr_forgotten-key"})
            http.get("/metrics")
            http.post(f"{API}/session", json={"name": "Somebody Known", "password": "ostrich ostrich"})
            http.post(f"{API}/runs", content=b"{ pelican", headers={"Content-Type": "application/json"})
            run = http.get(f"{API}/runs/{run['run_id']}").json()
            assert run["answer"]["written_by"] == "openai/gpt-4.1"
        process = server._process
        server.stop()
        assert (
            process.returncode == 0
        )  # not killed by the signal: what is open was closed, the last spans were sent
        text = server.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"event", "time", "level"} <= line.keys() for line in lines)
    told = text.lower()
    secret = words(t.QUESTION) | words(t.BALANCE) | words(run["answer"]["markdown"]) | words(t.FIRST_THOUGHT)
    assert [word for word in sorted(secret) if word in told] == []
    for word in (token, TOKEN, share["token"], "sk-secret-key", "forgotten-key", "notebook", "somebody"):
        assert word.lower() not in told, word
    for word in ("zebra", "giraffe", "walrus", "ostrich", "pelican"):
        assert word not in told, word

    [begun] = [line for line in lines if line["event"] == "run_begun" and line["run_id"] == run["run_id"]]
    assert (begun["caller"], begun["mode"]) == (account.account_id, "quick")
    [ended] = [line for line in lines if line["event"] == "run_ended" and line["run_id"] == run["run_id"]]
    assert ended["outcome"] == "completed"
    assert ended["steps"] == 2
    assert ended["input_tokens"] == run["usage"]["input_tokens"]
    assert ended["cost"] == pytest.approx(run["usage"]["cost"])
    assert 0 < ended["first_token_seconds"] <= ended["seconds"]
    roles = {(line["run_id"], line["role"]) for line in lines if line["event"] == "model_failed"}
    assert roles == {(failed["run_id"], "planner"), (failed["run_id"], "writer")}
    requests = [
        (line["method"], line["route"], line["status"]) for line in lines if line["event"] == "request"
    ]
    assert ("POST", f"{API}/runs", 201) in requests
    assert ("GET", f"{API}/shared/{{token}}", 200) in requests
    assert ("POST", f"{API}/session", 401) in requests
    assert ("GET", "none", 404) in requests
    assert ("GET", "/metrics", 200) in requests  # at debug
    by = {line.get("caller") for line in lines if line.get("route") == f"{API}/conversations"}
    assert by == {account.account_id}
    assert lines[-1]["event"].startswith("Finished server process")


@pytest.fixture
def logged():
    """What is logged as JSON while the test goes on."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    levels = {name: logging.getLogger(name).level for name in ("wellread", "uvicorn")}
    stream = StringIO()
    logs.configure("info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    for name, own in levels.items():
        logging.getLogger(name).setLevel(own)


def test_an_error_is_told_by_its_type_and_place_without_its_words(logged):
    try:
        try:
            int("zebra")
        except ValueError as error:
            raise RuntimeError("about the zebra") from error
    except RuntimeError:
        logging.getLogger("wellread.serving.worker").exception(
            "run_failed", extra={"run_id": "r", "question": "zebra"}
        )
    [line] = logged()
    assert (line["event"], line["run_id"], line["level"]) == ("run_failed", "r", "error")
    assert line["exception"] == "RuntimeError < ValueError"
    assert line["raised_at"][-1].startswith("serving/test_metrics.py:")
    assert "zebra" not in json.dumps(line)


def test_what_packages_log_is_told_by_name_only(logged):
    logging.getLogger("httpx2").info("HTTP Request: POST https://host/?key=zebra")
    logging.getLogger("openai._base_client").debug("zebra")
    assert logged() == []
    logging.getLogger("openai._base_client").warning("Retrying %s", "zebra")
    [line] = logged()
    assert (line["event"], line["logger"], line["level"]) == (
        "logged_elsewhere",
        "openai._base_client",
        "warning",
    )
    assert "zebra" not in json.dumps(line)


@pytest.mark.parametrize(
    ("route", "status", "level"),
    [
        ("/ready", 503, "info"),
        ("/ready", 200, None),
        ("/health", 404, None),
        ("/health", 503, "error"),
        ("/ready", 500, "error"),
        ("/api/v1/runs", 503, "error"),
        ("/api/v1/runs", 201, "info"),
    ],
)
def test_that_a_server_is_not_ready_yet_is_no_error(logged, route, status, level):
    async def app(scope, receive, send):
        scope["route"] = SimpleNamespace(path=route)
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message): ...

    asyncio.run(AccessLog(app, Metrics())({"type": "http", "method": "GET"}, None, send))
    assert [line["level"] for line in logged()] == ([level] if level else [])


def test_a_terminal_gets_lines_for_people(logged):
    class Terminal(StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    logs.configure("warning", terminal)
    logging.getLogger("wellread.web").info("unseen")
    logging.getLogger("wellread.web").warning("store_away", extra={"error": "It is away."})
    assert "store_away" in terminal.getvalue()
    assert "unseen" not in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_the_levels_are_those_of_the_command(mentor_home):
    ran = subprocess.run(
        [sys.executable, "-m", "wellread", "serve", "--log-level", "loud"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "loud" in ran.stderr


# Spans


def test_a_runs_span_carries_its_id(mentor_home, tmp_path):
    spans = recorded()
    home = copy(mentor_home, tmp_path)
    with (
        running(Settings(home=home, embedder="none", model="extractive")) as address,
        client(address) as http,
    ):
        run = http.post(f"{API}/runs", json={"question": t.BALANCE}).json()
        http.get(f"{API}/runs/{run['run_id']}/events")
    runs = [span for span in spans.get_finished_spans() if span.name == "run"]
    assert [span.attributes["wellread.run_id"] for span in runs] == [run["run_id"]]
