"""A provider that makes vectors as OpenAI does, and goes wrong as it is told to."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.tiny_embedder import vector_of


class EmbeddingServer(ThreadingHTTPServer):
    """`answers` are given first, one a request: a status with headers and a body, or what is done to the rows of a
    right answer."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.answers = []
        self.asked = []  # what came: the body
        self.keys = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked.append(body)
        server.keys.append(self.headers.get("Authorization"))
        answer = server.answers.pop(0) if server.answers else list
        if self.path != "/v1/embeddings":
            answer = (404, {}, "no such place")
        if isinstance(answer, tuple):
            return self.reply(*answer)
        rows = [{"index": n, "embedding": vector_of(text)} for n, text in enumerate(body["input"])]
        return self.reply(200, {}, json.dumps({"data": answer(rows)}))

    def reply(self, status, headers, text):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def embedding_server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
