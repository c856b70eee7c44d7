"""Programs of this machine and providers as they answer over HTTP, for tests: their lists of models, and refusals."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply()

    def reply(self):
        status, body = self.server.answers.get(self.path, (404, {}))
        # What a careless provider does: it tells the key again.
        text = json.dumps(body).replace("KEY", self.headers.get("Authorization", "").removeprefix("Bearer "))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@contextmanager
def answering(answers: Mapping[str, tuple[int, object]]) -> Iterator[str]:
    """The address of a server that answers each path with a status and JSON, in which KEY is the caller's key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
        server.answers = answers
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def refusing():
    """A provider that refuses every key, and tells it again."""
    error = {"error": {"message": "Incorrect API key provided: KEY", "code": "invalid_api_key"}}
    return answering({"/v1/chat/completions": (401, error)})


def ollama(*names: str):
    return answering({"/api/tags": (200, {"models": [{"name": name} for name in names]})})


def lm_studio(*names: str):
    return answering({"/v1/models": (200, {"object": "list", "data": [{"id": name} for name in names]})})
