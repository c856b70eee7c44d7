"""`/v1/chat/completions`: a run as a chat completion, whole or streamed."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from wellread.errors import WellreadError, public_text
from wellread.events import Usage
from wellread.serving.attended_run import AttendedRun
from wellread.serving.request import begin
from wellread.web.http.dependencies import CallerPart, FeedPart, LibraryPart, WorkerPart
from wellread.web.http.stream import ALIVE
from wellread.web.openai.errors import error_object
from wellread.web.openai.footnotes import Annotation
from wellread.web.openai.history import MOST_MESSAGES, history_of
from wellread.web.openai.messages import Message, question_of, said_before, with_a_question
from wellread.web.openai.reply import reply
from wellread.web.openai.request import (
    NO_PROBABILITIES,
    OpenAIRequest,
    plain_text_only,
    refusing,
    without_force,
)
from wellread.web.openai.run import Ending, Piece, Thought, Unfolding, Words
from wellread.wire.view import example

router = APIRouter(tags=["openai"])
_DONE = b"data: [DONE]\n\n"


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    include_usage: bool | None = None


class ChatRequest(OpenAIRequest):
    """A request for a chat completion."""

    model_config = example(
        model="wellread-quick",
        messages=[{"role": "user", "content": "What does Steady Hands say about delegation?"}],
        stream=True,
    )

    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, description="Output tokens of the run, of all its calls.")
    max_completion_tokens: int | None = Field(None, ge=1)
    n: int | None = None
    function_call: object = None
    response_format: object = None
    logprobs: object = None
    modalities: list[str] | None = None

    _question = field_validator("messages")(with_a_question)
    _format = field_validator("response_format")(plain_text_only)
    _function = field_validator("function_call")(without_force)
    _logprobs = field_validator("logprobs")(NO_PROBABILITIES)
    _one = field_validator("n")(
        refusing(lambda n: n not in (None, 1), "A question gets one answer. Leave it out, or say 1.")
    )
    _text = field_validator("modalities")(
        refusing(lambda kinds: kinds not in (None, ["text"]), "Wellread answers in text only.")
    )


@router.post(
    "/v1/chat/completions",
    summary="Ask as a chat completion",
    responses={200: {"content": {"application/json": {}, "text/event-stream": {}}}},
    response_class=Response,
)
async def complete(
    asked: ChatRequest,
    request: Request,
    caller: CallerPart,
    library: LibraryPart,
    feed: FeedPart,
    worker: WorkerPart,
) -> Response:
    """The last message of the user is the question; those before it are what was said. Streamed with `stream`. Who
    closes the connection cancels the run."""
    wanted = await asked.run_request(
        question_of(asked.messages),
        await asyncio.to_thread(history_of, said_before(asked.messages)),
        asked.max_completion_tokens or asked.max_tokens,
        caller,
        library,
    )
    begun = await begin(wanted, caller, library, worker)
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage is True
    completion = Completion(Unfolding(begun, str(request.base_url)), asked.model, with_usage=with_usage)
    return await reply(completion, AttendedRun(begun.run_id, feed, worker), request, stream=asked.stream)


class Completion:
    """A run on this wire."""

    def __init__(self, unfolding: Unfolding, model: str, *, with_usage: bool = False) -> None:
        self._unfolding = unfolding
        self._head = {
            "id": f"chatcmpl-{unfolding.run_id}",
            "created": unfolding.created,
            "model": model,
        }
        self._usage: dict[str, Any] = {"usage": None} if with_usage else {}
        self._told = {"conversation_id": unfolding.conversation_id, "run_id": unfolding.run_id}

    async def whole(self, attended: AttendedRun) -> dict[str, Any]:
        """A `chat.completion`. Raises as `Unfolding.tell` and `AttendedRun.events` do."""
        thoughts: list[str] = []
        message: dict[str, Any] = {"role": "assistant", "content": "", "refusal": None}
        finish: dict[str, Any] = {}
        async with aclosing(attended.events()) as following:
            async for events in following:
                for piece in self._unfolding.tell(events):
                    match piece:
                        case Thought(text=text):
                            thoughts.append(text)
                        case Words(text=text):
                            message["content"] += text
                        case Ending(annotations=marks, usage=usage, cut=cut):
                            message["annotations"] = list(map(_annotation, marks))
                            finish = {"finish": "length" if cut else "stop", "usage": _usage(usage)}
        message["reasoning_content"] = "".join(thoughts)
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [
                {"index": 0, "message": message, "finish_reason": finish["finish"], "logprobs": None}
            ],
            "usage": finish["usage"],
            "metadata": self._told,
        }

    async def streamed(self, attended: AttendedRun) -> AsyncGenerator[bytes, None]:
        """Its chunks as server-sent events. What goes wrong is the last of them, an error in place of a chunk."""
        yield self._chunk({"role": "assistant", "content": "", "refusal": None}, metadata=self._told)
        try:
            async with aclosing(attended.events()) as following:
                async for events in following:
                    if not events:
                        yield ALIVE
                    for piece in self._unfolding.tell(events):
                        yield self._piece(piece)
        except WellreadError as error:
            yield _data(error_object(error.status, public_text(error)))
            return
        yield _DONE

    def _piece(self, piece: Piece) -> bytes:
        match piece:
            case Thought(text=text):
                return self._chunk({"reasoning_content": text})
            case Words(text=text):
                return self._chunk({"content": text})
            case Ending(annotations=marks, usage=usage, cut=cut):
                # Clients that put deltas together join lists by an index: this one comes in one piece.
                delta = {"annotations": list(map(_annotation, marks))} if marks else {}
                last = self._chunk(delta, "length" if cut else "stop")
                return last + self._sent([], usage=_usage(usage)) if self._usage else last

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **further: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return self._sent([choice], **self._usage, **further)

    def _sent(self, choices: list[dict[str, Any]], **further: Any) -> bytes:
        return _data({**self._head, "object": "chat.completion.chunk", "choices": choices, **further})


def _annotation(mark: Annotation) -> dict[str, Any]:
    return {
        "type": "url_citation",
        "url_citation": {
            "start_index": mark.start,
            "end_index": mark.end,
            "title": mark.title,
            "url": mark.url,
        },
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _data(content: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()
