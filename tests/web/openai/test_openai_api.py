"""The OpenAI-style interface with the official client: chat completions, responses, models, and what goes wrong."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from contextlib import aclosing
from importlib.resources import files
from pathlib import Path

import httpx2
import openai
import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter
from support import mentor as t
from support.mentor_trace import TRACE
from support.paths import DOCS
from support.running_server import client, running
from support.served_script import serving
from support.stores import runs_of

from wellread.agent.run.start import RunRequest
from wellread.agent.writing import persona
from wellread.blocking import BlockingWellread
from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.events import (
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    Citation,
    Flags,
    Roles,
    RunCompleted,
    RunFailed,
    ScopeEntry,
    Statement,
    Usage,
)
from wellread.serving.attended_run import AttendedRun
from wellread.serving.feed import Feed
from wellread.serving.run_worker import RunWorker
from wellread.settings import Settings
from wellread.web.http.stream import ALIVE
from wellread.web.openai.chat import Completion
from wellread.web.openai.footnotes import annotations, footnotes
from wellread.web.openai.history import bare, history_of
from wellread.web.openai.messages import Message, said_before
from wellread.web.openai.response_events import ResponseEvents
from wellread.web.openai.run import Unfolding
from wellread.wire.runs import AskOptions

EVENT = TypeAdapter(ResponseStreamEvent)
ASK = {"model": "wellread-quick", "messages": [{"role": "user", "content": t.BALANCE}]}


@pytest.fixture(scope="module")
def address(mentor_home):
    with running(Settings(home=mentor_home, embedder="none", model="extractive")) as served:
        yield served


@pytest.fixture
def official(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as opened:
        yield opened


@pytest.fixture
def scripted(tmp_path):
    """The metadata that has a run answered as a script says."""

    def write(text=t.SCRIPT):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(text, encoding="utf-8")
        return {"model": f"scripted/{path}"}

    return write


def trace_of(model):
    return TRACE.replace("openai/gpt-4.1", model)


def check_answer(address, text, marks):
    """The text of the mentor's run with footnotes, and annotations that open what they are set at."""
    answer, _, notes = text.partition("\n\n---\n\n**Sources**\n\n")
    assert answer.startswith("_A simulated voice of Addy Osmani")
    assert t.ANSWER.replace(" [7]", "").strip() in answer
    footnotes = re.findall(r"^- \[(\d)\] (.+): “(.+?)( …)?” — <(\S+)>$", notes, re.MULTILINE)
    assert len(footnotes) == len(notes.strip().splitlines()) >= 5
    assert {number for number, *_ in footnotes} == {"0", "1", "3"}
    assert len(marks) >= 8
    for mark in marks:
        number = re.fullmatch(r"\[(\d)\]", text[mark.start_index : mark.end_index])[1]
        assert (number, mark.url) in {(number, url) for number, _, _, _, url in footnotes}
    assert len({mark.url for mark in marks}) == len(footnotes)
    with client(address) as http:
        for _, described, quote, _, url in footnotes:
            page = http.get(url)
            assert page.headers["content-type"].startswith("text/plain")
            title, _, rest = page.text.partition("\n\n")
            assert all(word in described.replace("\\", "") for word in re.findall(r"\w{5,}", title))
            marked = " ".join(re.findall(r"«(.*?)»", rest, re.DOTALL)).split()
            assert " ".join(marked).startswith(quote.replace("\\", ""))


# The transcript


def test_the_transcript_streams_as_chat_chunks(mentor_home):
    with serving(t.SCRIPT) as model:
        settings = Settings(
            home=mentor_home,
            embedder="none",
            model="openai/gpt-4.1",
            openai_base_url=f"{model.address}/v1",
            judge="words",
        )
        with running(settings) as address:
            with openai.OpenAI(base_url=f"{address}/v1", api_key="none") as official:
                chunks = list(
                    official.chat.completions.create(
                        model="wellread-quick",
                        messages=[{"role": "user", "content": t.QUESTION}],
                        stream=True,
                        stream_options={"include_usage": True},
                    )
                )
            for chunk in chunks:
                ChatCompletionChunk.model_validate(chunk.to_dict())
            deltas = [chunk.choices[0].delta for chunk in chunks[:-1]]
            assert deltas[0].role == "assistant"
            assert "".join(getattr(delta, "reasoning_content", "") for delta in deltas) == TRACE
            text = "".join(delta.content or "" for delta in deltas)
            [given] = [delta.annotations for delta in deltas if hasattr(delta, "annotations")]
            check_answer(
                address,
                text,
                [
                    openai.types.chat.chat_completion_message.Annotation.model_validate(a).url_citation
                    for a in given
                ],
            )
            assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * len(chunks[:-2]) + [
                "stop"
            ]
            assert chunks[-1].choices == []
            assert {chunk.usage for chunk in chunks[:-1]} == {None}
            usage = chunks[-1].usage
            assert usage.prompt_tokens > 500
            assert usage.completion_tokens > 150
            assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
            assert len({chunk.id for chunk in chunks}) == 1
            run_id = chunks[0].id.removeprefix("chatcmpl-")
            with client(address) as http:
                run = http.get(f"/api/v1/runs/{run_id}").json()
            assert text.startswith(run["answer"]["markdown"])
            assert usage.prompt_tokens == run["usage"]["input_tokens"]
            assert usage.prompt_tokens_details.cached_tokens == run["usage"]["cached_tokens"]
            assert chunks[0].metadata == {"conversation_id": run["conversation_id"], "run_id": run_id}


def test_the_transcript_as_a_whole_completion_and_through_the_streaming_helper(address, official, scripted):
    said = scripted()
    messages = [{"role": "user", "content": t.QUESTION}]
    whole = official.chat.completions.create(model="wellread-quick", messages=messages, metadata=said)
    ChatCompletion.model_validate(whole.to_dict())
    message = whole.choices[0].message
    check_answer(address, message.content, [note.url_citation for note in message.annotations])
    assert message.reasoning_content == trace_of(said["model"])
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage.completion_tokens > 150
    with official.chat.completions.stream(
        model="wellread-quick", messages=messages, metadata=scripted()
    ) as stream:
        joined = stream.get_final_completion().choices[0].message
    assert joined.content == message.content
    assert [note.url_citation for note in joined.annotations] == [n.url_citation for n in message.annotations]


def test_the_transcript_streams_as_response_events(address, official, scripted):
    said = scripted()
    events = list(
        official.responses.create(model="wellread-quick", input=t.QUESTION, metadata=said, stream=True)
    )
    for event in events:
        EVENT.validate_python(event.to_dict())
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    order = [kind for n, kind in enumerate(kinds) if n == 0 or kind != kinds[n - 1]]
    step = [f"reasoning_summary_{kind}" for kind in ("part.added", "text.delta", "text.done", "part.done")]
    assert order == [
        *("created", "in_progress", "output_item.added", *step, *step, "output_item.done"),
        *("output_item.added", "content_part.added", "output_text.delta", "output_text.annotation.added"),
        *("output_text.done", "content_part.done", "output_item.done", "completed"),
    ]
    response = events[-1].response
    reasoning, message = response.output
    assert [part.text.splitlines()[0] for part in reasoning.summary] == [
        "Thoughts:",
        TRACE[TRACE.index("Step 2") :].splitlines()[0],
    ]
    assert "".join(part.text for part in reasoning.summary) == trace_of(said["model"])
    thoughts = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
    assert "".join(thoughts) == trace_of(said["model"])
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == response.output_text
    added = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    assert [mark.to_dict() for mark in added] == [m.to_dict() for m in message.content[0].annotations]
    check_answer(address, text, added)
    assert response.status == "completed"
    assert response.metadata == said
    assert response.usage.output_tokens > 150


def test_a_whole_response_is_what_was_streamed(official, scripted):
    whole = official.responses.create(model="wellread-quick", input=t.QUESTION, metadata=scripted())
    Response.model_validate(whole.to_dict())
    with official.responses.stream(model="wellread-quick", input=t.QUESTION, metadata=scripted()) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[-1] == "response.completed"
    assert final.output_text == whole.output_text
    assert final.output[1].content[0].annotations == whole.output[1].content[0].annotations
    assert final.status == whole.status == "completed"


def test_the_models_are_listed(official):
    listed = official.models.list().data
    assert [model.id for model in listed] == ["wellread-quick", "wellread-deep"]
    for model in listed:
        assert Model.model_validate(official.models.retrieve(model.id).to_dict()) == model
    with pytest.raises(openai.NotFoundError, match="wellread-quick or wellread-deep"):
        official.models.retrieve("gpt-4.1")


# What is asked


def run_of(address, answer):
    with client(address) as http:
        return http.get(
            f"/api/v1/runs/{answer.id.partition('_' if answer.id.startswith('resp') else '-')[2]}"
        ).json()


def test_the_scope_is_in_the_metadata_or_in_the_words(address, official):
    picked = official.chat.completions.create(**ASK, metadata={"product_ids": f" {t.TALK}, ", "chat": "7"})
    assert [entry["product_id"] for entry in run_of(address, picked)["scope"]] == [t.TALK]
    named = official.responses.create(
        model="wellread-deep", input=f"What does {t.BOOK_TITLE} say about the hours of the week?"
    )
    run = run_of(address, named)
    assert run["mode"] == "deep"
    assert ("named", t.BOOK) in [(entry["found"], entry["product_id"]) for entry in run["scope"]]


def test_limits_go_into_the_budget(address, official):
    answer = official.chat.completions.create(
        **ASK, max_completion_tokens=900, metadata={"max_steps": "1", "max_seconds": "50", "max_cost": "0.5"}
    )
    with client(address) as http:
        path = f"/api/v1/runs/{answer.id.partition('-')[2]}/events"
        [started, *_] = http.get(path, headers={"accept": "application/json"}).json()
    assert started["budget"]["steps"] == 1
    assert started["budget"]["seconds"] == 50


def test_tokens_that_are_used_up_are_told(official, scripted):
    whole = official.responses.create(
        model="wellread-quick", input=t.QUESTION, metadata=scripted(), max_output_tokens=180
    )
    assert whole.usage.output_tokens <= 180
    assert (whole.status, whole.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    chat = official.chat.completions.create(
        model="wellread-quick",
        messages=[{"role": "user", "content": t.QUESTION}],
        metadata=scripted(),
        max_tokens=180,
    )
    assert chat.choices[0].finish_reason == "length"


def test_earlier_messages_are_the_history(official, scripted):
    with_answer = official.chat.completions.create(
        model="wellread-quick", messages=[{"role": "user", "content": t.QUESTION}], metadata=scripted()
    )
    messages = [
        {"role": "system", "content": "Answer in rhymes."},
        {"role": "user", "content": [{"type": "text", "text": t.QUESTION}]},
        with_answer.choices[0].message.to_dict(),
        {
            "role": "user",
            "content": [{"type": "text", "text": "And what"}, {"type": "text", "text": "of that?"}],
        },
    ]
    with serving(t.SCRIPT) as model:
        answer = official.chat.completions.create(
            model="wellread-quick", messages=messages, metadata={"model": "extractive"}
        )
        assert model.script.requests == []
    assert answer.choices[0].message.content
    exchanges = history_of(said_before([Message.model_validate(message) for message in messages]))
    assert [exchange.question for exchange in exchanges] == [t.QUESTION]
    told = exchanges[0].answer
    assert told.startswith("Congratulations")
    assert not re.search(r"\[\d\]|Sources|simulated|http", told)


def test_a_conversation_goes_on(address, official, scripted):
    first = official.responses.create(model="wellread-quick", input=t.DIFFERENCE)
    second = official.responses.create(model="wellread-quick", input=t.BALANCE, previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert second.conversation == first.conversation
    third = official.responses.create(
        model="wellread-quick", input="And why?", conversation=first.conversation.id
    )
    assert third.conversation == first.conversation
    by_metadata = official.chat.completions.create(
        **ASK, metadata={"conversation_id": first.conversation.id.removeprefix("conv_")}
    )
    ids = [first.id, second.id, third.id]
    runs = [run_of(address, answer) for answer in (first, second, third, by_metadata)]
    assert len({run["conversation_id"] for run in runs}) == 1, ids


def test_a_response_that_is_not_the_last_is_gone_on_with_beside_the_conversation(address, official, scripted):
    script = '[[reply]]\nwhen = "complete in itself"\njson = \'{"asked": "What is a plan?"}\'\n' + t.SCRIPT
    first = official.responses.create(model="wellread-quick", input=t.DIFFERENCE)
    official.responses.create(model="wellread-quick", input=t.BALANCE, previous_response_id=first.id)
    other = official.responses.create(
        model="wellread-quick", input="And why?", previous_response_id=first.id, metadata=scripted(script)
    )
    assert other.conversation != first.conversation
    with client(address) as http:
        path = f"/api/v1/runs/{other.id.removeprefix('resp_')}/events"
        [started, *_] = http.get(path, headers={"accept": "application/json"}).json()
    assert [exchange["question"] for exchange in started["before"]] == [t.DIFFERENCE]
    assert started["before"][0]["answer"]


def test_simulated_voices_are_no_part_of_what_was_said():
    scope = (
        ScopeEntry(
            product_id=t.BOOK, title=t.BOOK_TITLE, kind="book", authors=("Addy Osmani",), found="named"
        ),
    )
    assert bare(f"{persona.simulated(scope, t.QUESTION)}Words [0][3] of `a[0]`.") == "Words of `a[0]`."
    assert bare("Words\n\n---\n\n**Sources**\n\nof mine") == "Words\n\n---\n\n**Sources**\n\nof mine"


def test_a_number_that_stands_twice_in_a_statement_has_both_of_its_places():
    places = [f"{t.BOOK}/e-0/{start}-{start + 9}" for start in (0, 10)]
    citations = tuple(
        Citation(
            number=3,
            product_id=t.BOOK,
            title="A *title*",
            section="A *title*",
            place="p. 2",
            anchor=anchor,
            quote="Some words",
            link=f"/read/{anchor}",
        )
        for anchor in places
    )
    markdown = "| One thing [3] | another [3] [3] |"
    statement = Statement(
        start=0, end=len(markdown), text="", verdict="quoted", voice="wellread", citations=(0, 1)
    )
    answer = AnswerCompleted(markdown=markdown, citations=citations, statements=(statement,), usage=Usage())
    found = annotations(answer, "http://library.test")
    assert [markdown[mark.start : mark.end] for mark in found] == ["[3]", "[3]", "[3]"]
    assert [mark.url.removeprefix("http://library.test/read/") for mark in found] == [*places, places[1]]
    assert {mark.title for mark in found} == {"A *title*, p. 2"}
    notes = footnotes(citations, "http://library.test")
    assert f"- [3] A \\*title\\*, p. 2: “Some words” — <http://library.test/read/{places[0]}>\n" in notes


# What is refused

TEXT = [{"role": "user", "content": "?"}]
PICTURE = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
REFUSED_CHAT = {
    "n": {"n": 2},
    "tool_choice": {"tool_choice": "required"},
    "function_call": {"function_call": {"name": "f"}},
    "response_format": {"response_format": {"type": "json_object"}},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"top_logprobs": 3},
    "modalities": {"modalities": ["text", "audio"]},
    "max_tokens": {"max_tokens": 0},
    "max_completion_tokens": {"max_completion_tokens": "many"},
    "stream": {"stream": "yes"},
    "messages": {"messages": [{"role": "user", "content": PICTURE}]},
    "messages[0].role": {"messages": [{"role": "robot", "content": "?"}]},
    "messages[1].content": {"messages": [*TEXT, {"role": "user", "content": [{"text": "?"}]}]},
    "metadata.max_cost": {"metadata": {"max_cost": "much"}},
    "metadata.conversation_id": {"metadata": {"conversation_id": "c" * 40}},
}
REFUSED_RESPONSES = {
    "background": {"background": True},
    "text.format": {"text": {"format": {"type": "json_schema", "name": "a", "schema": {}}}},
    "prompt": {"prompt": {"id": "p"}},
    "input": {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]},
    "conversation.id": {"conversation": "c" * 50},
}


@pytest.mark.parametrize("param", REFUSED_CHAT)
def test_what_would_give_another_result_is_refused_in_chat(official, param):
    with pytest.raises(openai.BadRequestError) as raised:
        official.post(
            "/chat/completions",
            body={"model": "wellread-quick", "messages": TEXT, **REFUSED_CHAT[param]},
            cast_to=object,
        )
    error = raised.value
    assert (error.param, error.type) == (param, "invalid_request_error")
    assert error.body["message"].startswith(f"{param}: ")


@pytest.mark.parametrize("param", REFUSED_RESPONSES)
def test_what_would_give_another_result_is_refused_in_responses(official, param):
    with pytest.raises(openai.BadRequestError) as raised:
        official.post(
            "/responses",
            body={"model": "wellread-quick", "input": "?", **REFUSED_RESPONSES[param]},
            cast_to=object,
        )
    assert raised.value.param == param


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "Hello."}]},
        {"messages": [{"role": "user", "content": "  "}]},
        {"messages": None},
        {"metadata": {"product_ids": "978,,"}},
    ],
)
def test_questions_that_are_none_are_refused(official, body):
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as raised:
        official.post(
            "/chat/completions", body={"model": "wellread-quick", "messages": TEXT, **body}, cast_to=object
        )
    assert set(raised.value.body) == {"message", "type", "param", "code"}


def test_what_does_not_matter_is_ignored(official):
    answer = official.chat.completions.create(
        model="wellread-quick",
        messages=[
            {"role": "user", "content": PICTURE},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "{}"},
            {"role": "user", "content": t.BALANCE},
            {"role": "assistant", "content": "It is"},
        ],
        temperature=0.2,
        top_p=0.5,
        stop=["the"],
        seed=7,
        n=1,
        user="reader",
        store=False,
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}],
        tool_choice="auto",
        response_format={"type": "text"},
        metadata={"session": "1"},
        extra_body={"chat_id": {"any": "thing"}},
    )
    assert answer.choices[0].message.content
    given_back = official.responses.create(
        model="wellread-quick",
        input=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "input_text", "text": t.DIFFERENCE}]},
            *[
                item.to_dict()
                for item in official.responses.create(model="wellread-quick", input=t.DIFFERENCE).output
            ],
            {"role": "user", "content": t.BALANCE},
        ],
        instructions="Be brief.",
        truncation="auto",
        reasoning={"effort": "high"},
    )
    assert given_back.output_text


HALF = b'{"model": "wellread-quick", "input": [{"role": "user", "content": [{"type": "\\ud800"}]}]}'


def test_every_error_has_the_shape_of_openai(address, official):
    unknown = {"conversation_id": "0" * 32}
    with pytest.raises(openai.NotFoundError, match="no conversation"):
        official.chat.completions.create(**ASK, metadata=unknown)
    with pytest.raises(openai.NotFoundError, match="no run"):
        official.responses.create(model="wellread-quick", input="?", previous_response_id="resp_1")
    with pytest.raises(openai.BadRequestError, match="not both"):
        official.responses.create(
            model="wellread-quick", input="?", previous_response_id="resp_1", conversation="c"
        )
    with pytest.raises(openai.BadRequestError, match="function_call_output"):
        official.responses.create(
            model="wellread-quick", input=[{"type": "function_call_output", "call_id": "1", "output": ""}]
        )
    with pytest.raises(openai.NotFoundError, match=r"wellread-quick or wellread-deep.*metadata\.model"):
        official.chat.completions.create(**{**ASK, "model": "gpt-4.1"})
    with pytest.raises(openai.BadRequestError, match="names no model"):
        official.chat.completions.create(**ASK, metadata={"model": "none/such"})
    with client(address) as http:
        answers = [
            (404, http.get("/v1/nothing")),
            (400, http.post("/v1/responses", content=HALF, headers={"content-type": "application/json"})),
            (404, http.get("/v1")),
            (405, http.get("/v1/responses")),
            (400, http.post("/v1/responses", content=b"{", headers={"content-type": "application/json"})),
            (413, http.post("/v1/responses", content=b" " * 8_500_000)),
            (403, http.get("/v1/models", headers={"host": "elsewhere.test"})),
        ]
        for status, answer in answers:
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/json"
            assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert http.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
    with pytest.raises(openai.APIStatusError) as raised:
        official.responses.create(model="wellread-quick", input="x" * 8_500_000)
    assert (raised.value.status_code, raised.value.code) == (413, "request_too_large")


def test_a_login_is_the_clients_key(mentor_home):
    token = "0123456789abcdef0123456789abcdef"
    settings = Settings(home=mentor_home, embedder="none", model="extractive", server_runs_per_caller=1)
    with running(settings, token=token) as address:
        base = f"{address}/v1"
        with openai.OpenAI(base_url=base, api_key=token) as official:
            assert official.chat.completions.create(**ASK).choices[0].message.content
        with openai.OpenAI(base_url=base, api_key="wrong") as stranger:
            for call in (stranger.models.list, lambda: stranger.chat.completions.create(**ASK)):
                with pytest.raises(openai.AuthenticationError) as raised:
                    call()
                assert raised.value.code == "invalid_api_key"


# Many, and those who leave

SLOW = t.SCRIPT.replace("\n[[reply]]", "first_token_seconds = 20\n\n[[reply]]", 1)


def test_twenty_streams_at_once(address):
    async def ask(official, number):
        text = ""
        async with official.chat.completions.stream(
            model="wellread-quick", messages=[{"role": "user", "content": f"{t.BALANCE} {number}"}]
        ) as stream:
            async for event in stream:
                text += event.delta if event.type == "content.delta" else ""
            assert (await stream.get_final_completion()).choices[0].message.content == text
        return text

    async def respond(official):
        response = await official.responses.create(model="wellread-quick", input=t.BALANCE)
        return response.output_text

    async def main():
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as official:
            return await asyncio.gather(
                *(ask(official, n) for n in range(20)), *(respond(official) for _ in range(4))
            )

    assert all("**Sources**" in text for text in asyncio.run(main()))


def ends_as(address, run_id, state, seconds=10):
    with client(address) as http:
        for _ in range(seconds * 20):
            run = http.get(f"/api/v1/runs/{run_id}").json()
            if run["ended_at"]:
                break
            time.sleep(0.05)
    return run["state"] == state


def test_who_leaves_a_stream_cancels_its_run(address, official, scripted):
    chat = official.chat.completions.create(**ASK, metadata=scripted(SLOW), stream=True)
    run_id = next(chat).id.removeprefix("chatcmpl-")
    chat.close()
    response = official.responses.create(
        model="wellread-quick", input=t.BALANCE, metadata=scripted(SLOW), stream=True
    )
    other_id = next(response).response.id.removeprefix("resp_")
    response.close()
    assert ends_as(address, run_id, "cancelled")
    assert ends_as(address, other_id, "cancelled")


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_who_leaves_while_waiting_cancels_the_run(address, mentor_home, scripted, path):
    said = scripted(SLOW)
    body = {**ASK, "input": t.BALANCE, "metadata": said}
    with client(address) as http, pytest.raises(httpx2.ReadTimeout):
        http.post(f"/v1/{path}", json=body, timeout=1)
    with BlockingWellread(settings=Settings(home=mentor_home, embedder="none")) as library:
        runs = runs_of(library.library)
        conversation = runs.last_conversation()
        [run_id] = runs.runs(conversation.conversation_id)
    assert ends_as(address, run_id, "cancelled")


def test_too_many_runs_of_one_caller_are_a_rate_limit(mentor_home, scripted):
    settings = Settings(home=mentor_home, embedder="none", model="extractive", server_runs_per_caller=1)
    with (
        running(settings) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as official,
        official.chat.completions.create(**ASK, metadata=scripted(SLOW), stream=True) as stream,
    ):
        next(iter(stream))
        with pytest.raises(openai.RateLimitError) as raised:
            official.chat.completions.create(**ASK)
    assert raised.value.code == "rate_limit_exceeded"
    assert raised.value.response.headers["retry-after"]


# What goes wrong on the way


def test_a_run_that_is_cancelled_elsewhere_ends_the_stream_with_an_error(address, official, scripted):
    chat = official.chat.completions.create(**ASK, metadata=scripted(SLOW), stream=True)
    run_id = next(chat).id.removeprefix("chatcmpl-")
    with client(address) as http:
        http.post(f"/api/v1/runs/{run_id}/cancel", headers={"x-requested-with": "wellread"})
    with pytest.raises(openai.APIError, match="The run was cancelled"):
        list(chat)


def test_a_server_that_stops_ends_its_streams_with_an_error_and_leaves_their_runs_to_the_next(
    mentor_home, scripted
):
    settings = Settings(home=mentor_home, embedder="none", model="extractive")
    with running(settings) as address:
        official = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        chat = official.chat.completions.create(**ASK, metadata=scripted(SLOW), stream=True)
        run_id = next(chat).id.removeprefix("chatcmpl-")
    with pytest.raises(openai.APIError, match="Wellread was stopped before the run"):
        list(chat)
    official.close()
    with running(settings) as address:
        with client(address) as http:
            assert http.get(f"/api/v1/runs/{run_id}").json()["state"] in ("waiting", "working")
            http.post(f"/api/v1/runs/{run_id}/cancel")  # the model is slow
        assert ends_as(address, run_id, "cancelled")


ENDED = {"usage": Usage(input_tokens=5, output_tokens=7), "seconds": 1.0}
BEGUN = AnswerStarted(flags=Flags(), knowledge=(), voice="wellread", usage=Usage())


def completed(markdown):
    return AnswerCompleted(markdown=markdown, citations=(), statements=(), usage=Usage())


def streamed(home, *events):
    """What the two wires send of a run with these events."""

    async def main():
        async with Wellread(settings=Settings(home=home, embedder="none")) as library:
            begun = await library.begin(RunRequest("Why?", AskOptions(), Roles()))
            runs_of(library).append(begun.run_id, events, len(begun.events))
            feed = Feed(library.run_log)
            attended = AttendedRun(begun.run_id, feed, RunWorker.__new__(RunWorker))
            completion = Completion(Unfolding(begun, "http://library.test"), "wellread-quick")
            response = ResponseEvents(Unfolding(begun, "http://library.test"), {"model": "wellread-quick"})
            told = [
                b"".join([piece async for piece in completion.streamed(attended)]),
                b"".join([piece async for piece in response.streamed(attended)]),
            ]
            await feed.close()
            return told

    return asyncio.run(main())


def replayed(body):
    """The official client before a server that sends that."""
    headers = {"content-type": "text/event-stream"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, content=body))
    return openai.OpenAI(
        base_url="http://library.test/v1", api_key="none", http_client=httpx2.Client(transport=transport)
    )


def read_chat(body):
    with replayed(body) as official:
        chunks = list(official.chat.completions.create(**ASK, stream=True))
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def read_response(body):
    with replayed(body) as official:
        return list(official.responses.create(model="wellread-quick", input="?", stream=True))


def test_a_run_that_fails_ends_in_an_error(home):
    failed = RunFailed(**ENDED, status=503, message="The disk is full.", hint="Make room.", retryable=True)
    chat, response = streamed(home, BEGUN, AnswerDelta(text="Because"), failed)
    with pytest.raises(openai.APIError) as raised:
        read_chat(chat)
    assert raised.value.message == "The disk is full. Make room."
    assert raised.value.type == "server_error"
    assert b"[DONE]" not in chat
    last = read_response(response)[-1]
    EVENT.validate_python(last.to_dict())
    assert last.type == "response.failed"
    assert last.response.error.message == "The disk is full. Make room."


def test_an_answer_that_is_begun_anew_goes_on_where_it_was_shown(home):
    again = (BEGUN, AnswerDelta(text="Be"), AnswerDelta(text="cause it"), AnswerDelta(text=" is."))
    first = (BEGUN, AnswerDelta(text="Because"))
    ended = (completed("Because it is."), RunCompleted(**ENDED))
    chat, response = streamed(home, *first, *again, *ended)
    assert read_chat(chat) == "Because it is."
    assert chat.endswith(b"data: [DONE]\n\n")
    assert read_response(response)[-1].response.output_text == "Because it is."


def test_an_answer_that_is_begun_anew_in_other_words_is_an_error(home):
    again = (BEGUN, AnswerDelta(text="Why not?"), completed("Why not?"), RunCompleted(**ENDED))
    chat, response = streamed(home, BEGUN, AnswerDelta(text="Because"), *again)
    with pytest.raises(openai.APIError, match="reads differently now"):
        read_chat(chat)
    assert read_response(response)[-1].type == "response.failed"


def test_the_official_client_passes_over_signs_of_life(home):
    bodies = streamed(home, BEGUN, AnswerDelta(text="Because."), completed("Because."), RunCompleted(**ENDED))
    chat, response = (ALIVE + body.replace(b"\n\n", b"\n\n" + ALIVE) for body in bodies)
    assert read_chat(chat) == "Because."
    assert read_response(response)[-1].response.output_text == "Because."


def test_silence_brings_signs_of_life(home):
    async def main():
        async with Wellread(settings=Settings(home=home, embedder="none")) as library:
            begun = await library.begin(RunRequest("Why?", AskOptions(), Roles()))
            feed = Feed(library.run_log)
            told = []
            async with aclosing(
                AttendedRun(begun.run_id, feed, RunWorker.__new__(RunWorker)).events(idle=0.05)
            ) as following:
                async for events in following:
                    told.append(len(events))
                    if len(told) == 3:
                        break
            await feed.close()
            return told

    assert asyncio.run(main()) == [1, 0, 0]


def test_a_run_that_is_deleted_says_so(home):
    async def main():
        async with Wellread(settings=Settings(home=home, embedder="none")) as library:
            begun = await library.begin(RunRequest("Why?", AskOptions(), Roles()))
            feed = Feed(library.run_log)
            attended = AttendedRun(begun.run_id, feed, RunWorker.__new__(RunWorker))
            async with aclosing(attended.events(idle=0.05)) as following:
                async for events in following:
                    if events:
                        library.conversations.delete(begun.events[0].conversation_id, "")
            await feed.close()

    with pytest.raises(NotFoundError, match="was deleted"):
        asyncio.run(main())


RUN_EACH = """
import json, sys
for code in json.load(sys.stdin):
    exec(compile(code, "docs/openai.md", "exec"), {"__name__": "__main__"})
    print("\\f", flush=True)
"""


def test_the_examples_of_the_page_run(home):
    page = (DOCS / "openai.md").read_text(encoding="utf-8")
    examples = {
        kind: re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("python", "sh", "json")
    }
    assert sum(map(len, examples.values())) == page.count("```") // 2
    assert len(examples["json"]) == 1  # the body of an error
    settings = Settings(home=home, embedder="none", model="extractive")
    demo = Path(str(files("wellread") / "demo"))
    with BlockingWellread(settings=settings) as library:
        list(library.add([demo / name for name in ("steady-hands.epub", "light-touch.epub", "two-hats.vtt")]))

    def ran(*command, given=""):
        run = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=environment,
        )
        assert (run.returncode, run.stderr) == (0, "")
        return run.stdout

    with running(settings) as address:
        environment = {**os.environ, "OPENAI_BASE_URL": f"{address}/v1", "OPENAI_API_KEY": "none"}
        told = ran(sys.executable, "-c", RUN_EACH, given=json.dumps(examples["python"])).split("\f")[:-1]
        told += [ran("bash", "-euc", code) for code in examples["sh"]]
    assert len(told) == len(examples["python"]) + len(examples["sh"])
    for text in told:
        words = ("delegat", "one-on-one", "estimate", "wellread-deep")
        assert any(word in text.casefold() for word in words), text
