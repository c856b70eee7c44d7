"""A proxy for tests that cuts streams of events off: after so many bytes of one, and then of the next, and so on."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

RETRY = (b"retry: 1000", b"retry: 0002")  # the same pause in fewer milliseconds, for the test's sake


class Cutting:
    """`cuts` are the bytes after which each answer with events is cut off; after the last of them all is whole."""

    def __init__(self, address: str, cuts: Iterator[int]) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname, parts.port)
        self._cuts = cuts
        self.made = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._pass_on, args=[client])
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(20)

    def _pass_on(self, client: socket.socket) -> None:
        """One request and its answer; the connection is not used for another."""
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                piece = client.recv(65536)
                if not piece:
                    return
                request += piece
            head, _, body = request.partition(b"\r\n\r\n")
            length = next(
                (
                    int(line[15:])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            while len(body) < length:
                body += client.recv(65536)
            server.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
            left = next(self._cuts, None) if b"/events" in head.split(b"\r\n")[0] else None
            while piece := server.recv(65536):
                piece = piece.replace(*RETRY)
                if left is not None and len(piece) >= left:
                    client.sendall(piece[:left])
                    self.made += 1
                    if self.made % 3 == 0:  # sometimes as a crash is seen, sometimes as an end
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                client.sendall(piece)
                left = None if left is None else left - len(piece)


@contextmanager
def cutting(address: str, cuts: Iterator[int]) -> Iterator[Cutting]:
    proxy = Cutting(address, cuts)
    thread = threading.Thread(target=proxy.run)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(20)
