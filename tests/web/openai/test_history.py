"""What a client sends along of a conversation: how much of it is read, and what it may hold."""

import json
from itertools import islice

import pytest
from support import mentor as t
from support.agui_rules import check
from support.running_server import client, running
from support.stores import catalog_of, runs_of
from support.work import given_up, lines_run

from wellread.agent.run.start import RunRequest, RunStart
from wellread.blocking import BlockingWellread
from wellread.events import AnswerCompleted, Exchange, Roles, Usage
from wellread.settings import Settings
from wellread.web.openai.history import MOST_EXCHANGES, MOST_MESSAGES, history_of
from wellread.web.openai.messages import Message, said_before
from wellread.wire.runs import AskOptions

HALF = "\ud800"  # of a surrogate pair: JSON can spell it, UTF-8 cannot
CHAT, RESPONSES, AGUI = "/v1/chat/completions", "/v1/responses", "/api/v1/agui"


@pytest.fixture(scope="module")
def http(mentor_home):
    settings = Settings(home=mentor_home, embedder="none", model="extractive")
    with running(settings) as address, client(address) as opened:
        yield opened


def post(http, path, body):
    return http.post(path, content=json.dumps(body), headers={"content-type": "application/json"})


def chat(*messages, **more):
    messages = [{"role": role, "content": text} for role, text in messages]
    return {"model": "wellread-quick", "messages": messages, **more}


def responses(*messages, **more):
    messages = [{"role": role, "content": text} for role, text in messages]
    return {"model": "wellread-quick", "input": messages, **more}


def agui(*messages, thread="thread", run="run", **more):
    messages = [
        {"id": str(number), "role": role, "content": text} for number, (role, text) in enumerate(messages)
    ]
    rest = {"tools": [], "context": [], "state": {}, "forwardedProps": {}}
    return {"threadId": thread, "runId": run, "messages": messages, **rest, **more}


def turns(count):
    """So many exchanges, the last first."""
    for number in range(count, 0, -1):
        yield "assistant", f"Answer {number} [0][12]."
        yield "user", f"What does chapter {number} say of delegation to a team?"


# How much of it is read


def test_the_last_exchanges_are_read_and_none_before_them():
    left = turns(100)
    read = history_of(left)
    assert len(read) == MOST_EXCHANGES
    assert read[0].question == "What does chapter 81 say of delegation to a team?"
    assert read[-1].answer == "Answer 100."
    assert len(list(left)) == 2 * (100 - MOST_EXCHANGES)
    assert [len(history_of(islice(turns(n), 2 * n))) for n in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize(
    ("role", "text", "times"),
    [
        ("user", "And why?", 1.1),
        ("assistant", "So [1].", 2.2),
    ],  # exchanges end it, pieces of an answer are passed over
)
def test_a_long_conversation_is_little_work(role, text, times):
    def work(count):
        said = [("user", "What is delegation?"), *[(role, text)] * count, ("user", "And what of that?")]
        messages = [Message(role=role, content=text) for role, text in said]
        return lines_run(lambda: history_of(said_before(messages)))

    work(10)  # patterns are compiled once
    assert work(2_000) < times * work(1_000)


def test_of_long_messages_little_is_read():
    long = "And why? " * 400_000
    for said in (
        [("user", long), ("assistant", "a [1]" * 9)],
        [("user", "Why?"), ("assistant", "a [1]" * 400_000)],
    ):
        messages = [Message(role=role, content=text) for role, text in [*said, ("user", "And what of that?")]]
        with given_up():
            read = history_of(said_before(messages))
        assert 0 < len(read) <= MOST_EXCHANGES
        assert all(len(exchange.question) < 1_500 for exchange in read)
        assert all(len(exchange.answer) <= 600 for exchange in read)


@pytest.mark.parametrize(("path", "body"), [(CHAT, chat), (RESPONSES, responses), (AGUI, agui)])
def test_more_messages_than_anybody_says_are_refused(http, path, body):
    said = [("user", "Why?"), ("assistant", "So.")] * (MOST_MESSAGES // 2)
    refused = post(http, path, body(*said, ("user", t.DIFFERENCE)))
    assert refused.status_code in (400, 422)
    assert "10000" in refused.text.replace(",", "")
    assert post(http, path, body(*said[2:], ("user", t.DIFFERENCE))).status_code == 200


def test_answers_in_pieces_are_joined_and_what_leans_on_something_is_completed():
    read = history_of(
        [
            ("assistant", "Second piece."),
            ("tool", "A result."),
            ("assistant", ""),
            ("assistant", "_A simulated voice of somebody._\nFirst piece [3]."),
            ("user", "And why?"),
            ("system", "Rhyme."),
            ("assistant", "Yes."),
            ("user", f"{' ' * 2000}What is delegation?"),
            ("assistant", "Hello."),
        ]
    )
    assert read == (
        Exchange(question="What is delegation?", answer="Yes."),
        Exchange(question="And why (delegation)?", answer="First piece.\n\nSecond piece."),
    )


def test_of_an_answer_in_very_many_pieces_the_first_are_read():
    pieces = [("assistant", str(number)) for number in range(9_999, 0, -1)]
    [exchange] = history_of([*pieces, ("user", "What is delegation?")])
    assert exchange.answer.split() == list("12345678")


def test_agui_hears_what_was_said_as_the_others_do_also_with_half_a_pair(http, tmp_path):
    script = tmp_path / "script.toml"
    script.write_text(t.SCRIPT, encoding="utf-8")
    said = [
        ("user", [{"type": "text", "text": f"What is {HALF}?"}]),
        ("assistant", "_A simulated voice of somebody._\nGiving work away [0][3]."),
        ("user", "And why?"),
        ("assistant", f"{HALF} [1].\n\n---\n\n**Sources**\n\n- [1] A"),
    ]
    asked = agui(
        *said,
        ("user", t.QUESTION),
        thread="same",
        forwardedProps={"wellread": {"model": f"scripted/{script}"}},
    )
    ended = told(post(http, AGUI, asked))[-1]
    over_chat = chat(
        ("user", said[0][1][0]["text"]),
        *said[1:],
        ("user", t.QUESTION),
        metadata={"model": f"scripted/{script}"},
    )
    run_ids = (ended["result"]["run_id"], post(http, CHAT, over_chat).json()["id"].removeprefix("chatcmpl-"))
    for run_id in run_ids:
        events = http.get(f"/api/v1/runs/{run_id}/events", headers={"accept": "application/json"}).json()
        assert events[0]["before"] == [
            {"question": "What is \ufffd?", "answer": "Giving work away."},
            {"question": "And why?", "answer": "\ufffd."},
        ]


def told(response):
    assert response.status_code == 200, response.text
    return check([json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")])


@pytest.fixture(scope="module")
def mentor(mentor_home):
    with BlockingWellread(settings=Settings(home=mentor_home, embedder="none")) as opened:
        yield opened


def beginning(library):
    own = library.library
    return RunStart(own.settings, catalog_of(own), runs_of(own))


def asking(question, *history):
    roles = Roles(planner="openai/x", writer="openai/x", judge="extractive", fallback="extractive")
    return RunRequest(question, AskOptions(), roles, history=history)


def test_titles_are_looked_for_in_the_last_exchanges_only(mentor):
    naming = Exchange(
        question="What does Leading Effective Engineering Teams say about delegation?", answer="This."
    )
    other = Exchange(question="And why?", answer="So.")
    begins = beginning(mentor)
    near = begins.start(asking("And then?", naming, *[other] * 7))
    far = begins.start(asking("And then?", naming, *[other] * 8))
    assert [entry.product_id for entry in near.scope] == [t.BOOK]
    assert len(far.scope) != 1
    one = Exchange(question="Leading teams that are effective. " * 200, answer="")
    work = [lines_run(begins.start, asking("And then?", *[one] * count)) for count in (20, 20, 2_000)]
    assert work[2] < 1.5 * work[1]


def test_both_sides_of_what_was_said_are_cut(mentor):
    begins = beginning(mentor)
    long = Exchange(question=f"Why {HALF}? " + "word " * 4_000, answer=f"{HALF}{'So. ' * 4_000}")
    [before] = begins.start(asking("What is delegation, in short words?", long)).before
    assert before.question.startswith("Why \ufffd? word word")
    assert (len(before.question) <= 1_000, len(before.answer)) == (True, 600)
    before.model_dump_json()
    begun = runs_of(mentor.library).begin(begins.start(asking(f"What is {'delegation ' * 1_500}?")))
    done = AnswerCompleted(markdown="So. " * 4_000, citations=(), statements=(), usage=Usage())
    runs_of(mentor.library).append(begun.run_id, [done], len(begun.events))
    conversation_id = begun.events[0].conversation_id
    roles = asking("").roles
    [before] = begins.start(RunRequest("And why?", AskOptions(conversation_id=conversation_id), roles)).before
    assert (len(before.question) <= 1_000, len(before.answer)) == (True, 600)


def test_the_conversation_is_read_once(mentor):
    reads = []

    class Counting:
        def __getattr__(self, name):
            return getattr(runs_of(mentor.library), name)

        def events(self, run_id):
            reads.append(run_id)
            return runs_of(mentor.library).events(run_id)

    own = mentor.library
    begins = RunStart(own.settings, catalog_of(own), Counting())
    first = begins.begin(asking("What is delegation?"))
    conversation_id = first.events[0].conversation_id
    begins.begin(RunRequest("And why?", AskOptions(conversation_id=conversation_id), asking("").roles))
    assert reads == [first.run_id]


# Half a surrogate pair


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, chat(("user", f"A {HALF}?"), ("assistant", HALF), ("user", f"{t.DIFFERENCE} {HALF}"))),
        (RESPONSES, responses(("user", f"A {HALF}?"), ("assistant", HALF), ("user", f"{t.DIFFERENCE} {HALF}"))),
        (CHAT, chat(("user", t.DIFFERENCE), metadata={HALF: HALF, "x": HALF})),
        (RESPONSES, responses(("user", t.DIFFERENCE), metadata={HALF: HALF, "x": HALF})),
        (AGUI, agui(("user", t.DIFFERENCE), thread=HALF, run=HALF)),
        (AGUI, agui(("user", HALF), ("assistant", HALF), ("user", f"{t.DIFFERENCE} {HALF}"), thread="half")),
        (AGUI, agui(("user", t.DIFFERENCE), thread="p", forwardedProps={"x": HALF}, state={HALF: [HALF]})),
    ],
)  # fmt: skip
def test_half_a_surrogate_pair_is_replaced(http, path, body):
    answered = post(http, path, body)
    assert answered.status_code == 200, answered.text
    if path == AGUI:
        assert told(answered)[-1]["type"] == "RUN_FINISHED"
    elif "metadata" in body and path == RESPONSES:
        assert answered.json()["metadata"] == {"\ufffd": "\ufffd", "x": "\ufffd"}


def test_what_is_nested_without_end_is_refused(http):
    deep = "[" * 900 + "]" * 900
    body = json.dumps(agui(("user", t.DIFFERENCE), thread="deep", state="DEEP")).replace('"DEEP"', deep)
    answered = http.post(AGUI, content=body, headers={"content-type": "application/json"})
    assert answered.status_code in (200, 422)
