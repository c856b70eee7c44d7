"""`/api/v1/agui`: a run for front ends that speak AG-UI (the Agent-User Interaction protocol, 1.0)."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from ag_ui.core import AssistantMessage, RunAgentInput, RunErrorEvent, UserMessage
from ag_ui.core.types import Message, TextPart
from ag_ui.encoder import EventEncoder
from fastapi import APIRouter
from pydantic import BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from wellread.agent.run.start import RunRequest
from wellread.engine import Wellread
from wellread.errors import BadRequestError, NotFoundError, WellreadError, public_text
from wellread.serving.attended_run import AttendedRun
from wellread.serving.request import Caller, begin, request_of
from wellread.store.database.storable_text import storable
from wellread.store.runs.runs import IdempotencyKey
from wellread.web.agui.events import Translation
from wellread.web.http.dependencies import CallerPart, FeedPart, LibraryPart, WorkerPart
from wellread.web.http.stream import ALIVE, ByteStream
from wellread.web.openai.history import MOST_MESSAGES, Turn, history_of
from wellread.wire.runs import Question

router = APIRouter(prefix="/api/v1/agui", tags=["agui"])


def _bearable(given: Any) -> Any:
    """The input in characters that can be stored and sent. Refuses more messages than are read."""
    messages = given.get("messages") if isinstance(given, dict) else None
    if isinstance(messages, list) and len(messages) > MOST_MESSAGES:
        raise PydanticCustomError("too_long", f"There are more than {MOST_MESSAGES:,} messages.")
    try:
        return storable(given)
    except RecursionError as error:
        raise PydanticCustomError("too_deep", "It is nested too deeply.") from error


Asked = Annotated[RunAgentInput, BeforeValidator(_bearable)]


@router.post(
    "",
    summary="Ask over AG-UI",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def run_agent(
    asked: Asked, caller: CallerPart, library: LibraryPart, feed: FeedPart, worker: WorkerPart
) -> Response:
    """The last message of the user is the question, the thread is a conversation, and the run's id is the request's
    idempotency key. Who closes the connection cancels the run."""
    request = await _request(asked, caller, library)
    begun = await begin(request, caller, library, worker, key=_key(asked))
    attended = AttendedRun(begun.run_id, feed, worker)
    translation = Translation(asked.thread_id, asked.run_id, asked.messages)
    return ByteStream(_told(attended, translation), attended=attended)


async def _told(attended: AttendedRun, translation: Translation) -> AsyncGenerator[bytes, None]:
    encoder = EventEncoder()
    try:
        async with aclosing(attended.events()) as following:
            async for events in following:
                if not events:
                    yield ALIVE
                for event in events:
                    yield "".join(map(encoder.encode, translation.of(event))).encode()
    except WellreadError as error:
        ended = RunErrorEvent(message=public_text(error), code=str(error.status))
        yield encoder.encode(ended).encode()


async def _request(asked: RunAgentInput, caller: Caller, library: Wellread) -> RunRequest:
    """Raises BadRequestError for what holds no question, and as `request_of` does."""
    if not (asked.thread_id and asked.run_id):
        raise BadRequestError("threadId or runId is empty.", hint="Give each thread and each run an id.")
    questions = [number for number, message in enumerate(asked.messages) if isinstance(message, UserMessage)]
    if not questions:
        raise BadRequestError(
            "There is no message of the user, so there is no question.",
            hint="Send the question as the last message, with the role user.",
        )
    question = _question(_text(asked.messages[questions[-1]]), asked.forwarded_props)
    request = await request_of(question, caller, library)
    if question.conversation_id:
        return request
    conversation_id = _conversation(caller, asked.thread_id)
    try:
        await asyncio.to_thread(library.history.conversation, conversation_id, caller.account_id)
    except NotFoundError:
        history = await asyncio.to_thread(history_of, _said_before(asked.messages[: questions[-1]]))
        return replace(request, new_conversation_id=conversation_id, history=history)
    options = request.options.model_copy(update={"conversation_id": conversation_id})
    return replace(request, options=options)


def _question(text: str, forwarded: object) -> Question:
    """With what the front end says beside it, in `forwardedProps` under `wellread`. Raises BadRequestError."""
    said = forwarded.get("wellread", {}) if isinstance(forwarded, dict) else {}
    try:
        return Question.model_validate({"question": text, **_mapping(said)})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequestError(
            f"forwardedProps.wellread.{'.'.join(map(str, first['loc']))}: {first['msg']}.",
            hint="It may hold what a question of POST /api/v1/runs may hold.",
        ) from error


def _mapping(said: object) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise BadRequestError("forwardedProps.wellread is no object.", hint='As in {"mode": "deep"}.')
    return said


def _text(message: Message) -> str:
    """The text of a message of the user. Raises BadRequestError for pictures and the like."""
    if not isinstance(message, UserMessage):
        return ""
    parts = () if isinstance(message.content, str) else message.content
    others = [part.type for part in parts if not isinstance(part, TextPart)]
    if others:
        raise BadRequestError(
            f"Wellread reads questions in text, and this one holds {', '.join(others)}.",
            hint="Send text; a document belongs into the library.",
        )
    return _joined(message)


def _joined(message: UserMessage) -> str:
    """The parts that are text, joined."""
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))


def _said_before(messages: Sequence[Message]) -> Iterator[Turn]:
    """What was said in these messages, the last first."""
    for message in reversed(messages):
        if isinstance(message, UserMessage):
            yield message.role, _joined(message)
        elif isinstance(message, AssistantMessage):
            yield message.role, message.content or ""


def _conversation(caller: Caller, thread_id: str) -> str:
    """The id of the caller's conversation for a thread."""
    return _digest(f"{caller.account_id}\n{thread_id}")[:32]


def _key(asked: RunAgentInput) -> IdempotencyKey:
    """Of requests with the same thread and run the first begins a run."""
    said = [message.model_dump_json() for message in asked.messages if isinstance(message, UserMessage)]
    return IdempotencyKey(
        "agui " + _digest(f"{asked.thread_id}\n{asked.run_id}"),
        _digest(f"{said}\n{asked.forwarded_props!r}"),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
