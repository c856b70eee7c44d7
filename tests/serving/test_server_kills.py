"""A server that is killed after each event of a run: the next one goes on, to the same events and the same answer."""

import json
import shutil
import time

import httpx2
import pytest
from support import mentor as t
from support.running_server import Process, client
from support.served_script import serving
from support.soak import sampled, soaked

from wellread.agent.state.effective_events import effective_events
from wellread.events import EVENT, RunCompleted

PARTS = 2 if soaked() else 1  # that are run beside each other
SAMPLE = 3  # of the events, some 66, after which the server is killed
ASKED = [
    "What keeps the work on its track?",
    "Who decides where the track goes?",
    "What is the measure of a leader?",
    "How is the week planned?",
    "Which mornings are kept?",
    "Where is the balance off?",
    "What are one-on-ones for?",
    "How were the tests run?",
]
STEPS = "".join(
    f"""
[[reply]]
role = "choice"
times = 0
when = "Choose step {number} "
thinking = "I ask the book next: {question}"
action = "search_inside_books"
parameters = {{ askBookQuestions = ["{question}"], productIds = ["{t.BOOK}", "{t.TALK}"] }}
"""
    for number, question in enumerate(ASKED, 1)
)
SCRIPT = f"""{STEPS}
[[reply]]
role = "choice"
times = 0
when = "Choose step 9 "
thinking = "Is anything missing?"
action = "review_evidence"
parameters = {{ missing = [] }}
[[reply]]
role = "choice"
times = 0
when = "Choose step 10 "
thinking = "I have what I need."
action = "create_answer_draft"
[reply.parameters]
is_role_play_request = false
is_controversial_sensitive_topic = false
is_greeting_or_simple_calculation = false
is_who_are_you = false
relevant_knowledge_indices = [0, 1]
[[reply]]
times = 0
when = "You weigh evidence"
json = '{{"summary": "It says how.", "score": 8}}'
[[reply]]
role = "text"
times = 0
text = "Management keeps the work on its track [0]. Give each of the roles hours of the week [1]."
"""
QUESTION = {"question": t.QUESTION, "mode": "deep", "limits": {"steps": 12}}


def stored(http, run_id):
    listed = http.get(f"/api/v1/runs/{run_id}/events", headers={"Accept": "application/json"})
    assert listed.status_code == 200, listed.text
    return [EVENT.validate_python(event) for event in listed.json()]


def ended(http, run_id):
    """The events of a run once it has ended."""
    give_up = time.monotonic() + 120
    while not http.get(f"/api/v1/runs/{run_id}").json()["ended_at"]:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return stored(http, run_id)


# What a reply took that was lost with the server before it was stored is not known; all else is the same.
VARYING = {"seq", "at", "seconds", "usage", "run_id", "conversation_id"}


def told(events):
    """The events without what differs from run to run."""
    return [json.dumps(event.model_dump(mode="json", exclude=VARYING)) for event in events]


@pytest.fixture
def model():
    with serving(SCRIPT) as served:
        yield served


@pytest.fixture
def environment(model):
    return {**model.environment, "WELLREAD_MODEL": "openai/gpt-4.1", "OPENAI_API_KEY": "none"}


def choices(requests):
    """How often the model was asked to choose a step."""
    return sum("Choose step " in request.prompt for request in requests)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_survives_a_kill_after_each_of_its_events(mentor_home, tmp_path, model, environment, part):
    home = shutil.copytree(mentor_home, tmp_path / "home")
    with Process(home, **environment) as server:
        server.start()
        with client(server.address) as http:
            whole = ended(http, http.post("/api/v1/runs", json=QUESTION).json()["run_id"])
    assert isinstance(whole[-1], RunCompleted)
    assert choices(model.script.requests) == 10
    starts = [event.type for event in whole].index("answer.started")
    answering = {
        f"killed after {number}": starts < number < len(whole) - 1 for number in range(len(whole) + 1)
    }
    goes_on, asked = None, 0
    for number in [*sampled(range(1, len(whole) + 1), SAMPLE)[part::PARTS], 0]:
        with Process(home, **environment) as server:
            if number:
                server.command = ["tests/support/kill_server.py", str(number)]
            server.start()
            with client(server.address) as http:
                if goes_on is not None:  # the run that was under way when the last server was killed
                    run_id = http.post("/api/v1/runs", json=QUESTION, headers=goes_on).json()["run_id"]
                    events = ended(http, run_id)
                    assert [event.seq for event in events] == list(range(1, len(events) + 1))
                    # Only the answer, which the model has to write anew, may be told from its beginning again.
                    kept = effective_events(events) if answering[goes_on["Idempotency-Key"]] else events
                    assert told(kept) == told(whole), str(goes_on)
                    assert choices(model.script.requests[asked:]) == 10, str(goes_on)
                    assert 11 <= events[-1].usage.model_calls <= whole[-1].usage.model_calls
                if number:
                    asked = len(model.script.requests)
                    goes_on = {"Idempotency-Key": f"killed after {number}"}
                    with pytest.raises(httpx2.TransportError):
                        begun = http.post("/api/v1/runs", json=QUESTION, headers=goes_on)
                        ended(http, begun.json()["run_id"])
