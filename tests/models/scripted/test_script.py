"""Scripts: how they are read, which reply a request gets, and the model that follows them in process."""

import asyncio
from contextlib import aclosing

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError, NativeOutput, ToolOutput
from pydantic_ai.exceptions import ModelContextWindowExceededError, ModelRateLimitError

from wellread.errors import BadRequestError
from wellread.models.scripted.model import ScriptedModel
from wellread.models.scripted.script import Script, ScriptedRequest
from wellread.models.scripted.turn import Refusal, ScriptedTurn, tokens_of, turn_for

SEARCH = """
[[reply]]
thinking = "The user asks for tea."
action = "search_inside_books"
parameters = { askBookQuestions = ["How is tea made?"], productIds = ["978"] }
"""
ARGUMENTS = (
    '{"thinking": "The user asks for tea.", "askBookQuestions": ["How is tea made?"], "productIds": ["978"]}'
)
OBJECT = ARGUMENTS.replace('tea.", ', 'tea.", "action": "search_inside_books", ')
FORMS = {"search_inside_books": {"type": "object"}, "create_answer_draft": {"type": "object"}}


def asking(prompt="What is tea?", tools=None, formats=None, max_tokens=None):
    return ScriptedRequest.asking(prompt, tools or {}, formats or {}, max_tokens)


def said(script, request):
    turn = turn_for(script, request)
    return turn if isinstance(turn, Refusal) else (turn.tool, "".join(turn.tokens))


def test_a_script_is_read_from_its_file(tmp_path):
    file = tmp_path / "tea.toml"
    file.write_text(
        f'tokens_per_second = 20\ncontext_tokens = 99\n{SEARCH}\n[[reply]]\ntext = "Tea."', "utf-8"
    )
    script = Script.load(file)
    assert (script.tokens_per_second, script.first_token_seconds, script.context_tokens) == (20, 0, 99)
    assert [(reply.action, reply.text) for reply in script.replies] == [
        ("search_inside_books", None),
        (None, "Tea."),
    ]
    assert script.replies[0].parameters["productIds"] == ["978"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("tokens = ", "no TOML"),
        ("tokens = 3", "tokens is no known key"),
        ('tokens_per_second = "20"', "tokens_per_second"),
        ("tokens_per_second = -1", "below 0"),
        ('[[reply]]\ntxt = "a"', r"reply\.1\.txt is no known key"),
        ("[[reply]]\ntext = 3", r"reply\.1\.text"),
        ('[[reply]]\ntext = "a"\n[[reply]]\ntext = "a"\ntimes = "1"', r"reply\.2\.times"),
        ('[[reply]]\ntext = "a"\ntimes = -1', "times is below 0"),
        ('[[reply]]\ntext = "a"\nwhen = "("', r"reply\.1\.when"),
        ('[[reply]]\ntext = "a"\nrole = "judge"', r"reply\.1\.role"),
        ('[[reply]]\ntext = "a"\nfault = { kind = "flood" }', r"reply\.1\.fault\.kind"),
        (
            '[[reply]]\ntext = "a"\nfault = { kind = "cut", before = 1 }',
            r"reply\.1\.fault\.before is no known",
        ),
        ('[[reply]]\nfault = { kind = "cut", after = -1 }', "below 0"),
        ('[[reply]]\nfault = { kind = "status", status = 200 }', "400 to 599"),
        ('[[reply]]\ntext = "a"\naction = "b"', "exclude each other"),
        ('[[reply]]\nthinking = "a"', "neither text, action, json nor fault"),
        ('[[reply]]\ntext = "a"\nthinking = "b"', "need an action"),
    ],
)
def test_what_is_no_script_is_refused_by_name(text, names):
    with pytest.raises(BadRequestError, match=names) as refused:
        Script.parse(text)
    assert "docs/scripted-model.md" in refused.value.hint


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, content):
    file = tmp_path / "tea.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadRequestError, match=r"tea\.toml"):
        Script.load(file)


def test_a_request_takes_the_first_reply_that_fits_and_is_left():
    script = Script.parse("""
        [[reply]]
        when = "coffee.*beans"
        text = "Coffee."
        [[reply]]
        role = "choice"
        action = "search_inside_books"
        [[reply]]
        text = "Twice."
        times = 2
        [[reply]]
        text = "Always."
        times = 0
    """)
    asked = [
        asking(),
        asking("coffee\nand beans"),
        asking(tools=FORMS),
        asking("coffee beans"),
        asking(),
        asking(tools=FORMS),
    ]
    got = [said(script, request) for request in asked]
    assert [text for _, text in got] == ["Twice.", "Coffee.", "{}", "Twice.", "Always.", "Always."]
    assert [request.reply for request in script.requests] == [2, 0, 1, 2, 3, 3]
    assert [request.prompt for request in script.requests] == [request.prompt for request in asked]


def test_a_request_without_a_reply_is_refused_and_kept():
    script = Script.parse('[[reply]]\nrole = "text"\ntext = "Tea."')
    refusal = said(script, asking(tools=FORMS))
    assert (refusal.status, refusal.final) == (500, True)
    assert "no reply" in refusal.message
    assert [request.reply for request in script.requests] == [None]


@pytest.mark.parametrize(
    ("reply", "request_", "expected"),
    [
        (SEARCH, asking(tools=FORMS), ("search_inside_books", ARGUMENTS)),
        (SEARCH, asking(formats={"reply": {}}), (None, OBJECT)),
        (SEARCH, asking(), (None, OBJECT)),
        ('[[reply]]\njson = "{oops"', asking(tools=FORMS), ("search_inside_books", "{oops")),
        (
            '[[reply]]\naction = "create_answer_draft"\njson = "{oops"',
            asking(tools=FORMS),
            ("create_answer_draft", "{oops"),
        ),
        ('[[reply]]\njson = "{oops"', asking(formats={"reply": {}}), (None, "{oops")),
        ('[[reply]]\ntext = "Two  words "', asking(tools=FORMS), (None, "Two  words ")),
        (
            '[[reply]]\naction = "find_products"\nparameters = { since = 2024-05-31 }',
            asking(tools=FORMS),
            ("find_products", '{"since": "2024-05-31"}'),
        ),
    ],
)
def test_a_reply_takes_the_form_that_the_request_wants(reply, request_, expected):
    assert said(Script.parse(reply), request_) == expected


def test_the_forms_of_a_schema_are_recorded_by_their_actions():
    branches = [
        {"type": "object", "properties": {"action": {"const": "find_products"}}},
        {"type": "object", "properties": {"action": {"enum": ["read_section"]}}},
    ]
    request = asking(formats={"reply": {"anyOf": branches}})
    assert (request.wanted, request.forms) == ("json", ("find_products", "read_section"))
    assert request.schemas == tuple(branches)
    assert asking(formats={"reply": {"type": "object"}}).forms == ("reply",)


@pytest.mark.parametrize(
    ("fault", "limit", "tokens", "finish"),
    [
        ("", None, 4, "stop"),
        ("", 4, 4, "stop"),
        ("", 3, 3, "length"),
        ('fault = { kind = "truncated", after = 2 }', None, 2, "length"),
        ('fault = { kind = "content_filter", after = 0 }', None, 0, "content_filter"),
        ('fault = { kind = "empty" }', None, 0, "stop"),
        ('fault = { kind = "overlong" }', 3, 4, "stop"),
    ],
)
def test_content_ends_at_the_limit(fault, limit, tokens, finish):
    turn = turn_for(
        Script.parse(f'[[reply]]\ntext = "one two three four"\n{fault}'), asking(max_tokens=limit)
    )
    assert isinstance(turn, ScriptedTurn)
    assert (len(turn.tokens), turn.finish) == (tokens, finish)


@pytest.mark.parametrize("text", ["", " ", "a", " a\n\n  b c ", "\n", "a b\n"])
def test_tokens_join_to_the_text(text):
    assert "".join(tokens_of(text)) == text


# In process


class Search(BaseModel):
    """Search."""

    thinking: str
    askBookQuestions: list[str]  # noqa: N815
    productIds: list[str]  # noqa: N815


class Draft(BaseModel):
    """Write."""

    thinking: str
    relevant_knowledge_indices: list[int]


OUTPUTS = [ToolOutput(Search, name="search_inside_books"), ToolOutput(Draft, name="create_answer_draft")]


def test_an_agent_follows_a_script():
    script = Script.parse(SEARCH + '[[reply]]\ntext = "Tea is a drink."')

    async def run():
        agent = Agent(ScriptedModel(script), instructions="Be kind.")
        chosen = await agent.run("What is tea?", output_type=OUTPUTS)
        async with agent.run_stream("Write.") as stream:
            pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
        return chosen, pieces, stream.usage

    chosen, pieces, usage = asyncio.run(run())
    assert chosen.output == Search(
        thinking="The user asks for tea.", askBookQuestions=["How is tea made?"], productIds=["978"]
    )
    assert pieces == ["Tea", " is", " a", " drink."]
    assert (usage.input_tokens, usage.output_tokens) == (3, 4)
    [choice, text] = script.requests
    assert (choice.prompt, choice.wanted, choice.forms) == (
        "Be kind.\n\nWhat is tea?",
        "tool",
        ("search_inside_books", "create_answer_draft"),
    )
    assert list(choice.schemas[1]["properties"]) == ["thinking", "relevant_knowledge_indices"]
    assert (text.prompt, text.wanted) == ("Be kind.\n\nWrite.", "text")


def test_an_agent_with_native_output_follows_a_script():
    script = Script.parse(SEARCH)
    agent = Agent(ScriptedModel(script), output_type=NativeOutput(Search))
    assert asyncio.run(agent.run("What is tea?")).output.productIds == ["978"]
    assert script.requests[0].wanted == "json"


def test_refusals_are_the_errors_of_a_provider():
    script = Script.parse("""
        context_tokens = 5
        [[reply]]
        fault = { kind = "status", status = 429, retry_after = 1.5, body = '{"error": "slow down"}' }
    """)
    agent = Agent(ScriptedModel(script))
    with pytest.raises(ModelContextWindowExceededError):
        asyncio.run(agent.run("One two three four five six"))
    with pytest.raises(ModelRateLimitError) as limited:
        asyncio.run(agent.run("Hello"))
    assert (limited.value.retry_after, limited.value.body) == (1.5, {"error": "slow down"})
    with pytest.raises(ModelHTTPError, match="no reply for this request") as ended:
        asyncio.run(agent.run("Hello"))
    assert (ended.value.status_code, ended.value.provider_retry_hint) == (500, False)


def test_many_requests_at_once_get_a_reply_each():
    replies = "".join(f'[[reply]]\ntext = "reply {n}"\n' for n in range(100))
    script = Script.parse(f"tokens_per_second = 100\n{replies}")

    async def run():
        agent = Agent(ScriptedModel(script))
        return await asyncio.gather(*(agent.run("Hello") for _ in range(100)))

    results = asyncio.run(run())
    assert {result.output for result in results} == {f"reply {n}" for n in range(100)}


def test_an_overlong_answer_goes_on_past_its_limit():
    script = Script.parse('[[reply]]\ntext = "more "\nfault = { kind = "overlong" }')

    async def run():
        turn = turn_for(script, asking(max_tokens=1))
        async with aclosing(turn.stream()) as tokens:
            return [await anext(tokens) for _ in range(50)]

    assert len(asyncio.run(run())) == 50


QUICK = Script.parse('[[reply]]\ntimes = 0\ntext = "one two three four five six"')


def test_tokens_come_at_their_pace():
    script = Script.parse(
        'tokens_per_second = 5\nfirst_token_seconds = 0.5\n[[reply]]\ntext = "one two three four five six"'
    )

    ended = []

    async def run(name, script):
        await Agent(ScriptedModel(script)).run("Hello")
        ended.append(name)

    async def both():
        await asyncio.gather(run("slow", script), *(run("quick", QUICK) for _ in range(3)))

    asyncio.run(both())
    assert ended == ["quick"] * 3 + ["slow"]
