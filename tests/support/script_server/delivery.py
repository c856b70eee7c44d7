"""The delivery of a turn over a connection, with all that goes wrong on the way."""

import json
import math
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from support.script_server.connection import Connection
from support.script_server.wire import Answer
from wellread.models.scripted.reply import Fault
from wellread.models.scripted.turn import Refusal, ScriptedTurn

_PAGE = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>Please log in.</body></html>"
_NO_HTTP = b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n"


class Delivery:
    """One answer on its way. After `send`, the connection is ready for the next request, or closed."""

    def __init__(self, connection: Connection, answer: Answer, turn: ScriptedTurn) -> None:
        self.connection = connection
        self.answer = answer
        self.turn = turn
        self.kind = turn.fault.kind if turn.fault is not None else None

    async def send(self, streamed: bool) -> None:
        if self.turn.fault is not None and await self._instead(self.turn.fault, streamed):
            return
        if streamed:
            await self._stream()
        else:
            await self._at_once()

    async def _instead(self, fault: Fault, streamed: bool) -> bool:
        """Whether the fault took the place of the answer."""
        connection = self.connection
        match fault.kind:
            case "status":
                await _send_status(connection, self.answer, fault)
            case "error_event" if not streamed:
                await _send_status(connection, self.answer, fault)
            case "not_json":
                await connection.send_bytes(200, "text/html; charset=utf-8", _PAGE)
            case "reset":
                await connection.reset()
            case "close":
                connection.close()
            case "garbage_headers":
                await connection.write_raw(_NO_HTTP)
                connection.close()
            case _:
                if fault.kind == "stall":
                    await self.turn.silence()
                if fault.kind == "malformed":
                    connection.damage(fault.at)
                return False
        return True

    async def _stream(self) -> None:
        connection, answer = self.connection, self.answer
        await connection.begin(200, self._content_type("text/event-stream"), None)
        if self.kind == "stall_headers":
            await self.turn.silence()
        await connection.write(answer.opening())
        async with aclosing(self.turn.stream()) as tokens:
            async for token in tokens:
                await connection.write(answer.piece(token))
        if self.kind == "reset_stream":
            await connection.reset()
            return
        if self.kind == "error_event" and self.turn.fault is not None:
            await connection.write(answer.failure(_refusal(self.turn.fault)))
        elif self.kind != "cut":
            await connection.write(answer.closing())
        await connection.end()

    async def _at_once(self) -> None:
        """The answer in one piece; a fault of the stream strikes in the middle of its bytes."""
        connection = self.connection
        async with aclosing(self.turn.stream()) as stream:
            tokens = [token async for token in stream]
        body = json.dumps(self.answer.whole(tokens), ensure_ascii=False).encode()
        await connection.begin(200, self._content_type("application/json"), len(body))
        if self.kind == "stall_headers":
            await self.turn.silence()
        if self.kind in ("reset_stream", "cut"):
            await connection.write(body[: len(body) // 2])
            if self.kind == "cut":
                connection.close()
            else:
                await connection.reset()
        else:
            await connection.write(body)

    def _content_type(self, right: str) -> str:
        return "text/plain" if self.kind == "wrong_content_type" else right


async def refuse(connection: Connection, answer: type[Answer], refusal: Refusal) -> None:
    headers = {"x-should-retry": "false"} if refusal.final else {}
    await connection.send(refusal.status, answer.error(refusal), headers)


async def _send_status(connection: Connection, answer: Answer, fault: Fault) -> None:
    headers = _retry_headers(fault)
    if fault.body and fault.kind == "status":
        await connection.send_bytes(fault.status, _type_of(fault.body), fault.body.encode(), headers)
    else:
        await connection.send(fault.status, answer.error(_refusal(fault)), headers)


def _refusal(fault: Fault) -> Refusal:
    return Refusal(fault.status, fault.body or f"the script answers with status {fault.status}")


def _retry_headers(fault: Fault) -> Mapping[str, str]:
    if fault.retry_after is None:
        return {}
    milliseconds, seconds = round(fault.retry_after * 1000), math.ceil(fault.retry_after)
    return {"retry-after-ms": str(milliseconds), "retry-after": str(seconds)}


def _type_of(body: str) -> str:
    return "application/json" if parsed(body.encode()) is not None else "text/plain; charset=utf-8"


def parsed(body: bytes) -> dict[str, Any] | None:
    """The object of a JSON text; None when it is none."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
