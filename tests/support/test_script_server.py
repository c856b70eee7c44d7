"""The scripted model over real HTTP: the official clients, and Pydantic AI over them, on each wire."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import anthropic
import httpx2
import openai
import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelServerError,
    UnexpectedModelBehavior,
)
from pydantic_ai.messages import ModelRequest, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition

from support.paths import DOCS
from support.script_server.__main__ import serve_script
from support.script_server.server import serve
from wellread.errors import UnavailableError
from wellread.models.scripted.model import ScriptedModel
from wellread.models.scripted.reply import FaultKind
from wellread.models.scripted.script import Script

PAGE = DOCS / "scripted-model.md"
TEXT = '[[reply]]\ntext = "Tea is a drink made of leaves."\n'
SEARCH = '[[reply]]\nthinking = "hm"\naction = "search"\nparameters = { questions = ["What is tea?"] }\n'
ARGUMENTS = {"thinking": "hm", "questions": ["What is tea?"]}
SCHEMA = {
    "type": "object",
    "properties": {
        "thinking": {"type": "string"},
        "questions": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["thinking", "questions"],
    "additionalProperties": False,
}
MANY = 400_000  # tokens


@dataclass
class Got:
    """What a client made of an answer."""

    text: str = ""
    tool: str | None = None
    end: str | None = None
    usage: tuple[int, int] | None = None


def options(timeout):
    # to read the certificates of the world takes longer than most tests
    plain = httpx2.AsyncClient(verify=False, limits=httpx2.Limits(max_connections=None))
    return {"api_key": "none", "max_retries": 0, "timeout": timeout, "http_client": plain}


def openai_client(address, timeout=20):
    return openai.AsyncOpenAI(base_url=f"{address}/v1", **options(timeout))


def anthropic_client(address, timeout=20):
    return anthropic.AsyncAnthropic(base_url=address, **options(timeout))


async def chat(address, stream, want="text", **timing):
    extra = {}
    if want == "tool":
        extra["tools"] = [{"type": "function", "function": {"name": "search", "parameters": SCHEMA}}]
        extra["tool_choice"] = "required"
    if want == "json":
        schema = {"name": "search", "schema": SCHEMA, "strict": True}
        extra["response_format"] = {"type": "json_schema", "json_schema": schema}
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "What is tea?"}]
    async with openai_client(address, **timing) as client:
        if not stream:
            whole = await client.chat.completions.create(model="m", messages=messages, **extra)
            if isinstance(whole, str):
                return whole
            [choice] = whole.choices
            calls = choice.message.tool_calls or []
            text = calls[0].function.arguments if calls else choice.message.content or ""
            name = calls[0].function.name if calls else None
            usage = whole.usage.prompt_tokens, whole.usage.completion_tokens
            return Got(text, name, choice.finish_reason, usage)
        extra |= {"stream": True, "stream_options": {"include_usage": True}}
        got = Got()
        async for chunk in await client.chat.completions.create(model="m", messages=messages, **extra):
            if chunk.usage is not None:
                got.usage = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
            for choice in chunk.choices:
                got.text += choice.delta.content or ""
                for call in choice.delta.tool_calls or []:
                    got.tool = call.function.name or got.tool
                    got.text += call.function.arguments
                got.end = choice.finish_reason or got.end
        return got


async def responses(address, stream, want="text", **timing):
    extra = {}
    if want == "tool":
        extra["tools"] = [{"type": "function", "name": "search", "parameters": SCHEMA, "strict": False}]
    if want == "json":
        extra["text"] = {"format": {"type": "json_schema", "name": "search", "schema": SCHEMA}}
    extra |= {"model": "m", "instructions": "Be kind.", "input": "What is tea?"}
    async with openai_client(address, **timing) as client:
        if not stream:
            whole = await client.responses.create(**extra)
            return whole if isinstance(whole, str) else of_response(whole)
        got = Got()
        async for event in await client.responses.create(stream=True, **extra):
            if event.type in ("response.output_text.delta", "response.function_call_arguments.delta"):
                got.text += event.delta
            elif event.type == "response.output_item.added" and event.item.type == "function_call":
                got.tool = event.item.name
            elif event.type == "error":
                raise openai.APIError(event.message, httpx2.Request("POST", address), body=None)
            elif event.type in ("response.completed", "response.incomplete"):
                end = of_response(event.response)
                assert (end.text, end.tool) == (got.text, got.tool)
                return end
        return got


def of_response(response):
    calls = [item for item in response.output if item.type == "function_call"]
    text = calls[0].arguments if calls else response.output_text
    end = response.incomplete_details.reason if response.incomplete_details else response.status
    usage = response.usage.input_tokens, response.usage.output_tokens
    return Got(text, calls[0].name if calls else None, end, usage)


async def messages(address, stream, want="text", **timing):
    extra = {}
    if want == "tool":
        extra["tools"] = [{"name": "search", "input_schema": SCHEMA}]
    if want == "json":
        extra["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    asked = [{"role": "user", "content": [{"type": "text", "text": "What is tea?"}]}]
    extra |= {"model": "m", "max_tokens": MANY, "system": "Be kind.", "messages": asked}
    async with anthropic_client(address, **timing) as client:
        if not stream:
            whole = await client.messages.create(**extra)
            if isinstance(whole, str):
                return whole
            usage = whole.usage.input_tokens, whole.usage.output_tokens
            if not whole.content:
                return Got("", None, whole.stop_reason, usage)
            [block] = whole.content
            if block.type == "text":
                return Got(block.text, None, whole.stop_reason, usage)
            given = block.input if isinstance(block.input, str) else json.dumps(block.input)
            return Got(given, block.name, whole.stop_reason, usage)
        got = Got()
        async for event in await client.messages.create(stream=True, **extra):
            if event.type == "message_start":
                read = event.message.usage.input_tokens
            elif event.type == "content_block_start" and event.content_block.type == "tool_use":
                got.tool = event.content_block.name
            elif event.type == "content_block_delta":
                got.text += event.delta.text if event.delta.type == "text_delta" else event.delta.partial_json
            elif event.type == "message_delta":
                got.end, got.usage = event.delta.stop_reason, (read, event.usage.output_tokens)
        return got


CLIENTS = {"chat": chat, "responses": responses, "messages": messages}
ENDS = {
    "chat": {"text": "stop", "tool": "tool_calls", "length": "length", "filter": "content_filter"},
    "responses": {
        "text": "completed",
        "tool": "completed",
        "length": "max_output_tokens",
        "filter": "content_filter",
    },
    "messages": {"text": "end_turn", "tool": "tool_use", "length": "max_tokens", "filter": "refusal"},
}
each_wire = pytest.mark.parametrize("wire", CLIENTS)
whole_or_streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def ask(wire, text, stream, want="text", **timing):
    """What the client of a wire gets for one request to a script."""

    async def run():
        async with await serve(Script.parse(text)) as server:
            return await CLIENTS[wire](server.address, stream, want, **timing)

    return asyncio.run(run())


def faulty(content, kind, **values):
    """A script of one reply with a fault."""
    pairs = {"kind": kind, **values}.items()
    return f"{content}fault = {{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in pairs)} }}\n"


@each_wire
@whole_or_streamed
def test_a_text_arrives(wire, stream):
    got = ask(wire, TEXT, stream)
    assert got == Got("Tea is a drink made of leaves.", None, ENDS[wire]["text"], (5, 7))


@each_wire
@whole_or_streamed
def test_a_structured_reply_arrives_as_a_tool_call(wire, stream):
    got = ask(wire, SEARCH, stream, "tool")
    assert (got.tool, json.loads(got.text), got.end) == ("search", ARGUMENTS, ENDS[wire]["tool"])


@each_wire
@whole_or_streamed
def test_a_structured_reply_arrives_as_json(wire, stream):
    got = ask(wire, SEARCH, stream, "json")
    assert (got.tool, got.end) == (None, ENDS[wire]["text"])
    assert list(json.loads(got.text).items()) == [
        ("thinking", "hm"),
        ("action", "search"),
        ("questions", ["What is tea?"]),
    ]


@each_wire
@pytest.mark.parametrize("want", ["text", "tool", "json"])
def test_what_was_asked_is_recorded(wire, want):
    async def run():
        async with await serve(Script.parse(SEARCH)) as server:
            await CLIENTS[wire](server.address, False, want)
            return server.script.requests

    [request] = asyncio.run(run())
    assert (request.prompt, request.wanted, request.reply) == ("Be kind.\n\nWhat is tea?", want, 0)
    assert request.schemas == (() if want == "text" else (SCHEMA,))
    assert len(request.forms) == len(request.schemas)
    assert request.max_tokens == (MANY if wire == "messages" else None)


@each_wire
@whole_or_streamed
def test_arguments_that_are_no_json_arrive_as_they_stand(wire, stream):
    got = ask(wire, "[[reply]]\njson = '{\"thinking\": oops'\n", stream, "tool")
    assert (got.tool, got.text) == ("search", '{"thinking": oops')


# Faults, as the official clients meet them

REFUSALS = (openai.APIStatusError, anthropic.APIStatusError)
BROKEN = (openai.APIConnectionError, anthropic.APIConnectionError, httpx2.TransportError)
LATE = (openai.APITimeoutError, anthropic.APITimeoutError, httpx2.ReadTimeout)
IN_STREAM = (openai.APIError, anthropic.APIStatusError)


@each_wire
@whole_or_streamed
@pytest.mark.parametrize(
    ("kind", "whole", "streamed"),
    [
        ("status", REFUSALS, REFUSALS),
        ("reset", BROKEN, BROKEN),
        ("close", BROKEN, BROKEN),
        ("garbage_headers", BROKEN, BROKEN),
        ("reset_stream", BROKEN, BROKEN),
        ("cut", BROKEN, None),
        ("malformed", json.JSONDecodeError, json.JSONDecodeError),
        ("error_event", REFUSALS, IN_STREAM),
    ],
)
def test_a_fault_is_an_error(wire, stream, kind, whole, streamed):
    expected = streamed if stream else whole
    text = faulty(TEXT, kind, after=2)
    if expected is None:
        assert ask(wire, text, stream) == Got("Tea is")
    else:
        with pytest.raises(expected):
            ask(wire, text, stream)


@each_wire
@whole_or_streamed
@pytest.mark.parametrize("kind", ["stall", "stall_headers", "stall_stream", "slow"])
def test_silence_ends_with_the_patience_of_the_client_or_of_the_script(wire, stream, kind):
    with pytest.raises(LATE):
        ask(wire, faulty(TEXT, kind, seconds=60), stream, timeout=0.3)
    got = ask(wire, faulty(TEXT, kind, seconds=0.02, after=9), stream)
    assert (got.text, got.end) == ("Tea is a drink made of leaves.", ENDS[wire]["text"])


@each_wire
@whole_or_streamed
def test_a_page_of_html_is_no_answer(wire, stream):
    got = ask(wire, faulty(TEXT, "not_json"), stream)
    assert got == Got() if stream else got.startswith("<!DOCTYPE html>")


@each_wire
@whole_or_streamed
@pytest.mark.parametrize(
    ("kind", "want", "tool", "text", "end"),
    [
        ("empty", "tool", None, "", "text"),
        ("wrong_tool", "tool", "no_such_tool", json.dumps(ARGUMENTS), "tool"),
        ("wrong_tool", "json", None, json.dumps({"thinking": "hm", "action": "no_such_tool"})[:-1], "text"),
        ("no_tool", "tool", None, "Let me think", "text"),
        ("no_tool", "json", None, "Let me think", "text"),
        ("truncated", "tool", "search", '{"thinking": "hm",', "length"),
        ("content_filter", "text", None, '{"thinking": "hm",', "filter"),
        ("wrong_content_type", "tool", "search", json.dumps(ARGUMENTS), "tool"),
    ],
)
def test_odd_content_arrives(wire, stream, kind, want, tool, text, end):
    got = ask(wire, faulty(SEARCH, kind, after=2), stream, want)
    assert (got.tool, got.end) == (tool, ENDS[wire][end])
    assert got.text.startswith(text) if text else got.text == ""


@each_wire
def test_an_overlong_answer_ends_when_the_client_leaves(wire):
    async def run():
        async with await serve(Script.parse(faulty(TEXT, "overlong") + TEXT)) as server:
            reading = asyncio.create_task(CLIENTS[wire](server.address, True))
            while not server.script.requests:
                await asyncio.sleep(0.01)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            async with asyncio.timeout(20):
                while server._serving:
                    await asyncio.sleep(0.01)
            return await CLIENTS[wire](server.address, True)

    assert asyncio.run(run()).text == "Tea is a drink made of leaves."


def test_all_faults_are_tested_and_documented():
    here, page = Path(__file__).read_text(encoding="utf-8"), PAGE.read_text(encoding="utf-8")
    for kind in get_args(FaultKind):
        assert here.count(f'"{kind}"') > 0, kind
        assert f"| `{kind}` |" in page, kind


@each_wire
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
    ],
)
def test_a_status_has_the_body_of_its_wire(wire, status, kind):
    with pytest.raises(REFUSALS) as refused:
        ask(wire, faulty("[[reply]]\n", "status", status=status, retry_after=1.5), False)
    assert refused.value.status_code == status
    assert refused.value.response.headers["retry-after-ms"] == "1500"
    assert refused.value.response.headers["retry-after"] == "2"
    if wire == "messages":
        assert refused.value.body["error"]["type"] == kind
    else:
        assert f"status {status}" in refused.value.body["message"]


@each_wire
def test_a_status_may_have_a_body_of_its_own(wire):
    with pytest.raises(REFUSALS) as refused:
        ask(wire, faulty("[[reply]]\n", "status", status=502, body="<h1>Bad Gateway</h1>"), True)
    assert (refused.value.status_code, refused.value.response.text) == (502, "<h1>Bad Gateway</h1>")


def test_the_example_of_the_page_runs(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    scripts = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for_ask, script, *_ = scripts
    assert Script.parse(for_ask).replies[0].action == "search_inside_books"
    (tmp_path / "tea.toml").write_text(script, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert result.stderr == ""
    expected = re.findall(r"print\(.*\)  # (.*?)(?: …)?$", program, re.MULTILINE)
    for line, start in zip(result.stdout.splitlines(), expected, strict=True):
        assert line.startswith(start)


# Through Pydantic AI, on each wire and in process


@asynccontextmanager
async def model_on(wire, script) -> AsyncIterator[Model]:
    if wire == "process":
        yield ScriptedModel(script)
        return
    async with await serve(script) as server:
        if wire == "messages":
            async with anthropic_client(server.address) as client:
                yield AnthropicModel("claude-opus-5", provider=AnthropicProvider(anthropic_client=client))
        else:
            kind = OpenAIChatModel if wire == "chat" else OpenAIResponsesModel
            async with openai_client(server.address) as client:
                yield kind("gpt-4.1", provider=OpenAIProvider(openai_client=client))


each_model = pytest.mark.parametrize("wire", [*CLIENTS, "process"])


class Search(BaseModel):
    """Search."""

    thinking: str
    questions: list[str]


@each_model
@pytest.mark.parametrize("mode", ["tool", "native", "streamed"])
def test_an_agent_follows_a_script(wire, mode):
    script = Script.parse(SEARCH + TEXT)

    async def run():
        async with model_on(wire, script) as model:
            output = NativeOutput(Search) if mode == "native" else ToolOutput(Search, name="search")
            agent = Agent(model, output_type=output, instructions="Be kind.")
            if mode == "streamed":
                async with agent.run_stream("What is tea?") as stream:
                    chosen = await stream.get_output()
            else:
                chosen = (await agent.run("What is tea?")).output
            async with Agent(model).run_stream("Write.") as stream:
                pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
            return chosen, pieces, stream.usage

    chosen, pieces, usage = asyncio.run(run())
    assert chosen == Search(**ARGUMENTS)
    assert pieces == ["Tea", " is", " a", " drink", " made", " of", " leaves."]
    assert (usage.input_tokens, usage.output_tokens) == (1, 7)
    choice, text = script.requests
    assert choice.prompt == "Be kind.\n\nWhat is tea?"
    assert choice.wanted == ("json" if mode == "native" else "tool")
    assert list(choice.schemas[0]["properties"]) == ["thinking", "questions"]
    assert (text.prompt, text.wanted) == ("Write.", "text")


def outcome(wire, text, stream, want="text"):
    """The response, or the error, of one request through Pydantic AI."""
    tool = ToolDefinition(name="search", parameters_json_schema=SCHEMA, kind="output")
    parameters = ModelRequestParameters()
    if want == "tool":
        parameters = ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
    asked = [ModelRequest.user_text_prompt("What is tea?", instructions="Be kind.")]

    async def run():
        async with model_on(wire, Script.parse(text)) as model:
            if not stream:
                return await model_request(model, asked, model_request_parameters=parameters)
            async with model_request_stream(model, asked, model_request_parameters=parameters) as answer:
                async for _ in answer:
                    pass
                return answer.get()

    return asyncio.run(run())


UNDECODED = (ModelAPIError, UnexpectedModelBehavior)


@each_model
@whole_or_streamed
@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("status", {"status": 429}, ModelRateLimitError),
        ("status", {"status": 503}, ModelHTTPError),
        ("reset", {}, ModelConnectionError),
        ("close", {}, ModelConnectionError),
        ("garbage_headers", {}, ModelConnectionError),
        ("reset_stream", {"after": 2}, ModelConnectionError),
        ("not_json", {}, UNDECODED),
        ("malformed", {}, ModelAPIError),
        ("error_event", {"after": 2}, ModelServerError),
    ],
)
def test_a_fault_is_the_same_error_on_each_wire_and_in_process(wire, stream, kind, values, expected):
    with pytest.raises(expected):
        outcome(wire, faulty(TEXT, kind, **values), stream)


@each_model
def test_a_stream_that_is_cut_has_no_end(wire):
    response = outcome(wire, faulty(TEXT, "cut", after=2), True)
    assert response.text == "Tea is"
    # a chat that ends without a reason is taken for complete
    assert response.finish_reason == ("stop" if wire == "chat" else None)
    if wire != "messages":  # where Pydantic AI streams also what need not be streamed
        with pytest.raises(ModelConnectionError):
            outcome(wire, faulty(TEXT, "cut"), False)


@each_model
@whole_or_streamed
def test_odd_content_is_the_same_on_each_wire_and_in_process(wire, stream):
    assert outcome(wire, faulty(TEXT, "empty"), stream).parts == []
    [call] = outcome(wire, faulty(SEARCH, "wrong_tool"), stream, "tool").parts
    assert isinstance(call, ToolCallPart)
    assert (call.tool_name, call.args_as_dict()) == ("no_such_tool", ARGUMENTS)
    prose = outcome(wire, faulty(SEARCH, "no_tool"), stream, "tool")
    assert (prose.text, prose.tool_calls) == ("Let me think about that before I decide what to do.", [])
    for kind, reason in {"truncated": "length", "content_filter": "content_filter"}.items():
        response = outcome(wire, faulty(TEXT, kind, after=3), stream)
        assert (response.text, response.finish_reason) == ("Tea is a", reason)
        assert (response.usage.input_tokens, response.usage.output_tokens) == (5, 3)


@each_model
@pytest.mark.parametrize("kind", ["stall", "stall_headers", "stall_stream", "slow", "wrong_content_type"])
def test_what_comes_late_comes(wire, kind):
    response = outcome(wire, faulty(TEXT, kind, seconds=0.02), True)
    assert (response.text, response.finish_reason) == ("Tea is a drink made of leaves.", "stop")


@each_model
def test_a_prompt_that_is_too_long_is_refused(wire):
    with pytest.raises(ModelContextWindowExceededError):
        outcome(wire, "context_tokens = 4\n" + TEXT, True)


@each_model
def test_an_overloaded_provider_says_so(wire):
    with pytest.raises(ModelOverloadedError):
        outcome(wire, faulty(TEXT, "status", status=529), True)


@each_model
def test_a_script_that_has_no_reply_left_says_so(wire):
    with pytest.raises(ModelServerError, match="the script has no reply for this request") as ended:
        outcome(wire, "", False)
    assert ended.value.provider_retry_hint is False


# The server


def test_a_hundred_streams_at_once():
    replies = "".join(f'[[reply]]\ntext = "{n} one two three four"\n' for n in range(100))
    script = Script.parse("tokens_per_second = 20\n" + replies)

    async def run():
        async with await serve(script) as server, openai_client(server.address) as client:
            asked = {"model": "m", "messages": [{"role": "user", "content": "Go"}], "stream": True}

            async def read():
                chunks = await client.chat.completions.create(**asked)
                pieces = [chunk.choices[0].delta.content async for chunk in chunks]
                return [piece for piece in pieces if piece]

            return await asyncio.gather(*(read() for _ in range(100)))

    answers = asyncio.run(run())
    assert sorted(int(pieces[0]) for pieces in answers) == list(range(100))
    assert {tuple(pieces[1:]) for pieces in answers} == {(" one", " two", " three", " four")}


async def spoken(address, *requests):
    """What a server answers to bytes on one connection, until it closes."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    for request in requests:
        writer.write(request)
        await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def post(path, body, *headers):
    lines = [f"POST {path} HTTP/1.1", "host: here", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        (post("/v1/chat/completions", b"[]", "connection: close"), b"400", b"no JSON object"),
        (post("/v1/chat/completions", b"{}", "connection: close"), b"400", b"'messages'"),
        (post("/v1/responses", b'{"input": "a", "tools": 3}', "connection: close"), b"400", b"not understood"),
        (post("/v1/embeddings", b"{}", "connection: close"), b"404", b"/v1/responses"),
        (b"GET /v1/messages HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n", b"405", b"takes POST"),
        (b"GET /v1/models HTTP/1.0\r\n\r\n", b"200", b'"scripted"'),
        (b"this is no HTTP\r\n\r\n", b"400", b"error"),
        (b"POST /v1/messages HTTP/1.1\r\nhost: here\r\ncontent-length: 99999999\r\n\r\n" + b" " * 17_000_000,
         b"413", b"more than"),
        (post("/messages", b'{"messages": "Hi"}', "connection: close"), b"200", b"Tea is"),
    ],
)  # fmt: skip
def test_odd_requests_are_answered(request_, status, says):
    async def run():
        async with await serve(Script.parse(TEXT)) as server:
            return await spoken(server.address, request_)

    answer = asyncio.run(run())
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert says in answer


def test_a_client_that_waits_for_leave_to_send_gets_it():
    async def run():
        async with await serve(Script.parse(TEXT)) as server:
            reader, writer = await asyncio.open_connection(*server.address.removeprefix("http://").split(":"))
            head = ["POST /messages HTTP/1.1", "host: here", "connection: close", "content-length: 18"]
            writer.write("\r\n".join([*head, "expect: 100-continue", "", ""]).encode())
            leave = await reader.readuntil(b"\r\n\r\n")
            writer.write(b'{"messages": "Hi"}')
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return leave, answer

    leave, answer = asyncio.run(run())
    assert leave.startswith(b"HTTP/1.1 100")
    assert answer.startswith(b"HTTP/1.1 200")


def test_requests_may_follow_each_other_on_one_connection():
    async def run():
        asked = b'{"messages": "Hi", "stream": true}'
        async with await serve(Script.parse(TEXT + TEXT)) as server:
            both = post("/v1/messages", asked) + post("/v1/messages", asked, "connection: close")
            return await spoken(server.address, both)

    assert asyncio.run(run()).count(b"message_stop") == 2 * 2


def test_both_clients_list_the_model():
    async def run():
        async with await serve(Script.parse(TEXT)) as server:
            async with openai_client(server.address) as client:
                first = [model.id async for model in client.models.list()]
            async with anthropic_client(server.address) as client:
                return first, [model.id async for model in client.models.list()]

    assert asyncio.run(run()) == (["scripted"], ["scripted"])


def test_closing_ends_what_is_under_way():
    async def run():
        async with await serve(Script.parse(faulty(TEXT, "stall", seconds=60))) as server:
            waiting = asyncio.create_task(chat(server.address, True))
            while not server.script.requests:
                await asyncio.sleep(0.01)
        with pytest.raises(openai.APIConnectionError):
            await waiting

    asyncio.run(run())


def test_a_port_that_is_taken_is_refused():
    async def run():
        async with await serve(Script.parse(TEXT)) as server:
            with pytest.raises(UnavailableError, match="cannot be served"):
                await serve(Script.parse(TEXT), port=int(server.address.rpartition(":")[2]))

    asyncio.run(run())


def test_a_file_is_served_until_it_is_cancelled(tmp_path):
    file = tmp_path / "tea.toml"
    file.write_text(TEXT, encoding="utf-8")
    lines = []

    async def run():
        serving = asyncio.create_task(serve_script(file, "127.0.0.1", 0, lines.append))
        while len(lines) < 3:
            await asyncio.sleep(0.01)
        address = lines[2].removeprefix("WELLREAD_ANTHROPIC_BASE_URL=")
        assert lines[1] == f"WELLREAD_OPENAI_BASE_URL={address}/v1"
        got = await messages(address, True)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        return got

    assert asyncio.run(run()).text == "Tea is a drink made of leaves."
