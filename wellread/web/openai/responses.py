"""`/v1/responses`: a run as a response, whole or streamed."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from wellread.agent.run.start import RunRequest, exchange_of
from wellread.engine import Wellread
from wellread.events import Exchange
from wellread.serving.attended_run import AttendedRun
from wellread.serving.request import Caller, begin
from wellread.web.http.dependencies import CallerPart, FeedPart, LibraryPart, WorkerPart
from wellread.web.openai.history import MOST_EXCHANGES, MOST_MESSAGES, bare, history_of
from wellread.web.openai.messages import Message, question_of, said_before, with_a_question
from wellread.web.openai.reply import reply
from wellread.web.openai.request import (
    ConversationReference,
    OpenAIRequest,
    plain_text_only,
    refused,
    refusing,
)
from wellread.web.openai.response_events import ResponseEvents
from wellread.web.openai.run import Unfolding
from wellread.wire.view import example

router = APIRouter(tags=["openai"])
_PREFIX = "resp_"
_NOT_READ = ("reasoning", "item_reference")  # items of an earlier response, as a client gives them back


def _messages(given: object) -> object:
    """The messages among the items of an input. Refuses items that say something which would not be heard."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list):
        return given
    messages: list[object] = []
    for number, item in enumerate(given):
        kind = item.get("type", "message") if isinstance(item, dict) else "message"
        if kind == "message":
            messages.append(item)
        elif kind not in _NOT_READ:
            raise refused(f"Item {number} is a {str(kind)[:100]}; Wellread reads messages.")
    return messages


def _conversation(given: object) -> object:
    return {"id": given} if isinstance(given, str) else given


class ReplyMessage(BaseModel):
    """How the answer is to be written."""

    model_config = ConfigDict(extra="ignore")

    format: object = None

    _format = field_validator("format")(plain_text_only)


class ResponsesRequest(OpenAIRequest):
    """A request for a response."""

    model_config = example(
        model="wellread-quick", input="What does Steady Hands say about delegation?", stream=True
    )

    input: Annotated[list[Message], BeforeValidator(_messages)] = Field(
        min_length=1,
        max_length=MOST_MESSAGES,
        description="The question, or the messages that end with it.",
    )
    previous_response_id: str | None = Field(None, max_length=80)
    conversation: Annotated[ConversationReference, BeforeValidator(_conversation)] | None = None
    max_output_tokens: int | None = Field(
        None, ge=1, description="Output tokens of the run, of all its calls."
    )
    text: ReplyMessage | None = None
    background: bool | None = None
    prompt: object = None

    _question = field_validator("input")(with_a_question)
    _foreground = field_validator("background")(
        refusing(bool, "Responses are not made in the background here; /api/v1/runs are. Leave it out.")
    )
    _no_template = field_validator("prompt")(
        refusing(
            lambda prompt: prompt is not None, "There are no prompt templates here: say it in the input."
        )
    )

    @model_validator(mode="after")
    def _one_past(self) -> "ResponsesRequest":
        if self.previous_response_id and self.conversation:
            raise refused("Give previous_response_id or conversation, not both.")
        return self


@router.post(
    "/v1/responses",
    summary="Ask as a response",
    responses={200: {"content": {"application/json": {}, "text/event-stream": {}}}},
    response_class=Response,
)
async def respond(
    asked: ResponsesRequest,
    request: Request,
    caller: CallerPart,
    library: LibraryPart,
    feed: FeedPart,
    worker: WorkerPart,
) -> Response:
    """The last message of the user is the question. Goes on with the conversation of `previous_response_id` or with
    `conversation`. Streamed with `stream`. Who closes the connection cancels the run."""
    begun = await begin(await _run_request(asked, caller, library), caller, library, worker)
    repeated = {
        "model": asked.model,
        "previous_response_id": asked.previous_response_id,
        "max_output_tokens": asked.max_output_tokens,
        "metadata": asked.metadata.given if asked.metadata else {},
    }
    told = ResponseEvents(Unfolding(begun, str(request.base_url)), repeated)
    return await reply(told, AttendedRun(begun.run_id, feed, worker), request, stream=asked.stream)


async def _run_request(asked: ResponsesRequest, caller: Caller, library: Wellread) -> RunRequest:
    question = question_of(asked.input)
    conversation_id, history = "", await asyncio.to_thread(history_of, said_before(asked.input))
    if asked.conversation:
        conversation_id = asked.conversation.id
    elif asked.previous_response_id:
        run_id = asked.previous_response_id.removeprefix(_PREFIX)
        conversation_id, history = await asyncio.to_thread(_past, run_id, caller, library)
    return await asked.run_request(
        question, history, asked.max_output_tokens, caller, library, conversation_id=conversation_id
    )


def _past(run_id: str, caller: Caller, library: Wellread) -> tuple[str, tuple[Exchange, ...]]:
    """What to go on with after a run: its conversation, or, when that went another way since, what was said in it
    until then. Raises NotFoundError."""
    conversation_id = library.history.run(run_id, caller.account_id).conversation_id
    runs = library.history.ids(conversation_id)
    if runs[-1] == run_id:
        return conversation_id, ()
    until_then = runs[: runs.index(run_id) + 1][-MOST_EXCHANGES:]
    said = (exchange_of(library.history.events(run)) for run in until_then)
    # The new conversation lacks the knowledge whose numbers those answers have.
    return "", tuple(exchange.model_copy(update={"answer": bare(exchange.answer)}) for exchange in said)
