"""Runs as AG-UI events: the mapping by itself, and the interface over HTTP."""

import asyncio
import json
import shutil
import time

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import mentor as t
from support.agui_rules import check, messages, state
from support.running_server import client, running
from support.served_script import serving

from wellread.agent.state.effective_events import effective_events
from wellread.client import Client
from wellread.errors import ConflictError
from wellread.events import EVENT, TERMINAL, AnswerCompleted, RunFailed, SearchCell, Usage
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.backup.opening import open_database
from wellread.web.agui.events import Translation

PATH = "/api/v1/agui"


def asked(question, thread="t1", run="r1", before=(), **forwarded):
    return {
        "threadId": thread,
        "runId": run,
        "messages": [*before, {"id": f"{run}-question", "role": "user", "content": question}],
        "tools": [],
        "context": [],
        "state": {},
        "forwardedProps": {"wellread": forwarded} if forwarded else {},
    }


def events(text):
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def post(http, body):
    response = http.post(PATH, json=body, headers={"Accept": "text/event-stream"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return check(events(response.text))


def types(told):
    return [event["type"] for event in told]


@pytest.fixture(scope="module")
def mentor(mentor_home):
    """A server with the transcript's model, and that model's script."""
    choice = '[[reply]]\nrole = "choice"'
    script = (
        t.SCRIPT.replace(choice, f'{choice}\ntimes = 0\nwhen = "Choose step 1 "', 1)
        .replace(f"{choice}\nthinking", f'{choice}\ntimes = 0\nwhen = "Choose step 2 "\nthinking')
        .replace("[[reply]]\ntext", "[[reply]]\ntimes = 0\ntext")
    )
    with pytest.MonkeyPatch.context() as patch, serving(script) as served:
        patch.setenv("OPENAI_API_KEY", "none")
        settings = Settings(
            home=mentor_home,
            embedder="none",
            model="openai/gpt-4.1",
            openai_base_url=f"{served.address}/v1",
            judge="words",
        )
        with running(settings) as address:
            yield address


@pytest.fixture
def http(mentor):
    with client(mentor) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(mentor):
    """The transcript's run, as Wellread's own events."""
    with Client(mentor) as wellread:
        return list(wellread.ask(t.QUESTION).events())


# The mapping


def translated(own):
    translation = Translation("t1", "r1")
    return [json.loads(e.model_dump_json(by_alias=True)) for event in own for e in translation.of(event)]


def test_the_run_of_the_transcript(http):
    run = post(http, asked(t.QUESTION, "transcript", "first"))
    assert (run[0]["threadId"], run[0]["runId"], run[0]["protocolVersion"]) == ("transcript", "first", "1.0")
    steps = [event["stepName"] for event in run if event["type"] == "STEP_STARTED"]
    assert steps == [event["stepName"] for event in run if event["type"] == "STEP_FINISHED"]
    assert [step.split(' for "')[0] for step in steps] == ["Step 1", "Step 2"]
    thoughts = [text for role, text in messages(run).values() if role == "reasoning"]
    assert thoughts == [t.FIRST_THOUGHT, "I have what I need in knowledge 0, 1 and 3."]
    calls = [event for event in run if event["type"] == "TOOL_CALL_START"]
    assert [call["toolCallName"] for call in calls] == ["search_inside_books", "create_answer_draft"]
    assert calls[0]["metadata"]["label"] == "Book Content Snippet Search Agent"
    arguments = [json.loads(event["delta"]) for event in run if event["type"] == "TOOL_CALL_ARGS"]
    assert arguments[0] == {"askBookQuestions": [t.DIFFERENCE, t.BALANCE], "productIds": [t.BOOK, t.TALK]}
    assert arguments[1]["relevant_knowledge_indices"] == [0, 1, 3]
    results = [json.loads(event["content"]) for event in run if event["type"] == "TOOL_CALL_RESULT"]
    assert results[0]["summary"] == "Ask books complete. Found 4 snippets."
    assert [len(cell["knowledge"]) for cell in results[0]["results"]].count(0) == 1
    [answer] = [
        text for role, text in messages(run).values() if role == "assistant" and isinstance(text, str)
    ]
    assert t.ANSWER.replace(" [7]", "").strip() in answer
    held, end = state(run), run[-1]
    assert [entry["product_id"] for entry in held["scope"]] == [t.BOOK, t.TALK]
    assert len(held["cells"]) == 4
    assert [snippet["number"] for snippet in held["knowledge"]] == [0, 1, 2, 3]
    assert held["citations"] == end["result"]["citations"] != []
    assert held["statements"] == end["result"]["statements"] != []
    assert end["outcome"] == {"type": "success"}
    assert end["usage"][0]["inputTokens"] > 0
    stored = http.get(f"/api/v1/runs/{end['result']['run_id']}").json()
    assert stored["answer"]["markdown"] == answer
    assert stored["conversation_id"] == end["result"]["conversation_id"] == held["conversation_id"]
    assert run[2]["timestamp"] > 1_600_000_000_000


@given(st.data())
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(told, data):
    """Wherever the server is killed, and however often: the events that it has told and those that follow."""
    own = list(told)
    for _ in range(data.draw(st.integers(1, 3))):
        cut = data.draw(st.integers(1, len(own) - 1))
        own = [*own[:cut], *gone_on(own[:cut], told)]
    own = [event.model_copy(update={"seq": number}) for number, event in enumerate(own, 1)]
    run, whole = check(translated(own)), check(translated(told))
    assert state(run) == state(whole)

    def texts(events):
        return [text for role, text in messages(events).values() if role == "assistant"]

    # A step that was cut off leaves its call in the thread, with a result that says so; of the answer there is one.
    assert [text for text in texts(run) if isinstance(text, str)] == [
        text for text in texts(whole) if isinstance(text, str)
    ]
    assert messages(run).keys() >= messages(translated(own[:1])).keys()


def gone_on(before, whole):
    """How a run goes on that was cut off after those events: from its last finished step, or with its answer anew."""
    kept = effective_events(before)
    finished = [event.type for event in kept].count("step.completed")
    steps = [number for number, event in enumerate(whole) if event.type == "step.completed"]
    if any(isinstance(event, AnswerCompleted) for event in before):
        return whole[-1:]
    return whole[steps[finished - 1] + 1 if finished else 1 :]


def test_an_answer_that_is_begun_anew_takes_back_the_half_one_and_nothing_else(told):
    begun = next(n for n, event in enumerate(told) if event.type == "answer.delta")
    own = [*told[: begun + 1], *told[begun - 1 :]]
    own = [event.model_copy(update={"seq": number}) for number, event in enumerate(own, 1)]
    run, whole = messages(check(translated(own))), messages(translated(told))
    assert list(run.values()) == list(whole.values())


def test_what_is_found_again_keeps_its_one_place(told):
    found = next(event for event in told if isinstance(event, SearchCell) and event.found)
    held = state(translated([told[0], found, found.model_copy(update={"question": "Again?"})]))
    assert [snippet["number"] for snippet in held["knowledge"]] == list(found.knowledge)
    assert [cell["question"] for cell in held["cells"]] == [found.question, "Again?"]


def test_whatever_ends_a_run_closes_what_is_open(told):
    for length in range(1, len(told)):
        failed = RunFailed(
            seq=length + 1,
            usage=Usage(),
            seconds=1,
            status=503,
            message="Away.",
            hint="Later.",
            retryable=True,
        )
        run = check(translated([*told[:length], failed]))
        assert (run[-1]["type"], run[-1]["code"], run[-1]["message"]) == ("RUN_ERROR", "503", "Away. Later.")
        cancelled = EVENT.validate_python(
            {"type": "run.cancelled", "seq": length + 1, "usage": {}, "seconds": 1}
        )
        run = check(translated([*told[:length], cancelled]))
        assert run[-1]["outcome"] == {"type": "cancelled"}


def test_what_has_no_counterpart_is_custom(told):
    stopping = EVENT.validate_python({"type": "run.stopping", "seq": 2})
    scored = EVENT.validate_python(
        {"type": "evidence.scored", "seq": 3, "step": 1, "number": 0, "score": 8, "summary": "It says how."}
    )
    run = translated([told[0], stopping, scored])
    assert [(event["name"], event["value"]) for event in run if event["type"] == "CUSTOM"] == [
        ("wellread.run.stopping", {}),
        ("wellread.evidence.scored", {"step": 1, "number": 0, "score": 8, "summary": "It says how."}),
    ]


def test_a_follow_up_changes_scope_and_knowledge(told):
    first = next(event for event in told if isinstance(event, SearchCell) and event.found)
    carried = EVENT.validate_python(
        {
            "type": "knowledge.carried",
            "seq": 2,
            "run_id": "x",
            "snippets": [s.model_dump() for s in first.found],
        }
    )
    understood = EVENT.validate_python(
        {
            "type": "question.understood",
            "seq": 3,
            "asked": "?",
            "mentions": [],
            "scope": [told[0].scope[1].model_dump()],
            "outside": False,
        }
    )
    run = translated([told[0], carried])
    assert [held["number"] for held in state(run)["knowledge"]] == [s.number for s in first.found]
    held = state(translated([told[0], carried, understood]))
    assert [entry["product_id"] for entry in held["scope"]] == [t.TALK]
    assert held["knowledge"] == [s.model_dump() for s in first.found if s.product_id == t.TALK]


# Over HTTP


def test_a_thread_is_a_conversation(http):
    first = post(http, asked(t.DIFFERENCE, "talk", "1", model="extractive"))
    second = post(http, asked("And the week?", "talk", "2", model="extractive"))
    other = post(http, asked(t.DIFFERENCE, "another", "1", model="extractive"))
    ids = [run[-1]["result"]["conversation_id"] for run in (first, second, other)]
    assert ids[0] == ids[1] != ids[2]
    named = post(http, asked("And the week?", "talk", "3", model="extractive", conversation_id=ids[2]))
    assert named[-1]["result"]["conversation_id"] == ids[2]


def test_threads_of_two_callers_with_one_id_are_two(mentor_home, tmp_path):
    home = shutil.copytree(mentor_home, tmp_path / "home")
    database = open_database(home / "wellread.db", backups=home / "backups")
    accounts = AccountStore(database)
    tokens = [
        accounts.add_token(accounts.add(name, "a long password").account_id, "test")[1]
        for name in ("first", "second")
    ]
    database.close()
    with running(Settings(home=home, embedder="none", model="extractive")) as address:
        ids = []
        for token in tokens:
            with client(address, headers={"Authorization": f"Bearer {token}"}) as http:
                ids.append(post(http, asked(t.DIFFERENCE, "same", "1"))[-1]["result"]["conversation_id"])
        assert ids[0] != ids[1]
        with client(address) as nobody:
            assert nobody.post(PATH, json=asked(t.DIFFERENCE)).status_code == 401


def test_what_was_said_elsewhere_is_known(http):
    before = [
        {"id": "0", "role": "system", "content": "Be brief."},
        {"id": "1", "role": "user", "content": "What is delegation?"},
        {"id": "2", "role": "assistant", "content": "Giving work away."},
    ]
    run = post(http, asked(t.BALANCE, "elsewhere", "1", before))
    own = http.get(
        f"/api/v1/runs/{run[-1]['result']['run_id']}/events", headers={"Accept": "application/json"}
    ).json()
    assert own[0]["before"] == [{"question": "What is delegation?", "answer": "Giving work away."}]


def test_a_request_that_comes_twice_begins_one_run(http):
    body = asked(t.DIFFERENCE, "twice", "1", model="extractive")
    first, second = post(http, body), post(http, body)
    assert first == second
    other = http.post(PATH, json=asked(t.BALANCE, "twice", "1", model="extractive"))
    assert other.status_code == 409


def test_what_is_said_with_the_question_arrives(http):
    run = post(http, asked(t.BALANCE, "said", "1", product_ids=[t.BOOK], mode="deep", model="extractive"))
    held = state(run)
    assert [(entry["product_id"], entry["found"]) for entry in held["scope"]] == [(t.BOOK, "picked")]
    assert (held["mode"], held["model"]) == ("deep", "extractive")


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"messages": []}, 400, "no message of the user"),
        ({"messages": [{"id": "1", "role": "assistant", "content": "Hello"}]}, 400, "no message of the user"),
        ({"messages": [{"id": "1", "role": "user", "content": " "}]}, 400, "empty"),
        ({"messages": [{"id": "1", "role": "nobody", "content": "?"}]}, 422, "messages"),
        ({"threadId": ""}, 400, "threadId"),
        ({"runId": 3}, 422, "runId"),
        ({"forwardedProps": {"wellread": {"mode": "slow"}}}, 400, "forwardedProps.wellread.mode"),
        ({"forwardedProps": {"wellread": {"colour": "blue"}}}, 400, "forwardedProps.wellread.colour"),
        ({"forwardedProps": {"wellread": "deep"}}, 400, "no object"),
        ({"forwardedProps": {"wellread": {"product_ids": ["none"]}}}, 404, "none"),
        ({"forwardedProps": {"wellread": {"conversation_id": "none"}}}, 404, "none"),
        (
            {
                "messages": [
                    {
                        "id": "1",
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "What is this?"},
                            {
                                "type": "image",
                                "source": {"type": "url", "value": "https://example.org/a.png"},
                            },
                        ],
                    }
                ]
            },
            400,
            "image",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(http, change, status, says):
    response = http.post(PATH, json={**asked("What is delegation?", "wrong", "1"), **change})
    assert response.status_code == status, response.text
    assert says in response.json()["detail"]
    assert response.json()["hint"]


def test_text_in_parts_is_a_question(http):
    body = asked("", "parts", "1", model="extractive")
    body["messages"][0]["content"] = [{"type": "text", "text": t.DIFFERENCE}]
    assert state(post(http, body))["question"] == t.DIFFERENCE


def test_front_ends_that_say_more_or_less_are_served(http):
    least = {
        "threadId": "least",
        "runId": "1",
        "messages": [{"id": "1", "role": "user", "content": "2 + 2?"}],
    }
    assert types(post(http, least))[-1] == "RUN_FINISHED"
    more = {**asked(t.DIFFERENCE, "more", "1"), "protocolVersion": "1.7", "new": {"a": 1}, "state": [1, 2]}
    more["forwardedProps"] = {"theirs": True}
    assert types(post(http, more))[-1] == "RUN_FINISHED"


def test_who_leaves_cancels_the_run(mentor_home, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with serving(f"tokens_per_second = 20\n{t.SCRIPT}") as served:
        settings = Settings(
            home=mentor_home,
            embedder="none",
            judge="words",
            model="openai/gpt-4.1",
            openai_base_url=f"{served.address}/v1",
        )
        with running(settings) as address, client(address) as http:
            with http.stream("POST", PATH, json=asked(t.QUESTION, "left", "1")) as response:
                lines = response.iter_lines()
                snapshot = next(json.loads(line[6:]) for line in lines if '"STATE_SNAPSHOT"' in line)
            run_id = snapshot["snapshot"]["run_id"]
            give_up = time.monotonic() + 60
            while http.get(f"/api/v1/runs/{run_id}").json()["state"] != "cancelled":
                assert time.monotonic() < give_up
                time.sleep(0.02)


def test_a_server_that_stops_says_so(mentor_home, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with serving(f"tokens_per_second = 20\n{t.SCRIPT}") as served:
        settings = Settings(
            home=mentor_home,
            embedder="none",
            judge="words",
            model="openai/gpt-4.1",
            openai_base_url=f"{served.address}/v1",
        )
        server = running(settings)
        address = server.__enter__()
        with (
            client(address) as http,
            http.stream("POST", PATH, json=asked(t.QUESTION, "stops", "1")) as response,
        ):
            lines = response.iter_lines()
            first = next(line for line in lines if line.startswith("data: "))
            server.__exit__(None, None, None)
            run = events("\n".join([first, *lines]))
    assert run[-1]["type"] == "RUN_ERROR"
    assert run[-1]["code"] == "503"


def test_two_first_questions_of_a_thread_make_one_conversation(mentor):
    async def both():
        async with httpx2.AsyncClient(base_url=mentor, timeout=30) as http:
            return await asyncio.gather(
                *(
                    http.post(PATH, json=asked(t.DIFFERENCE, "both", str(n), model="extractive"))
                    for n in range(4)
                )
            )

    answers = asyncio.run(both())
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert ConflictError.status == 409
    runs = [check(events(answer.text)) for answer in answers if answer.status_code == 200]
    assert runs
    assert len({run[-1]["result"]["conversation_id"] for run in runs}) == 1


def test_every_event_of_a_run_is_told_of(told):
    assert isinstance(told[-1], TERMINAL)
    translation = Translation("t", "r")
    silent = [event.type for event in told if not list(translation.of(event))]
    assert silent == []
