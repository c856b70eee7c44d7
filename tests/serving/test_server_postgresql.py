"""Server processes over one PostgreSQL: they share runs and streams, and bear its going away."""

import socket
import threading
import time
from contextlib import suppress

import pytest
import sqlalchemy as sa
from support import mentor as t
from support.running_server import Process, client, events, forever, wait_until

from wellread.blocking import BlockingWellread
from wellread.settings import Settings


@pytest.fixture
def shared(postgresql_url, tmp_path):
    """The home and the environment of servers over one database, with a model that takes its time."""
    home = tmp_path / "home"
    script = tmp_path / "slow.toml"
    script.write_text(f"tokens_per_second = 25\n{forever(t.SCRIPT)}")
    settings = Settings(home=home, embedder="none", database=postgresql_url)
    with BlockingWellread(settings=settings) as library:
        list(library.add(t.write_library(tmp_path / "files")))
    return home, {"WELLREAD_DATABASE": postgresql_url, "WELLREAD_MODEL": f"scripted/{script}"}


def begin(http):
    return http.post("/api/v1/runs", json={"question": t.QUESTION}).headers["location"]


def read(http, place, until="", after=0):
    """The events of a stream, as far as one whose type begins with `until`."""
    told = []
    with http.stream("GET", place + "/events", headers={"Last-Event-ID": str(after)}) as stream:
        for line in stream.iter_lines():
            told += events(line)
            if until and told and told[-1]["type"].startswith(until):
                break
    return told


def test_a_stream_goes_on_at_another_server(shared):
    home, environment = shared
    with Process(home, **environment) as first, Process(home, **environment) as second:
        first.start()
        second.start()
        with client(first.address) as one, client(second.address) as other:
            place = begin(one)
            beginning = read(one, place, until="answer.delta")
            rest = read(other, place, after=beginning[-1]["seq"])
            assert rest[-1]["type"] == "run.completed"
            assert len(rest) > 2
            assert beginning + rest == events(one.get(place + "/events").text)


def test_another_server_takes_up_the_runs_of_a_killed_one(shared):
    home, environment = shared
    with Process(home, **environment) as first, Process(home, **environment) as second:
        first.start()
        second.start()
        with client(first.address) as one:
            place = begin(one)
            read(one, place, until="answer.delta")
            first.kill()
        with client(second.address) as other:
            told = read(other, place)
            assert told[-1]["type"] == "run.completed"
            assert [event["type"] for event in told].count("answer.started") == 2
            assert [event["seq"] for event in told] == list(range(1, len(told) + 1))


class Gate:
    """A way to PostgreSQL that can be shut: what goes through it is cut, and nothing new gets through."""

    def __init__(self, url):
        self._there = (url.host, url.port or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._through = []
        self.open = True
        self.url = url.set(host="127.0.0.1", port=self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self):
        self.open = False
        for connection in self._through:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._through.clear()

    def _accept(self):
        while True:
            try:
                here, _ = self._listening.accept()
            except OSError:
                return
            if not self.open:
                here.close()
                continue
            there = socket.create_connection(self._there)
            self._through += [here, there]
            for source, target in ((here, there), (there, here)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source, target):
        with source, target, suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listening.close()


def test_runs_bear_a_database_that_goes_away_for_a_while(shared):
    home, environment = shared
    gate = Gate(sa.make_url(environment["WELLREAD_DATABASE"]))
    environment["WELLREAD_DATABASE"] = gate.url.render_as_string(hide_password=False)
    with Process(home, **environment) as server:
        server.start()
        with client(server.address) as http:
            place = begin(http)
            read(http, place, until="answer.delta")
            gate.shut()
            wait_until(lambda: http.get("/ready").status_code == 503)
            assert http.get("/health").status_code == 200
            refused = http.post("/api/v1/runs", json={"question": t.QUESTION})
            assert refused.status_code == 503
            assert refused.headers["retry-after"]
            assert "password" not in refused.text
            time.sleep(4)
            gate.open = True
            told = read(http, place)
            assert told[-1]["type"] == "run.completed"
            assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
            assert http.get("/ready").status_code == 200
    gate.close()
