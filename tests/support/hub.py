"""One repository as the Hugging Face hub serves it: its listing with checksums, and its files by way of a redirect."""

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextlib.contextmanager
def hub_of(repo: str, files: Mapping[str, bytes], license: str = "") -> Iterator["Hub"]:
    with Hub(repo, files, license) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def is_large(name: str) -> bool:
    """Whether a file is kept apart from git, and so has an SHA-256."""
    return not name.endswith((".json", ".md"))


def checksum(name: str, content: bytes) -> str:
    if is_large(name):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(ThreadingHTTPServer):
    """`cut` ends answers after so many bytes."""

    daemon_threads = True

    def __init__(self, repo, files, license):
        super().__init__(("127.0.0.1", 0), Answer)
        self.repo = repo
        self.files = dict(files)
        self.hashes = {name: checksum(name, content) for name, content in files.items()}
        self.license = license
        self.cut = None
        self.ranges = True
        self.asked = []  # the ranges

    @property
    def environment(self):
        return {"HF_ENDPOINT": f"http://127.0.0.1:{self.server_port}"}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith(f"/api/models/{self.server.repo}?"):
            self.listing()
        elif self.path.startswith("/api/models/Leaf/Secret"):
            self.reply(401, b"", {"X-Error-Code": "GatedRepo"})
        elif self.path.startswith("/api/models/Leaf/Portal"):
            self.reply(200, b"<html>Sign in to this network</html>", {})
        elif self.path.startswith("/api/models/Leaf/Busy"):
            self.reply(429, b"", {})
        elif found := re.fullmatch(f"/{self.server.repo}/resolve/c0ffee/(.+)", self.path):
            self.reply(302, b"", {"Location": f"/cdn/{found[1]}"})
        elif self.path.startswith("/cdn/"):
            self.content(self.server.files[self.path.removeprefix("/cdn/")])
        else:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"})

    def listing(self):
        body = {"id": self.server.repo, "sha": "c0ffee", "siblings": [*map(self.sibling, self.server.files)]}
        if self.server.license:
            body["cardData"] = {"license": self.server.license}
        self.reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def sibling(self, name):
        size, digest = len(self.server.files[name]), self.server.hashes[name]
        if not is_large(name):
            return {"rfilename": name, "size": size, "blobId": digest}
        return {"rfilename": name, "size": size, "lfs": {"size": size, "sha256": digest, "pointerSize": 130}}

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
