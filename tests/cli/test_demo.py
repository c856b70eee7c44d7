"""`wellread demo` as a newcomer meets it: a real process, its page and its words."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from wellread.blocking import BlockingWellread
from wellread.cli.demo import COLLECTION, PORT, QUESTION
from wellread.settings import Settings

TITLES = 4
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo") / "home"
    with BlockingWellread(settings=Settings(home=home, embedder="none")) as library:
        list(library.add([Path(str(files("wellread") / "demo"))], collection=COLLECTION))
    own = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    settings = {"HOME": str(home), "EMBEDDER": "none", "MODEL": "extractive"}
    return {**own, **{f"WELLREAD_{name}": value for name, value in settings.items()}}


@contextmanager
def demo(environment, *arguments):
    """The process, what it said until its page could be opened, and the address of that."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wellread", "demo", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = ""
        while "(Ctrl-C stops it)" not in said:
            line = process.stdout.readline()
            assert line, said + process.stderr.read()
            said += line
        yield process, said, re.search(r"http://127\.0\.0\.1:\d+", said)[0]
    finally:
        process.kill()
        process.communicate()


def wellread(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "wellread", "demo", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def asked(page):
    return parse_qs(urlsplit(page.strip()).query)["question"]


def test_the_page_opens_in_the_browser_and_ctrl_c_ends_it(environment, tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\nprintf %s "$1" > {opened}.part && mv {opened}.part {opened}\nexec sleep 60 >&- 2>&-\n'
    )
    browser.chmod(0o755)
    environment = {**environment, "BROWSER": str(browser)}
    with demo(environment, "--port", "0") as (process, said, address):
        assert said.count("(already here)") == TITLES
        assert httpx2.get(f"{address}/api/v1/library").json()["total"] == TITLES
        until = time.monotonic() + 120
        while not opened.exists() and time.monotonic() < until:
            time.sleep(0.02)
        page = opened.read_text()
        assert page.startswith(f"{address}/?")
        assert asked(page) == [QUESTION]
        assert httpx2.get(page, headers={"accept": "text/html"}).status_code == 200
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 130
        assert "Stopped." in errors
        assert "Traceback" not in errors
        assert "?question=" not in out  # it was opened


def test_without_a_display_the_address_is_told_and_of_a_taken_port_the_next(environment):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", PORT))
            other.listen()
        except OSError:
            assert wellread(environment, "--port", str(PORT)).returncode == 2  # some other program has it
        with demo(environment) as (process, said, address):
            assert PORT < int(address.rpartition(":")[2]) < PORT + 100
            assert f"Port {PORT} is taken by another program: taking {address.rpartition(':')[2]}." in said
            process.stdout.readline()
            page = process.stdout.readline()
            assert page.startswith(address)
            assert asked(page) == [QUESTION]
            taken = wellread(environment, "--no-open", "--port", address.rpartition(":")[2])
            assert taken.returncode == 2
            assert "cannot be listened on" in taken.stderr


def test_in_the_terminal_it_is_answered_at_once(environment):
    done = wellread(environment, "--terminal", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["type"] for event in events].count("added") == TITLES
    [begun] = [event for event in events if event["type"] == "run.started"]
    assert begun["question"] == QUESTION
    assert events[-1]["type"] == "run.completed"


@pytest.mark.parametrize("arguments", [["--json"], ["--model", "nobody/nothing"]])
def test_what_cannot_be_is_refused_before_anything_is_served(environment, arguments):
    refused = wellread(environment, *arguments)
    assert refused.returncode == 2
    assert "Error: " in refused.stderr
