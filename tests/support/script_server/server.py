"""A server that follows a script: the wires of OpenAI and Anthropic over real HTTP, for tests and demonstrations."""

import asyncio
from types import TracebackType
from typing import Self

import h11

from support.script_server.chat import ChatAnswer
from support.script_server.connection import Connection, HttpRequest
from support.script_server.delivery import Delivery, parsed, refuse
from support.script_server.messages import MessagesAnswer
from support.script_server.responses import ResponsesAnswer
from support.script_server.wire import MODEL, Answer
from wellread.errors import LimitError, UnavailableError
from wellread.models.scripted.script import Script
from wellread.models.scripted.turn import Refusal, turn_for

WIRES: dict[str, type[Answer]] = {
    "/v1/chat/completions": ChatAnswer,
    "/v1/responses": ResponsesAnswer,
    "/v1/messages": MessagesAnswer,
    "/messages": MessagesAnswer,
}


class ScriptServer:
    """A script that is served at `address` until `close`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.address = ""
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> None:
        """UnavailableError when the address cannot be had."""
        try:
            self._server = await asyncio.start_server(self._accept, host, port, backlog=512)
        except OSError as error:
            raise UnavailableError(
                f"{host}:{port} cannot be served at: {error}.", hint="Choose another port, or 0 for any."
            ) from error
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def close(self) -> None:
        """Ends all answers that are under way."""
        if self._server is None:
            return
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.sleep(0)  # the sockets are closed one turn of the loop later

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(Connection(reader, writer)))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            await self._converse(connection)
        except ConnectionError:
            pass  # the client left, which is its right
        except asyncio.CancelledError:
            connection.abort()
            raise
        finally:
            connection.close()

    async def _converse(self, connection: Connection) -> None:
        while connection.open:
            try:
                request = await connection.request()
            except (LimitError, h11.RemoteProtocolError) as error:
                status = 413 if isinstance(error, LimitError) else 400
                await refuse(connection, ChatAnswer, Refusal(status, str(error)))
                await connection.leave()
                return
            if request is None:
                return
            await self._answer(connection, request)
            if not request.keep_alive:
                return

    async def _answer(self, connection: Connection, request: HttpRequest) -> None:
        wire = WIRES.get(request.path)
        if request.path == "/v1/models" and request.method == "GET":
            await connection.send(200, _MODELS)
        elif wire is None:
            known = ", ".join([*WIRES, "/v1/models"])
            await refuse(connection, ChatAnswer, Refusal(404, f"{request.path} is none of {known}"))
        elif request.method != "POST":
            await refuse(connection, wire, Refusal(405, f"{request.path} takes POST"))
        else:
            await self._turn(connection, wire, request.body)

    async def _turn(self, connection: Connection, wire: type[Answer], content: bytes) -> None:
        body = parsed(content)
        if body is None:
            await refuse(connection, wire, Refusal(400, "the request is no JSON object"))
            return
        try:
            request = wire.request(body)
        except (KeyError, TypeError, AttributeError) as error:
            await refuse(connection, wire, Refusal(400, f"the request is not understood: {error!r}"))
            return
        turn = turn_for(self.script, request)
        if isinstance(turn, Refusal):
            await refuse(connection, wire, turn)
            return
        answer = wire(body, turn, len(self.script.requests))
        await Delivery(connection, answer, turn).send(streamed=bool(body.get("stream")))


async def serve(script: Script, host: str = "127.0.0.1", port: int = 0) -> ScriptServer:
    """The script, served; `async with await serve(script) as server` closes it. Port 0: any that is free."""
    server = ScriptServer(script)
    await server.start(host, port)
    return server


_MODELS = {
    "object": "list",
    "data": [
        {
            "id": MODEL,
            "object": "model",
            "type": "model",
            "created": 0,
            "created_at": "1970-01-01T00:00:00Z",
            "display_name": "Scripted",
            "owned_by": "wellread",
        }
    ],
    "has_more": False,
    "first_id": MODEL,
    "last_id": MODEL,
}
