"""Web and worker as processes of their own, over one library."""

import shutil
import signal
import subprocess

import pytest
from support import mentor as t
from support.running_server import Process, client, events, forever, wait_until

SLOW = f"tokens_per_second = 20\n{forever(t.SCRIPT)}"


@pytest.fixture
def home(mentor_home, tmp_path):
    return shutil.copytree(mentor_home, tmp_path / "home")


@pytest.fixture
def slow(tmp_path):
    script = tmp_path / "slow.toml"
    script.write_text(SLOW)
    return {"WELLREAD_MODEL": f"scripted/{script}"}


@pytest.fixture
def web(home):
    with Process(home, WELLREAD_MODEL="extractive") as server:
        server.start("--role", "web")
        yield server


def begin(http):
    answer = http.post("/api/v1/runs", json={"question": t.BALANCE})
    assert answer.status_code == 201
    return answer.headers["location"]


def test_without_a_worker_questions_are_kept_and_it_is_said(home, web):
    with client(web.address) as http:
        ready = http.get("/ready")
        assert (ready.status_code, ready.json()["ready"], ready.json()["workers"]) == (503, False, 0)
        place = begin(http)
        conversation = http.get(place).json()["conversation_id"]
        page = f"/conversations/{conversation}"
        assert "runs without a worker" in http.get(page, headers={"accept": "text/html"}).text
        assert "wellread_workers 0.0" in http.get("/metrics").text
        with Process(home, WELLREAD_MODEL="extractive") as worker:
            worker.work()
            assert events(http.get(place + "/events").text)[-1]["type"] == "run.completed"
            wait_until(lambda: http.get("/ready").status_code == 200)
            assert http.get("/ready").json()["workers"] == 1
            assert "wellread_workers 1.0" in http.get("/metrics").text
            assert "runs without a worker" not in http.get(page, headers={"accept": "text/html"}).text
        wait_until(lambda: http.get("/ready").json()["workers"] == 0)  # it was killed


def test_a_run_is_watched_and_cancelled_from_the_web_and_bears_a_kill_of_its_worker(home, slow):
    with Process(home, **slow) as web, Process(home, **slow) as first, Process(home, **slow) as second:
        web.start("--role", "web")
        first.work()
        with client(web.address) as http:
            place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]
            with http.stream("GET", place + "/events") as stream:
                next(line for line in stream.iter_lines() if "answer.delta" in line)
            assert http.get(place).json()["ended_at"] == ""  # what was read was read while it was written
            first.kill()
            second.work()
            told = events(http.get(place + "/events").text)
            assert told[-1]["type"] == "run.completed"
            assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
            place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]
            wait_until(lambda: http.get(place).json()["last_event"] >= 3)
            assert http.post(place + "/cancel").status_code == 202
            assert events(http.get(place + "/events").text)[-1]["type"] == "run.cancelled"


def test_imports_are_the_workers(home, web, tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "one.md").write_text("# A new title\n\nWith a sentence about lighthouses.\n")
    with client(web.address) as http:
        begun = http.post("/api/v1/library/folder", json={"path": str(folder)})
        assert begun.status_code in (200, 201), begun.text
        place = f"/api/v1/imports/{begun.json()['import_id']}"
        assert http.get(place).json()["state"] == "waiting"
        with Process(home) as worker:
            worker.work()
            wait_until(lambda: http.get(place).json()["state"] == "completed")
        assert http.get("/api/v1/library", params={"query": "new title"}).json()["total"] == 1


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_ends_when_it_is_told_to(home, slow, by):
    with Process(home, **slow) as web, Process(home, **slow) as worker:
        web.start("--role", "web")
        worker.work()
        with client(web.address) as http:
            place = http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]
            wait_until(lambda: http.get(place).json()["last_event"] >= 3)
            assert worker.end(by) == 0
            assert http.get("/ready").json()["workers"] == 0
            assert http.get(place).json()["ended_at"] == ""


@pytest.mark.parametrize("option", [("--port", "1"), ("--host", "::1"), ("--open",), ("--token", "x" * 40)])
def test_a_worker_is_told_no_address(home, option):
    process = Process(home)
    command = ["serve", "--role", "worker", *option]
    ended = subprocess.run(
        [*process.python, *process.command, *command],
        env=process.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert option[0] in ended.stderr
    assert "--role web" in ended.stderr
