"""One connection of a client to the scripted model: requests are read with h11, answers written as HTTP/1.1."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11

from wellread.errors import LimitError

MAX_BODY = 16 * 2**20
_READ = 2**16
_PATIENCE = 2.0  # seconds
_ON_ITS_WAY = 0.05  # seconds until what was written has reached a client of the same machine


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str  # without the query
    body: bytes
    keep_alive: bool


class Connection:
    """`request`, then `send` or `begin`, `write` and `end`, again and again while `open`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._early = b""
        self._damaged: int | None = None
        self._written = 0
        self._chunked = False

    @property
    def open(self) -> bool:
        return not self._writer.is_closing()

    async def request(self) -> HttpRequest | None:
        """The next request; None when the client has left. h11.RemoteProtocolError when it is no HTTP,
        LimitError when its body is too long."""
        self._damaged = None
        parser = h11.Connection(h11.SERVER)
        if self._early:
            parser.receive_data(self._early)
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue:
                    self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    parser.send(h11.InformationalResponse(status_code=100, headers=[]))
                parser.receive_data(await self._reader.read(_READ))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MAX_BODY:
                    raise LimitError(f"The request has more than {MAX_BODY} bytes.", hint="Send less.")
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                self._early = parser.trailing_data[0]
                return _read(head, bytes(body))
            else:
                return None

    async def send(
        self, status: int, payload: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole answer of JSON."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        await self.send_bytes(status, "application/json", body, headers)

    async def send_bytes(
        self, status: int, content_type: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        await self.begin(status, content_type, len(body), headers)
        await self.write(body)

    async def begin(
        self, status: int, content_type: str, length: int | None, headers: Mapping[str, str] | None = None
    ) -> None:
        """The head of an answer; one without a length comes in chunks, and `end` ends it."""
        self._written = 0
        self._chunked = length is None
        size = {"transfer-encoding": "chunked"} if length is None else {"content-length": str(length)}
        lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
        lines += [f"{key}: {value}" for key, value in {"content-type": content_type, **size}.items()]
        lines += [f"{key}: {value}" for key, value in (headers or {}).items()]
        await self.write_raw("\r\n".join([*lines, "", ""]).encode())

    def damage(self, at: int) -> None:
        """Byte `at` of the next body will be a zero, which no JSON may have."""
        self._damaged = at

    async def write(self, data: bytes) -> None:
        """A part of the body, sent at once."""
        if self._damaged is not None and self._damaged < self._written + len(data):
            place = self._damaged - self._written
            data = data[:place] + b"\0" + data[place + 1 :]
            self._damaged = None
        self._written += len(data)
        await self.write_raw(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def write_raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def end(self) -> None:
        if self._chunked:
            await self.write_raw(b"0\r\n\r\n")

    async def leave(self) -> None:
        """The end after an answer to a request that was not read to its end: what still comes is thrown away for a
        moment, because closing at once would reset the connection before the client has read the answer."""
        self._writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while await self._reader.read(_READ):
                    pass

    def close(self) -> None:
        """A clean end, after all that was written."""
        self._writer.close()

    async def reset(self) -> None:
        """The end by RST, after all that was written."""
        await asyncio.sleep(_ON_ITS_WAY)
        linger_no_time = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_no_time)
        self.abort()

    def abort(self) -> None:
        """The end at once; what is still to be written is lost."""
        self._writer.transport.abort()


def _read(head: h11.Request, body: bytes) -> HttpRequest:
    path = head.target.decode("ascii").partition("?")[0]
    leaves = (b"connection", b"close") in [(name, value.lower()) for name, value in head.headers]
    keep_alive = head.http_version == b"1.1" and not leaves
    return HttpRequest(head.method.decode("ascii"), path, body, keep_alive)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
