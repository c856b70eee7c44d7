"""The Hugging Face hub, or what a test needs of it, in a thread of its own."""

import contextlib
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = {
    "tea-q4_k_m.gguf": b"GGUF" + os.urandom(3_000_000),
    "tea-q8_0.gguf": b"GGUF" + os.urandom(1000),
    "mmproj-tea-f16.gguf": b"GGUF",
    "big/tea-f16-00001-of-00002.gguf": b"GGUF one",
    "big/tea-f16-00002-of-00002.gguf": b"GGUF two",
    "README.md": b"# Tea",
}


class Hub(ThreadingHTTPServer):
    """The Hugging Face hub with one repository, under any of `names`; `cut` ends answers after so many bytes. Files in
    `in_git` are small ones, of which the hub states git's hash."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = dict(CONTENT)
        self.hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
        self.names = ["Leaf/Tea-GGUF"]
        self.in_git = set()
        self.revision = "c0ffee"
        self.tags = ["gguf", "license:apache-2.0"]
        self.cut = None
        self.ranges = True
        self.asked = []  # the ranges

    @property
    def environment(self):
        return {"HF_ENDPOINT": f"http://127.0.0.1:{self.server_port}"}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        if name := next((n for n in self.server.names if self.path.startswith(f"/api/models/{n}?")), ""):
            self.listing(name)
        elif self.path.startswith("/api/models/Leaf/Secret"):
            self.reply(401, b"", {"X-Error-Code": "GatedRepo"})
        elif self.path.startswith("/api/models/Leaf/Portal"):
            self.reply(200, b"<html>Sign in to this network</html>", {})
        elif self.path.startswith("/api/models/Leaf/Busy"):
            self.reply(429, b"", {})
        elif found := re.fullmatch(r"/[^/]+/[^/]+/resolve/\w+/(.+)", self.path):
            self.reply(302, b"", {"Location": f"/cdn/{found[1]}"})
        elif self.path.startswith("/cdn/"):
            self.content(self.server.files[self.path.removeprefix("/cdn/")])
        else:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"})

    def listing(self, repo):
        siblings = [{"rfilename": name, **self.stated(name)} for name in self.server.files]
        body = {"id": repo, "sha": self.server.revision, "siblings": siblings, "tags": self.server.tags}
        self.reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def stated(self, name):
        content = self.server.files[name]
        if name in self.server.in_git:
            head = f"blob {len(content)}\0".encode()
            return {"size": len(content), "blobId": hashlib.sha1(head + content).hexdigest()}
        own = {"size": len(content), "sha256": self.server.hashes[name], "pointerSize": 130}
        return {"size": len(content), "lfs": own}

    def content(self, content):
        start = 0
        if self.server.ranges and (found := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))):
            start = int(found[1])
        self.server.asked.append(start)
        self.send_response(206 if self.server.ranges else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content[start:][: self.server.cut])

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving_hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
