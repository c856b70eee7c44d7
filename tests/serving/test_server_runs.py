"""Runs over HTTP: begun, watched, stopped, cancelled, sent twice, asked wrongly."""

import asyncio
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import uvicorn
from support import mentor as t
from support.running_server import client, events, forever, running, wait_until

from wellread.events import AnswerDelta
from wellread.serving.worker import in_turn
from wellread.settings import Settings
from wellread.store.event_log import StoredEvent
from wellread.store.runs.runs import StoredRun
from wellread.web.http.connection import HttpConnection
from wellread.web.http.stream import EventStream
from wellread.web.server import bound


@pytest.fixture(scope="module")
def address(mentor_home):
    with running(Settings(home=mentor_home, embedder="none", model="extractive")) as served:
        yield served


def test_a_run_is_begun_watched_and_read(address):
    with client(address) as http:
        begun = http.post("/api/v1/runs", json={"question": t.BALANCE})
        assert begun.status_code == 201
        place = begun.headers["location"]
        told = events(http.get(place + "/events").text)
        assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
        assert (told[0]["type"], told[-1]["type"]) == ("run.started", "run.completed")
        run = http.get(place).json()
        assert run["state"] == "completed"
        assert run["answer"]["citations"]


def test_fifty_requests_with_one_key_begin_one_run(address):
    with client(address) as http, ThreadPoolExecutor(25) as pool:
        at_once = threading.Barrier(25)

        def post(number):
            if number < 25:
                at_once.wait()
            return http.post(
                "/api/v1/runs", json={"question": t.DIFFERENCE}, headers={"Idempotency-Key": "once"}
            )

        answers = list(pool.map(post, range(50)))
        assert {answer.status_code for answer in answers} <= {200, 201}
        assert [answer.status_code for answer in answers].count(201) == 1
        assert len({answer.json()["run_id"] for answer in answers}) == 1
        other = http.post("/api/v1/runs", json={"question": t.BALANCE}, headers={"Idempotency-Key": "once"})
        assert other.status_code == 409


def test_a_stream_goes_on_from_any_event(address):
    with client(address) as http:
        place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"] + "/events"
        whole = events(http.get(place).text)
        for last in range(len(whole)):
            rest = http.get(place, headers={"Last-Event-ID": str(last)})
            assert events(rest.text) == whole[last:], last
        assert events(http.get(place, params={"after": 4}).text) == whole[4:]
        listed = http.get(place, headers={"Accept": "application/json"}).json()
        assert listed == whole
        assert http.get(place, headers={"Last-Event-ID": str(len(whole))}).status_code == 204


def test_a_stream_says_how_to_come_back_and_asks_not_to_be_gathered(address):
    with client(address) as http:
        place = http.post("/api/v1/runs", json={"question": t.BALANCE}).headers["location"]
        stream = http.get(place + "/events")
        assert stream.text.startswith("retry: ")
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "no-transform" in stream.headers["cache-control"]
        assert stream.headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("last", ["1000", "x", "-1", "9" * 400, "1.5", "٣"])
def test_an_event_that_is_not_there_cannot_be_gone_on_from(address, last):
    with client(address) as http:
        place = http.post("/api/v1/runs", json={"question": t.BALANCE}).headers["location"]
        refused = http.get(place + "/events", headers={b"Last-Event-ID": last.encode()})
        assert refused.status_code == 400
        assert refused.json()["hint"]


def test_many_listeners_see_the_same(address):
    with client(address) as http, ThreadPoolExecutor(20) as pool:
        place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"] + "/events"
        told = list(pool.map(lambda _: http.get(place).text, range(20)))
        assert len(set(told)) == 1
        assert events(told[0])[-1]["type"] == "run.completed"


# What is asked wrongly


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "JSON"),
        (b"", 422, "body"),
        (b'"question"', 422, "object"),
        (b"{}", 422, "question"),
        (b'{"question": 5}', 422, "string"),
        (b'{"question": "x", "deep": true}', 422, "deep"),
        (b'{"question": "  "}', 400, "empty"),
        (b'{"question": "x", "mode": "slow"}', 422, "quick"),
        (b'{"question": "x", "product_ids": ["nobody"]}', 404, "nobody"),
        (b'{"question": "x", "conversation_id": "nobody"}', 404, "nobody"),
        (b'{"question": "x", "model": "nobody/x"}', 400, "nobody"),
        (b'{"question": "x", "limits": {"steps": 0}}', 422, "greater"),
        (b'{"question": "' + b"x" * 30_000 + b'"}', 400, "20,000"),
        (b'{"question": "' + b"x" * 10_000_000 + b'"}', 413, "large"),
        (b'{"question": "\xff"}', 400, "UTF-8"),
        (b'{"question": "\\ud800"}', 201, ""),
        (b"[" * 100_000, 400, "JSON"),
    ],
)
def test_a_mistake_is_named(address, body, status, said):
    with client(address) as http:
        answer = http.post("/api/v1/runs", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert said in problem["detail"]
            assert problem["hint"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/runs/nobody"),
        ("GET", "/api/v1/runs/nobody/events"),
        ("POST", "/api/v1/runs/nobody/stop"),
        ("POST", "/api/v1/runs/nobody/cancel"),
        ("GET", "/api/v1/nothing"),
    ],
)
def test_what_is_not_there_is_said(address, method, path):
    with client(address) as http:
        answer = http.request(method, path)
        assert answer.status_code == 404
        assert answer.json()["hint"]


# Stop, cancel, wait


@pytest.fixture
def slow(mentor_home, tmp_path):
    """The settings of a library whose model says a word every tenth of a second."""
    home = shutil.copytree(mentor_home, tmp_path / "home")
    script = tmp_path / "slow.toml"
    script.write_text(f"tokens_per_second = 10\n{forever(t.SCRIPT)}")
    return Settings(home=home, embedder="none", model=f"scripted/{script}", server_runs=2)


def test_a_run_goes_on_when_nobody_watches_and_is_cancelled(slow):
    with running(slow) as address, client(address) as http:
        place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]
        with http.stream("GET", place + "/events") as stream:
            next(line for line in stream.iter_lines() if "step.started" in line)
        wait_until(lambda: http.get(place).json()["last_event"] >= 3)  # nobody watches any more
        assert http.post(place + "/cancel").status_code == 202
        told = events(http.get(place + "/events").text)
        assert told[-1]["type"] == "run.cancelled"
        assert http.get(place).json()["state"] == "cancelled"
        again = http.post(place + "/cancel")  # of a run that has ended
        assert (again.status_code, again.json()["state"]) == (202, "cancelled")
        assert http.post(place + "/stop").json()["state"] == "cancelled"
        assert len(events(http.get(place + "/events").text)) == len(told)


def test_a_run_that_is_stopped_writes_with_what_there_is(slow):
    with running(slow) as address, client(address) as http:
        place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]
        wait_until(lambda: http.get(place).json()["last_event"] >= 2)
        assert http.post(place + "/stop").status_code == 202
        told = [event["type"] for event in events(http.get(place + "/events").text)]
        assert "run.stopping" in told
        assert told[-1] == "run.completed"


def test_a_run_that_waits_for_its_turn_can_be_cancelled(slow):
    with running(slow) as address, client(address) as http:
        places = [
            http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"] for _ in range(3)
        ]
        wait_until(lambda: [http.get(p).json()["state"] for p in places] == ["working", "working", "waiting"])
        http.post(places[2] + "/cancel")
        http.post(places[0] + "/cancel")
        for place in (places[2], places[0]):
            assert events(http.get(place + "/events").text)[-1]["type"] == "run.cancelled"
        assert http.get(places[1]).json()["state"] == "working"
        http.post(places[1] + "/cancel")


def test_runs_that_wait_for_a_model_keep_none_from_computing(slow):
    settings = replace(slow, server_runs=10, server_computing=1)
    with running(settings) as address, client(address) as http:
        places = [
            http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"] for _ in range(4)
        ]
        wait_until(lambda: all(http.get(place).json()["state"] == "working" for place in places))
        quick = http.post("/api/v1/runs", json={"question": t.BALANCE, "model": "extractive"})
        told = events(http.get(quick.headers["location"] + "/events").text)
        assert told[-1]["type"] == "run.completed"
        assert {http.get(place).json()["state"] for place in places} == {"working"}
        for place in places:
            http.post(place + "/cancel")


def test_a_caller_with_too_many_runs_is_told_to_come_back(slow):
    with running(replace(slow, server_runs_per_caller=3)) as address, client(address) as http:
        answers = [http.post("/api/v1/runs", json={"question": t.QUESTION}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert int(answers[3].headers["retry-after"]) > 0
        for answer in answers[:3]:
            http.post(answer.headers["location"] + "/cancel")
        wait_until(lambda: http.post("/api/v1/runs", json={"question": "x"}).status_code == 201)


def test_a_stopped_server_leaves_its_runs_to_the_next(slow, caplog):
    with running(slow) as address, client(address) as http:
        place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]
        wait_until(lambda: http.get(place).json()["last_event"] >= 5)
        with http.stream("GET", place + "/events") as stream:
            lines = stream.iter_lines()
            next(lines)
    assert "timeout graceful shutdown exceeded" not in caplog.text  # an open stream holds nothing up
    with running(slow) as address, client(address) as http:
        told = events(http.get(place + "/events").text)
        assert told[-1]["type"] == "run.completed"
        assert [event["seq"] for event in told] == list(range(1, len(told) + 1))


def run_of(run_id, caller):
    return StoredRun(run_id, "c", caller, "?", "", True, "", "", "", None)


def test_callers_take_turns():
    hasty = [run_of(f"a{n}", "a") for n in range(4)]
    others = [run_of("b0", "b"), run_of("c0", "c"), run_of("b1", "b")]
    waiting = {run.run_id: run for run in (*hasty, *others)}
    order = [run_id for run_id, _ in in_turn(waiting, {"a": 1}, {})]
    assert order == ["b0", "c0", "a0", "b1", "a1", "a2", "a3"]
    # Where nobody has more under way than another, it is the turn of whoever had it longest ago.
    order = [run_id for run_id, _ in in_turn(waiting, {}, {"a": 2, "b": 3, "c": 1})]
    assert order == ["c0", "a0", "b0", "a1", "b1", "a2", "a3"]


# Listeners that do not read


def test_a_listener_that_takes_nothing_is_dropped():
    closed = threading.Event()

    async def endless():
        try:
            for number in range(1, 1_000_000):
                yield [StoredEvent.of(AnswerDelta(seq=number, text="x" * 100_000))]
        finally:
            closed.set()

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await EventStream(endless(), frozen=0.5)(scope, receive, send)

    async def freeze():
        server = uvicorn.Server(uvicorn.Config(app, http=HttpConnection, lifespan="off", log_config=None))
        listening = bound("127.0.0.1", 0)
        serving = asyncio.create_task(server.serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname(), limit=1000)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in await reader.readline()
        assert await asyncio.to_thread(closed.wait, 60)
        taken = 0
        while piece := await reader.read(1_000_000):
            taken += len(piece)
        assert taken < 10_000_000  # what the two systems hold of a connection that goes no further
        writer.close()
        server.should_exit = True
        await serving

    asyncio.run(freeze())
