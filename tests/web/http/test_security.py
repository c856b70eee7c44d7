"""What every request and response passes: headers, origin, size and pace, and connections that do not end."""

import asyncio
import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from wellread.store.accounts.accounts import AccountStore
from wellread.store.backup.opening import open_database
from wellread.web.app import protected
from wellread.web.http.access import Access
from wellread.web.http.connection import HttpConnection, abort
from wellread.web.http.problems import add_problems
from wellread.web.http.security import CONTENT_SECURITY_POLICY, HEADERS, BodyLimits, RequestBody
from wellread.web.http.state import Server as ServerState
from wellread.web.rest import accounts as accounts_routes
from wellread.web.server import ServerConnection

TOKEN = "0123456789abcdef0123456789abcdef"
PAGE = {"origin": "http://library.test", "x-requested-with": "wellread"}
MEBIBYTE = 1024 * 1024
LIMITS = BodyLimits(sizes={"/upload": 8 * MEBIBYTE}, pause_seconds=0.5, grace_seconds=1.0)


class Question(BaseModel):
    question: str


def inner(access: Access) -> FastAPI:
    app = FastAPI()
    app.state.server = ServerState(None, None, None, access, None, None)
    app.state.seen = []
    app.include_router(accounts_routes.router)
    add_problems(app)

    @app.post("/api/v1/ask")
    async def ask(question: Question) -> int:
        app.state.seen.append(len(question.question))
        return len(question.question)

    @app.post("/upload")
    async def upload(request: Request) -> int:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        app.state.seen.append(size)
        return size

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("on purpose")

    @app.get("/page")
    async def page() -> str:
        return "page"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces():
            for number in range(5):
                yield f"{number}\n"
                await asyncio.sleep(0.1)

        return StreamingResponse(pieces())

    @app.get("/in-turn")
    async def in_turn() -> StreamingResponse:
        async def pieces():
            for _ in range(5):
                yield "one\n"
                await asyncio.to_thread(app.state.heard.acquire, timeout=60)

        return StreamingResponse(pieces())

    @app.get("/flood")
    async def flood() -> StreamingResponse:
        async def pieces():
            try:
                while True:
                    yield b"x" * 65536
                    await asyncio.sleep(0)
            finally:
                app.state.seen.append("ended")

        return StreamingResponse(pieces())

    @app.get("/drop")
    async def drop(request: Request) -> None:
        app.state.seen.append(abort(request.scope))

    return app


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    with closing(open_database(tmp_path_factory.mktemp("home") / "wellread.db")) as database:
        yield AccountStore(database)


@pytest.fixture(scope="module")
def guarded(accounts):
    access = Access(accounts, TOKEN)
    return protected(inner(access), access, LIMITS)


@pytest.fixture(scope="module")
def opened(accounts):
    access = Access(accounts, is_open=True)
    return protected(inner(access), access, LIMITS)


def call(app, method: str, path: str, headers=None, host="http://library.test", **sent) -> httpx2.Response:
    async def send():
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=host) as client:
            return await client.request(method, path, headers=headers, **sent)

    return asyncio.run(send())


def problem(response: httpx2.Response, status: int) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["hint"]
    return body


# Headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/page", 200),
        ("GET", "/stream", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/page", 405),
        ("POST", "/api/v1/ask", 422),
        ("GET", "/api/v1/me", 401),
        ("GET", "/boom", 500),
        ("GET", "/openapi.json", 200),
    ],
)
def test_every_response_has_the_headers(guarded, method, path, status):
    response = call(guarded, method, path)
    assert response.status_code == status
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert (response.headers.get("cache-control") == "no-store") == path.startswith("/api/")
    assert "access-control-allow-origin" not in response.headers


def test_the_policy_allows_nothing_inline_and_nothing_remote():
    sources = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert sources["default-src"] == sources["base-uri"] == sources["frame-ancestors"] == "'none'"
    assert sources["script-src"] == sources["style-src"] == sources["connect-src"] == "'self'"
    allowed = {source for value in sources.values() for source in value.split()}
    assert allowed == {"'none'", "'self'", "data:", "blob:"}


def test_refusals_have_the_headers_too(guarded, opened):
    for response in (
        call(guarded, "POST", "/api/v1/ask", {"origin": "http://evil.test"}),
        call(guarded, "POST", "/api/v1/ask", content=b"x" * (MEBIBYTE + 1)),
        call(opened, "GET", "/page"),
    ):
        assert response.status_code in (403, 413)
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


# Where a request comes from

ASK = {"json": {"question": "why"}}
COOKIE = {"cookie": "other=1; wellread_session=abc"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program
        (PAGE, 200),
        ({**PAGE, "sec-fetch-site": "same-origin"}, 200),
        ({**PAGE, **COOKIE}, 200),
        ({**PAGE, "origin": "http://library.test:80"}, 200),
        ({"sec-fetch-site": "same-origin", "x-requested-with": "wellread"}, 200),
        ({"origin": "http://library.test"}, 403),  # the custom header is missing
        ({**PAGE, "x-requested-with": "XMLHttpRequest"}, 403),
        ({"sec-fetch-site": "same-origin"}, 403),
        ({**COOKIE, "origin": "http://library.test"}, 403),
        ({**COOKIE, "x-requested-with": "wellread"}, 403),  # nothing says where it comes from
        (COOKIE, 403),
        ({"cookie": "__Host-wellread_session=abc"}, 403),
        ({**PAGE, "origin": "http://evil.test"}, 403),
        ({**PAGE, "origin": "https://library.test"}, 403),
        ({**PAGE, "origin": "http://library.test:8080"}, 403),
        ({**PAGE, "origin": "http://library.test.evil.test"}, 403),
        ({**PAGE, "origin": "null"}, 403),
        ({**PAGE, "origin": ""}, 403),
        ({**PAGE, "origin": "http://[bad"}, 403),
        ({**PAGE, "sec-fetch-site": "cross-site"}, 403),
        ({**PAGE, "sec-fetch-site": "same-site"}, 403),
        ({**PAGE, "sec-fetch-site": "none"}, 403),
        ({"origin": "http://evil.test", "authorization": f"Bearer {TOKEN}"}, 200),  # no page can set it
        ({"sec-fetch-site": "cross-site", "x-api-key": TOKEN}, 200),
        ({"origin": "http://evil.test", "authorization": "Basic eDp5"}, 403),
        ({"origin": "http://evil.test", "authorization": "Bearer "}, 403),
        ({"origin": "http://evil.test", "x-api-key": ""}, 403),
    ],
)
def test_what_another_sites_page_sends_is_refused(guarded, headers, status):
    response = call(guarded, "POST", "/api/v1/ask", headers, **ASK)
    assert response.status_code == status
    if status == 403:
        problem(response, 403)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_every_method_that_may_change_something_is_checked(guarded, method):
    assert call(guarded, method, "/nowhere", {"origin": "http://evil.test"}).status_code == 403


def test_another_site_may_link_here_and_not_embed(guarded):
    site = {"sec-fetch-site": "cross-site"}
    assert call(guarded, "GET", "/page", {**site, "sec-fetch-mode": "navigate"}).status_code == 200
    for mode in ("no-cors", "cors"):
        assert call(guarded, "GET", "/page", {**site, "sec-fetch-mode": mode}).status_code == 403
    assert call(guarded, "POST", "/page", {**site, "sec-fetch-mode": "navigate"}).status_code == 403
    assert call(guarded, "GET", "/page", {"sec-fetch-site": "same-origin"}).status_code == 200
    assert call(guarded, "GET", "/page", {"sec-fetch-site": "none"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8484", 200),
        ("localhost:1", 200),
        ("localhost.", 200),
        ("LOCALHOST", 200),
        ("[::1]:8484", 200),
        ("evil.test", 403),
        ("localhost.evil.test", 403),
        ("127.0.0.1.evil.test", 403),
        ("10.0.0.1", 403),
        ("", 403),
        ("[::1", 403),
        ("0.0.0.0", 403),
    ],
)
def test_an_open_server_answers_by_loopback_names_only(opened, host, status):
    for headers in ({}, {"authorization": "Bearer x"}):
        response = call(opened, "GET", "/api/v1/me", {"host": host, **headers})
        assert response.status_code == status
    if status == 403:
        problem(response, 403)


def test_an_open_server_does_not_answer_through_a_proxy(opened):
    for name in ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"):
        assert call(opened, "GET", "/page", {"host": "127.0.0.1", name: "10.0.0.1"}).status_code == 403


def test_a_server_with_logins_answers_by_any_name(guarded):
    assert call(guarded, "GET", "/page", host="http://other.test").status_code == 200


def test_websockets_are_refused(guarded):
    response = call(guarded, "GET", "/page", {"connection": "Upgrade", "upgrade": "websocket"})
    problem(response, 400)
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(guarded({"type": "websocket", "path": "/", "headers": []}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


# A real server


class Server(uvicorn.Server):
    address: tuple[str, int]
    app: FastAPI

    def handle_signals(self) -> None:
        pass


class Quick(HttpConnection):
    head_seconds = 0.6
    stall_seconds = 0.6


class Patient(ServerConnection):
    head_seconds = 600.0


@contextmanager
def served(access: Access, *, http=Quick, **options) -> Iterator[Server]:
    app = inner(access)
    config = uvicorn.Config(
        protected(app, access, LIMITS),
        http=http,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_keep_alive=1,
        timeout_graceful_shutdown=1,
        **options,
    )
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listening:
        server.address = listening.getsockname()
        server.app = app
        thread = threading.Thread(target=server.run, args=[[listening]])
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield server
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def running(accounts):
    with served(Access(accounts, TOKEN)) as server:
        yield server


@pytest.fixture
def server(running):
    wait_until(lambda: not running.server_state.connections)
    running.app.state.seen.clear()
    return running


def wait_until(true, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def connected(server: Server, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(server.address, timeout=60)
    connection.sendall(sent)
    return connection


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    received = b""
    with connection, contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: library.test", *lines, "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def get(server: Server, path: str = "/page") -> httpx2.Response:
    host, port = server.address
    return httpx2.get(f"http://{host}:{port}{path}", timeout=10)


def test_a_large_question_is_refused_before_it_is_read(server):
    host, port = server.address
    response = httpx2.post(
        f"http://{host}:{port}/api/v1/ask", json={"question": "x" * 10 * MEBIBYTE}, timeout=10
    )
    problem(response, 413)
    assert response.headers["connection"] == "close"
    assert server.app.state.seen == []
    with connected(server, head("POST", "/api/v1/ask", f"Content-Length: {10**12}")) as waiting:
        assert status(waiting.recv(10_000)) == 413  # at once, with nothing of the body sent


def test_a_body_without_a_length_is_counted(server):
    host, port = server.address

    def chunks():
        for _ in range(1000):
            yield b" " * 10_000

    response = httpx2.post(f"http://{host}:{port}/api/v1/ask", content=chunks(), timeout=10)
    problem(response, 413)
    assert server.app.state.seen == []
    small = httpx2.post(
        f"http://{host}:{port}/api/v1/ask",
        content=iter([b'{"question":', b'"why"}']),
        headers={"content-type": "application/json"},
    )
    assert small.json() == 3


def test_a_path_may_have_a_larger_limit(server):
    host, port = server.address
    address = f"http://{host}:{port}/upload"
    size = 8 * MEBIBYTE
    assert httpx2.post(address, content=b"x" * size, timeout=10).json() == size
    problem(httpx2.post(address, content=b"x" * (size + 1), timeout=10), 413)
    problem(httpx2.post(address, content=iter([b"x" * MEBIBYTE] * 9), timeout=10), 413)
    assert server.app.state.seen == [size]


def test_the_longest_beginning_of_a_path_counts():
    limits = BodyLimits(size=1, sizes={"/a": 2, "/a/b": 3})
    assert [limits.size_at(path) for path in ("/", "/a/x", "/a/b/c")] == [1, 2, 3]


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", ["/api/v1/ask", "/upload"])
def test_a_body_that_stops_ends_the_request(server, path, length):
    answer = rest(connected(server, head("POST", path, length) + b"3\r\n{  \r\n"))
    assert status(answer) == 408
    assert b"connection: close" in answer.lower()
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["retryable"] is True
    assert server.app.state.seen == []


@pytest.mark.parametrize("limits", [BodyLimits(pause_seconds=0.05), BodyLimits(grace_seconds=0.05)])
def test_the_pause_and_the_grace_are_limits_of_their_own(limits):
    async def app(scope, receive, send):
        await receive()

    sent = []

    async def send(message):
        sent.append(message)

    async def run():
        scope = {"type": "http", "path": "/", "headers": []}
        async with asyncio.timeout(5):
            await RequestBody(app, limits)(scope, asyncio.Event().wait, send)

    asyncio.run(run())
    assert sent[0]["status"] == 408


def test_a_refusal_is_not_overtaken_by_a_reset(server):
    connection = connected(server, head("POST", "/api/v1/ask", f"Content-Length: {2 * MEBIBYTE}"))
    connection.sendall(b"x" * 300_000)
    connection.shutdown(socket.SHUT_WR)
    answer = b""
    with connection:
        while piece := connection.recv(65536):
            answer += piece
    assert status(answer) == 413


def test_a_body_that_trickles_ends_the_request(server):
    connection = connected(server, head("POST", "/upload", "Content-Length: 1000"))

    def trickle() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)

    thread = threading.Thread(target=trickle)
    thread.start()
    answer = rest(connection)
    thread.join()
    assert status(answer) == 408


def test_a_slow_body_within_the_rate_is_read(server):
    connection = connected(server, head("POST", "/upload", "Content-Length: 9000", "Connection: close"))
    for _ in range(9):
        time.sleep(0.15)
        connection.sendall(b"x" * 1000)
    assert rest(connection).endswith(b"9000")


def test_a_waiting_stream_is_not_a_slow_body(server):
    with connected(server, head("GET", "/stream", "Connection: close")) as connection:
        assert b"4\n" in rest(connection)


def test_pieces_of_a_stream_are_passed_on_at_once(server):
    host, port = server.address
    server.app.state.heard = threading.Semaphore(0)
    with httpx2.stream("GET", f"http://{host}:{port}/in-turn", timeout=60) as response:
        for piece in response.iter_text():
            assert piece == "one\n"
            server.app.state.heard.release()  # until then the next one is not made


def test_large_heads_are_refused(server):
    for sent in (
        head("GET", "/page", *[f"X-{n}: {'x' * 1000}" for n in range(1000)]),
        b"GET /" + b"x" * MEBIBYTE,
    ):
        connection = socket.create_connection(server.address, timeout=60)
        with contextlib.suppress(OSError):
            connection.sendall(sent)
        assert status(rest(connection) or b"HTTP/1.1 400 reset") in (400, 431)
    assert get(server).status_code == 200


@pytest.mark.parametrize("first", [b"", b"GET /page HTTP/1.1\r\n", head("GET", "/page")])
def test_a_head_that_trickles_ends_the_connection(server, first):
    """Also the second one of a connection."""
    connection = connected(server, first)
    ended = threading.Event()

    def trickle() -> None:
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            ended.set()

    thread = threading.Thread(target=trickle)
    thread.start()
    rest(connection)
    thread.join(60)
    assert ended.is_set()


def test_an_idle_connection_is_closed(server):
    assert rest(connected(server)) == b""
    wait_until(lambda: not server.server_state.connections)


def test_what_is_left_of_a_refused_body_does_not_keep_the_connection(server):
    connection = connected(server, head("POST", "/nowhere", "Content-Length: 1000000"))

    def trickle() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)

    thread = threading.Thread(target=trickle)
    thread.start()
    assert status(rest(connection)) == 404
    thread.join(60)
    assert not thread.is_alive()


def test_a_connection_outlives_one_request(server):
    with connected(server) as connection:
        for _ in range(4):
            connection.sendall(head("GET", "/page"))
            answer = b""
            while not answer.endswith(b'"page"'):
                answer += connection.recv(10_000)
            assert status(answer) == 200
            time.sleep(0.3)


def test_a_listener_that_does_not_read_is_dropped(server):
    with connected(server, head("GET", "/flood")) as frozen:
        wait_until(lambda: server.app.state.seen == ["ended"])
        wait_until(lambda: not server.server_state.connections)
        with contextlib.suppress(ConnectionResetError):
            frozen.recv(10)
    assert get(server).status_code == 200


def test_an_application_can_drop_a_connection(server):
    assert rest(connected(server, head("GET", "/drop"))) == b""
    assert server.app.state.seen == [True]
    assert not abort({"type": "http"})


def test_rubbish_is_no_request(server, caplog):
    assert status(rest(connected(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"))) == 400
    connection = connected(server, head("GET", "/stream", "Transfer-Encoding: chunked"))
    assert status(connection.recv(1000)) == 200
    connection.sendall(b"no length\r\n")
    rest(connection)
    assert get(server).status_code == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_too_many_connections(accounts):
    with served(Access(accounts, TOKEN), http=Patient, limit_concurrency=200) as server:
        connections = [connected(server) for _ in range(300)]
        wait_until(lambda: len(server.server_state.connections) == 300)
        surplus = connections.pop()
        surplus.sendall(head("GET", "/page"))
        answer = rest(surplus)
        assert status(answer) == 503
        assert b"application/problem+json" in answer
        assert CONTENT_SECURITY_POLICY.encode() in answer
        wait_until(lambda: len(server.server_state.connections) == 299)
        connections += [connected(server) for _ in range(101)]
        wait_until(lambda: len(server.server_state.connections) == 400)
        assert rest(connected(server)) == b""  # and not for being idle
        for connection in connections:
            connection.close()
        wait_until(lambda: not server.server_state.connections)
        assert get(server).status_code == 200


def test_only_a_trusted_proxy_says_where_a_request_comes_from(accounts):
    forwarded = (
        head(
            "POST",
            "/api/v1/session",
            "X-Forwarded-Proto: https",
            "X-Forwarded-For: 10.0.0.7",
            "Origin: https://library.test",
            "X-Requested-With: wellread",
            "Content-Type: application/json",
            f"Content-Length: {len(TOKEN) + 12}",
            "Connection: close",
        )
        + f'{{"token":"{TOKEN}"}}'.encode()
    )
    with served(Access(accounts, TOKEN), proxy_headers=False) as server:
        assert status(rest(connected(server, forwarded))) == 403
    with served(Access(accounts, TOKEN), forwarded_allow_ips=["127.0.0.1"]) as server:
        answer = rest(connected(server, forwarded))
        assert status(answer) == 200
        assert b"__Host-wellread_session=" in answer
