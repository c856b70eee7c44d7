"""The client against a server: asking, following through cuts and kills, and what errors become."""

import asyncio
import itertools
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import mentor as t
from support.cut_streams import cutting
from support.running_server import Process, running
from support.served_script import serving

from wellread.client import AsyncClient, Client, conversations, library, uploads
from wellread.client.event_stream import Following
from wellread.client.problems import error_of_reply
from wellread.client.protocol import HttpReply, Pause, talk
from wellread.client.retry import Patience
from wellread.client.runs import EVENTS
from wellread.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
    WellreadError,
)
from wellread.events import (
    EVENT,
    AnswerDelta,
    RunCancelled,
    RunCompleted,
    RunStarted,
    SearchCell,
    StepAction,
    StepThinking,
    answer_of,
)
from wellread.settings import Settings
from wellread.web.rest import runs
from wellread.wire.runs import AskOptions, RunLimits, RunView


@pytest.fixture(scope="module")
def address(mentor_home):
    with running(Settings(home=mentor_home, embedder="none", model="extractive")) as served:
        yield served


@pytest.fixture
def wellread(address):
    with Client(address, patience=10) as opened:
        yield opened


# Asking


def test_the_run_of_the_transcript(mentor_home, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with serving(t.SCRIPT) as served:
        settings = Settings(
            home=mentor_home,
            embedder="none",
            model="openai/gpt-4.1",
            openai_base_url=f"{served.address}/v1",
            judge="words",
        )
        with running(settings) as address, Client(address) as wellread:
            run = wellread.ask(t.QUESTION)
            events = list(run.events())
            answer = run.answer()
            view = run.view()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    start, last = events[0], events[-1]
    assert isinstance(start, RunStarted)
    assert isinstance(last, RunCompleted)
    assert start.model == "openai/gpt-4.1"
    assert [entry.product_id for entry in start.scope] == [t.BOOK, t.TALK]
    thoughts = [event.text for event in events if isinstance(event, StepThinking)]
    assert thoughts == [t.FIRST_THOUGHT, "I have what I need in knowledge 0, 1 and 3."]
    first, second = (event for event in events if isinstance(event, StepAction))
    assert first.parameters == {"askBookQuestions": [t.DIFFERENCE, t.BALANCE], "productIds": [t.BOOK, t.TALK]}
    assert (second.action, second.label) == ("create_answer_draft", "Answer Generation Agent")
    cells = [event for event in events if isinstance(event, SearchCell)]
    assert [(len(cell.found), cell.product_id) for cell in cells if not cell.found] == [(0, t.TALK)]
    text = "".join(event.text for event in events if isinstance(event, AnswerDelta))
    assert t.ANSWER.replace(" [7]", "").strip() in text
    assert text.startswith("_A simulated voice of Addy Osmani")
    assert answer.markdown == view.answer.markdown
    assert (view.state, view.run_id, view.last_event) == ("completed", start.run_id, last.seq)
    assert answer.citations == view.answer.citations


def test_what_is_said_with_a_question_arrives(wellread):
    run = wellread.ask(
        t.BALANCE,
        AskOptions(product_ids=[t.BOOK], mode="deep", model="extractive", limits=RunLimits(steps=3)),
    )
    start = next(run.events())
    assert isinstance(start, RunStarted)
    assert [(entry.product_id, entry.found) for entry in start.scope] == [(t.BOOK, "picked")]
    assert (start.mode, start.budget.steps) == ("deep", 3)
    again = wellread.ask("And the week?", AskOptions(conversation_id=run.conversation_id))
    assert again.conversation_id == run.conversation_id
    assert again.run_id != run.run_id


def test_one_key_begins_one_run(wellread):
    first = wellread.ask(t.BALANCE, idempotency_key="client-once")
    assert wellread.ask(t.BALANCE, idempotency_key="client-once").run_id == first.run_id
    assert wellread.ask(t.BALANCE).run_id != first.run_id
    with pytest.raises(ConflictError, match="something else"):
        wellread.ask(t.DIFFERENCE, idempotency_key="client-once")
    assert wellread.run(first.run_id).conversation_id == first.conversation_id


def test_async_gives_the_same(address):
    async def use():
        async with AsyncClient(address) as wellread:
            assert (await wellread.health()).status == "ok"
            run = await wellread.ask(t.BALANCE)
            events = [event async for event in run.events()]
            later = [event async for event in run.events(after=events[2].seq)]
            again = await wellread.run(run.run_id)
            return events, later, await run.answer(), await again.view(), await again.stop()

    events, later, answer, view, stopped = asyncio.run(use())
    assert later == events[3:]
    assert answer_of(events) == answer
    assert view.answer.markdown == answer.markdown
    assert stopped == view  # it had ended
    with Client(address) as wellread:
        assert list(wellread.run(view.run_id).events()) == events


def test_the_client_that_waits_does_so_where_a_loop_runs_too(address):
    async def use():
        with Client(address) as wellread:
            run = wellread.ask(t.BALANCE)
            left = run.events()
            next(left)
            left.close()
            return await asyncio.to_thread(lambda: list(run.events())), list(run.events())

    in_a_thread, here = asyncio.run(use())
    assert in_a_thread == here
    assert isinstance(here[-1], RunCompleted)


def test_an_interrupt_ends_the_wait_and_leaves_the_client_whole():
    def interrupted(*_):
        raise KeyboardInterrupt

    with Canned((200, {}, b'{"status":"ok"}')) as server, Client(server.address) as wellread:
        before = signal.signal(signal.SIGALRM, interrupted)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with socket.create_server(("127.0.0.1", 0)) as silent:
                address = f"http://127.0.0.1:{silent.getsockname()[1]}"
                with Client(address) as waiting, pytest.raises(KeyboardInterrupt):
                    waiting.health()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert wellread.health().status == "ok"


def test_a_stream_read_to_its_end_has_nothing_more(wellread):
    run = wellread.ask(t.BALANCE)
    last = list(run.events())[-1]
    assert list(run.events(after=last.seq)) == []
    with pytest.raises(BadRequestError, match="no event"):
        list(run.events(after=last.seq + 1))


# Runs that take their time

_CHOICE = '[[reply]]\nrole = "choice"'
SLOW = "tokens_per_second = 300\n" + t.SCRIPT.replace(
    _CHOICE, f'{_CHOICE}\ntimes = 0\nwhen = "Choose step 1 "', 1
).replace(f"{_CHOICE}\nthinking", f'{_CHOICE}\ntimes = 0\nwhen = "Choose step 2 "\nthinking').replace(
    "[[reply]]\ntext", "[[reply]]\ntimes = 0\ntext"
)


@pytest.fixture(scope="module")
def slow():
    """The environment of a server whose model takes seconds over an answer."""
    with serving(SLOW) as served:
        yield {**served.environment, "WELLREAD_MODEL": "openai/gpt-4.1", "OPENAI_API_KEY": "none"}


@pytest.fixture(scope="module")
def server(mentor_home, tmp_path_factory, slow):
    home = shutil.copytree(mentor_home, tmp_path_factory.mktemp("slow") / "home")
    with Process(home, **slow) as process:
        process.start()
        yield process


def test_a_server_that_is_killed_and_started_again_is_come_back_to(server):
    seen = threading.Event()

    async def follow(run_id):
        async with AsyncClient(server.address, patience=60) as wellread:
            run = await wellread.run(run_id)
            events = []
            async for event in run.events():
                events.append(event)
                if isinstance(event, AnswerDelta):
                    seen.set()
            return events

    with Client(server.address, patience=60) as wellread, ThreadPoolExecutor(2) as beside:
        run = wellread.ask(t.QUESTION)
        following = beside.submit(lambda: asyncio.run(follow(run.run_id)))
        waiting = beside.submit(run.answer)
        events = []
        for event in run.events():
            events.append(event)
            if isinstance(event, AnswerDelta) and [e.type for e in events].count("answer.delta") == 4:
                assert seen.wait(20)
                server.kill()
                time.sleep(0.3)
                server.start("--port", server.address.rpartition(":")[2])
        stored = httpx2.get(
            f"{server.address}/api/v1/runs/{run.run_id}/events", headers={"Accept": "application/json"}
        )
        assert events == [EVENT.validate_python(event) for event in stored.json()]
        assert following.result(20) == events
        assert waiting.result(20) == answer_of(events)
        assert isinstance(events[-1], RunCompleted)
        assert [event.type for event in events].count("answer.started") == 2


def test_a_run_is_stopped_and_cancelled(server):
    with Client(server.address) as wellread:
        run = wellread.ask(t.QUESTION)
        events = run.events()
        next(events)
        assert run.cancel().run_id == run.run_id
        assert isinstance(list(events)[-1], RunCancelled)
        assert run.view().state == "cancelled"
        with pytest.raises(ConflictError, match="cancelled"):
            run.answer()
        stopped = wellread.ask(t.QUESTION)
        stopped.stop()
        told = [event.type for event in stopped.events()]
        assert "run.stopping" in told
        assert told[-1] == "run.completed"


def test_a_listener_may_leave(server):
    with Client(server.address) as wellread:
        run = wellread.ask(t.QUESTION)
        events = run.events()
        next(events)
        events.close()
        assert run.view().state in ("waiting", "working")
        run.cancel()


# Cuts


def test_two_hundred_cuts_leave_nothing_out_and_bring_nothing_twice(address, wellread):
    run = wellread.ask(t.QUESTION)
    whole = list(run.events())
    largest = max(len(event.model_dump_json().encode()) for event in whole)
    chance = random.Random(3)
    some = largest + 1500  # the largest event with its response's headers
    least = [some, 700, 700, 700, some, 700, 700, 1]  # most cuts are beyond the headers
    cuts = (chance.randint(size, some + 1000) for size in itertools.cycle(least))
    with cutting(address, cuts) as proxy, Client(proxy.address, patience=10) as cut_off:
        rounds = 0
        while proxy.made < 200:
            assert list(cut_off.run(run.run_id).events()) == whole
            rounds += 1
    assert rounds < 60  # or the cuts hardly matter


def test_async_bears_cuts_too(address):
    async def use(proxy):
        async with AsyncClient(proxy.address, patience=10) as wellread:
            run = await wellread.ask(t.BALANCE)
            return run.run_id, [event async for event in run.events()]

    with cutting(address, iter([2000, 5, 700, 900, 1500, 2500, 3000, 1000, 6000, 2000])) as proxy:
        run_id, events = asyncio.run(use(proxy))
        assert proxy.made > 3
    with Client(address) as wellread:
        assert list(wellread.run(run_id).events()) == events


def _body(seq, last):
    kind = {"type": "run.cancelled", "usage": {}, "seconds": 1} if seq == last else {"type": "run.stopping"}
    return json.dumps({"seq": seq, **kind}, ensure_ascii=False)


@given(
    st.integers(1, 12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.tuples(st.integers(1, 400), st.integers(1, 40)), max_size=30),
)
def test_any_cuts_and_pieces_of_any_stream_give_the_same_events(count, end, connections):
    """Each connection brings so many bytes, in pieces of such a size; the last one brings all."""
    following = Following("events", EVENTS, 0, Patience(1e9, jitter=lambda: 0.0))
    told = []
    for size, piece in [*connections, (10**6, 7)]:
        if not following.goes_on():
            break
        after = int(following.request.headers["Last-Event-ID"])
        text = f": höre{end}retry: 10{end}{end}" + "".join(
            f"id: {seq}{end}data: {_body(seq, count)}{end}{end}" for seq in range(after + 1, count + 1)
        )
        sent = text.encode()[:size]
        response = httpx2.Response(
            200,
            headers={"Content-Type": "text/event-stream"},
            content=(sent[at : at + piece] for at in range(0, len(sent), piece)),
            request=httpx2.Request("GET", "http://there/events"),
        )
        for sse in httpx2.EventSource(response):
            told += following.told(sse)
        if following.goes_on():
            following.lost()
    assert [event.seq for event in told] == list(range(1, count + 1))


# What a server may send


class Canned:
    """A server that gives the next of its answers to each request: status, headers, body."""

    def __init__(self, *answers):
        self.requests = []
        canned = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # the name that http.server calls
                length = int(self.headers.get("Content-Length", 0))
                canned.requests.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
                status, headers, body = canned.answers.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        self.answers = list(answers)
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


STREAM = {"Content-Type": "text/event-stream"}
VIEW = {
    "run_id": "a1",
    "conversation_id": "b2",
    "state": "waiting",
    "question": "?",
    "mode": "quick",
    "model": "extractive",
    "scope": [],
    "created_at": "",
    "ended_at": "",
    "last_event": 1,
    "answer": None,
    "failure": None,
    "usage": {},
    "seconds": 0,
    "roles": {},
    "excluded": [],
}
BEGUN = (201, {}, json.dumps(VIEW | {"new": 1, "usage": {"new": 2}}).encode())


def stream(*events, retry=1):
    return (200, STREAM, f"retry: {retry}\n\n".encode() + b"".join(map(line, events)))


def line(event):
    return f"id: {event['seq']}\ndata: {json.dumps(event)}\n\n".encode()


STOPPING = {"seq": 1, "type": "run.stopping"}
NEW = {"seq": 2, "type": "dream.told", "of": "sheep"}
WIDER = {"seq": 3, "type": "step.started", "step": 1, "title": "Step 1", "colour": "blue"}
NESTED = {"seq": 4, "type": "run.completed", "usage": {"model_calls": 2, "joules": 3}, "seconds": 1}


def test_what_a_newer_server_sends_is_passed_over():
    with Canned(BEGUN, stream(STOPPING, NEW, WIDER, NESTED)) as server, Client(server.address) as wellread:
        events = list(wellread.ask("?").events())
    assert [event.seq for event in events] == [1, 3, 4]
    assert events[-1].usage.model_calls == 2


def test_a_stream_goes_on_where_it_was_and_a_gap_is_not_taken():
    answers = [
        BEGUN,
        stream(STOPPING),
        (503, {"Retry-After": "0"}, b"<html>away</html>"),
        stream(STOPPING, WIDER),  # 1 came before, 2 is missing
        stream({"seq": 2, "type": "run.stopping"}, {"seq": "x"}),
        stream(WIDER),
        (200, {"Content-Type": "text/html"}, b"Log in to this network"),
        stream(NESTED),
    ]
    with Canned(*answers) as server, Client(server.address) as wellread:
        assert [event.seq for event in wellread.ask("?").events()] == [1, 2, 3, 4]
    positions = [headers["Last-Event-ID"] for _, path, headers, _ in server.requests if "/events" in path]
    assert positions == ["0", "1", "1", "1", "2", "3", "3"]


def test_a_request_that_is_sent_again_has_the_same_key():
    busy = json.dumps({"detail": "Too many.", "hint": "Wait.", "retryable": True}).encode()
    with (
        Canned((429, {"Retry-After": "1"}, busy), (502, {}, b""), BEGUN) as server,
        Client(server.address) as w,
    ):
        assert w.ask("?").run_id == "a1"
    [key] = {headers["Idempotency-Key"] for _, _, headers, _ in server.requests}
    assert len(key) >= 32
    assert len({body for *_, body in server.requests}) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_what_may_have_happened_is_not_asked_for_twice(status):
    call = uploads.begin("tea.md", 3)
    told = talk(call, Patience(60, jitter=lambda: 0.0))
    assert next(told) is call.request
    answer = HttpReply(status, {}, b"")
    if status in (425, 429, 503):
        assert told.send(answer) == Pause(0.5)
        assert told.send(None) is call.request
    else:
        with pytest.raises(WellreadError):
            told.send(answer)


@pytest.mark.parametrize("call", [conversations.delete("c"), library.remove("p"), uploads.remove("u")])
@pytest.mark.parametrize(
    ("first", "done"),
    [
        (HttpReply(502, {}, b""), True),
        (HttpReply(504, {}, b""), True),
        (httpx2.ReadError("cut"), True),
        (HttpReply(503, {}, b""), False),
        (httpx2.ConnectError("refused"), False),
    ],
)
def test_what_is_gone_after_it_may_have_been_deleted_is_deleted(call, first, done):
    told = talk(call, Patience(60, jitter=lambda: 0.0))
    assert next(told) is call.request
    assert told.send(first) == Pause(0.5)
    assert told.send(None) is call.request
    with pytest.raises(StopIteration if done else NotFoundError):
        told.send(HttpReply(404, {}, b""))


def test_patience_ends():
    busy = json.dumps({"detail": "Too many.", "hint": "Wait.", "retryable": True}).encode()
    with Canned((429, {"Retry-After": "9"}, busy)) as server, Client(server.address, patience=5) as wellread:
        with pytest.raises(TooManyError, match="Too many") as raised:
            wellread.ask("?")
        assert (raised.value.retry_after, raised.value.hint) == (9, "Wait.")
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with (
        Client(address, patience=0) as wellread,
        pytest.raises(UnavailableError, match="does not answer") as raised,
    ):
        wellread.health()
    assert raised.value.retryable
    answers = [BEGUN, stream(STOPPING), *[stream()] * 20]
    with Canned(*answers) as server, Client(server.address, patience=0.2) as wellread:
        events = wellread.ask("?").events()
        assert next(events).seq == 1
        with pytest.raises(UnavailableError):
            next(events)


def test_a_stream_is_come_back_to_when_it_asks_for_and_progress_renews_patience():
    now = 0.0
    following = Following("events", EVENTS, 0, Patience(5, clock=lambda: now, jitter=lambda: 0.0))
    assert following.pause() == 0
    assert list(following.told(httpx2.ServerSentEvent(data="", retry=2500))) == []
    for seq in range(1, 10):  # longer in all than patience lasts
        following.lost()
        wait = following.pause()
        assert wait == 2.5
        now += wait
        sse = httpx2.ServerSentEvent(data=json.dumps({"seq": seq, "type": "run.stopping"}), id=str(seq))
        assert [event.seq for event in following.told(sse)] == [seq]
    following.lost()
    now += following.pause()
    with pytest.raises(UnavailableError):
        following.lost()


def test_waits_double_up_to_an_end_and_not_past_patience():
    now = 0.0
    patience = Patience(100, first=1, clock=lambda: now, jitter=lambda: 0.0)
    error = UnavailableError("away")
    waits = []
    for _ in range(7):
        waits.append(patience.after(error))
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 15, 15, 15]
    assert patience.after(error, at_least=30) == 30
    now += 30
    with pytest.raises(UnavailableError):
        patience.after(error)
    patience.renew()
    assert patience.after(error) == 1


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 507, 599]
)
def test_every_status_is_an_error_of_the_family(status):
    body = json.dumps(
        {"status": status, "detail": "So.", "hint": "Thus.", "retryable": True, "new": 1}
    ).encode()
    error = error_of_reply(status, {}, body)
    assert (error.status, error.message, error.hint, error.retryable) == (status, "So.", "Thus.", True)
    of_a_proxy = error_of_reply(status, {}, b"<html>")
    assert of_a_proxy.status == status
    assert str(status) in of_a_proxy.message


def test_errors_of_the_server_say_what_it_says(wellread, mentor_home):
    with pytest.raises(NotFoundError, match="no run 'nope'") as raised:
        wellread.run("nope")
    assert (raised.value.hint, raised.value.retryable) == ("Ask again.", False)
    with pytest.raises(BadRequestError, match="empty"):
        wellread.ask("  ")
    with pytest.raises(BadRequestError, match="limit") as raised:
        wellread.products(limit=0)
    assert raised.value.status == 422
    token = "a-token-of-many-letters-0123456789"
    with running(Settings(home=mentor_home, embedder="none", model="extractive"), token=token) as guarded:
        with Client(guarded) as nobody, pytest.raises(UnauthorizedError, match="login"):
            nobody.ask(t.BALANCE)
        with Client(guarded, token) as known:
            assert known.ask(t.BALANCE).answer().citations


def test_a_run_that_fails_raises_what_it_failed_with():
    failed = {
        "seq": 1,
        "type": "run.failed",
        "usage": {},
        "seconds": 1,
        "status": 503,
        "message": "The index is away.",
        "hint": "Later.",
        "retryable": True,
    }
    with Canned(BEGUN, stream(failed)) as server, Client(server.address) as wellread:
        run = wellread.ask("?")
        with pytest.raises(UnavailableError, match="index") as raised:
            run.answer()
    assert (raised.value.hint, raised.value.retryable) == ("Later.", True)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8017", "ftp://there", "http://", "http://[", "http://a:99999"]
)
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(BadRequestError, match="no address"):
        Client(url)
    with pytest.raises(BadRequestError, match="token"):
        Client("http://127.0.0.1:1", "a\nb")


def test_another_server_is_told_apart():
    with (
        Canned((200, {}, b"<html>Welcome</html>")) as server,
        Client(server.address) as wellread,
        pytest.raises(UnavailableError, match="no Wellread server"),
    ):
        wellread.health()


def test_health_and_readiness(wellread):
    assert wellread.health().status == "ok"
    assert wellread.ready().database == "ok"
    with (
        Canned(
            (
                503,
                {},
                b'{"ready":false,"database":"away","search":"ok","embedder":"ok","working":0,"workers":1}',
            )
        ) as server,
        Client(server.address) as away,
    ):
        assert not away.ready().ready


# The package


def test_views_have_what_the_server_sends():
    assert set(RunView.model_fields) == set(runs.RunView.model_fields)


def test_every_error_of_a_reply_can_be_raised_and_told():
    for status in (404, 418, 429):
        assert isinstance(error_of_reply(status, {}, b"{}"), WellreadError)


def test_importing_the_client_brings_little_and_no_engine():
    code = "import sys; import wellread.client; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(printed.stdout.split())
    assert not loaded & {
        "lancedb",
        "fastapi",
        "starlette",
        "sqlalchemy",
        "numpy",
        "wellread.engine",
        "wellread.web",
    }
    assert len(loaded) < 500  # some 330: the standard library, Pydantic, httpx2 and what is ours
