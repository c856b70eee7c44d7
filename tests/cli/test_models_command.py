"""`wellread models` and the options of `ask` that concern models, as real processes; spans; what a signal does."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support import mentor as t
from support.command import command
from support.hub import hub_of
from support.served_script import serving
from support.spans import recorded
from support.stores import runs_of
from support.tiny_classifier import classifier

from wellread.blocking import BlockingWellread
from wellread.settings import Settings

KEYS = ("OPENAI", "ANTHROPIC", "GOOGLE", "GEMINI", "GROQ", "MISTRAL", "OPENROUTER")
SLOW = "tokens_per_second = 8\n" + t.SCRIPT


@pytest.fixture
def home(mentor_home):
    return mentor_home


def environment(home, **more):
    own = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    return {**own, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none", **more}


def wellread(home, *arguments, **more):
    own = {"WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none", **more}
    return command(*arguments, **dict.fromkeys([k for k in os.environ if k.endswith("_API_KEY")], ""), **own)


def process(home, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "wellread", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(home, **more),
    )


def test_models_are_listed_with_what_is_wrong(home):
    listed = process(home, "models", HF_HOME="/nonexistent")
    assert listed.returncode == 0, listed.stderr
    assert "– anthropic/…  There is no key for anthropic." in listed.stdout
    assert (
        "    Set ANTHROPIC_API_KEY in the environment, or give the key to `wellread setup`." in listed.stdout
    )
    assert 'pip install "wellread[mistral]"' in listed.stdout
    assert "✓ extractive" in listed.stdout
    rows = [json.loads(line) for line in wellread(home, "models", "--json").stdout.splitlines()]
    by_name = {row.get("name"): row for row in rows}
    assert by_name["openai/…"]["usable"] is False
    assert by_name["extractive"]["usable"] is True
    with_key = wellread(home, "models", OPENAI_API_KEY="sk-test-000000")
    assert "✓ openai/gpt-4.1" in with_key.stdout
    assert "Used when none is named: openai/gpt-4.1 (there is a key for openai)." in with_key.stdout
    assert "sk-test" not in with_key.stdout + with_key.stderr


def test_a_model_is_tried(home):
    script = """
[[reply]]
role = "choice"
thinking = "It scatters blue light."
action = "blue"
parameters = { certain = true }
[[reply]]
text = "Read books, since each of them is a life that you need not live yourself."
"""
    with serving("tokens_per_second = 100\n" + script) as served:
        tried = wellread(home, "models", "--try", "openai/gpt-4.1", **served.environment)
    assert tried.returncode == 0, tried.stderr
    assert "✓ structured reply" in tried.stdout
    assert "blue: It scatters blue light." in tried.stdout
    assert "✓ streaming" in tried.stdout
    assert "tokens a second" in tried.stdout
    with serving('[[reply]]\ntimes = 0\nfault = { kind = "status", status = 401 }') as refusing:
        refused = wellread(home, "models", "--try", "openai/gpt-4.1", **refusing.environment)
    assert refused.returncode == 1
    assert "✗ structured reply" in refused.stdout
    assert "refuses the key" in refused.stdout
    without = wellread(home, "models", "--try", "anthropic/claude")
    assert without.returncode == 2
    assert "There is no key for anthropic." in without.stderr
    assert wellread(home, "models", "--try", "local/nowhere.gguf").returncode in (3, 4)
    unknown = wellread(home, "ask", "What is tea?", "--model", "nobody/x")
    assert unknown.returncode == 2
    assert "there is no provider 'nobody'" in unknown.stderr


def test_a_dry_run_says_what_it_would_take_and_calls_nothing(home):
    with serving(t.SCRIPT) as served:
        dry = wellread(home, "ask", t.QUESTION, "-m", "openai/gpt-4.1", "--dry-run", **served.environment)
        deep = wellread(
            home,
            "ask",
            t.QUESTION,
            "-m",
            "openai/gpt-4.1",
            "--deep",
            "--dry-run",
            "--json",
            **served.environment,
        )
        assert not served.script.requests
    assert dry.returncode == 0, dry.stderr
    assert f"Titles: {t.BOOK_TITLE}" in dry.stdout
    assert "Cost: $0.00" in dry.stdout
    estimate = json.loads(deep.stdout)
    assert estimate["mode"] == "deep"
    for name in ("steps", "calls", "input_tokens", "output_tokens", "seconds", "cost"):
        least, most = estimate[name]
        assert 0 < least < most, name
    free = wellread(home, "ask", t.QUESTION, "-m", "extractive", "--dry-run")
    assert "Calls of models: 0 to 0" in free.stdout


def test_what_a_run_took_stands_below_it(home):
    with serving(t.SCRIPT) as served:
        asked = wellread(home, "ask", t.QUESTION, "-m", "openai/gpt-4.1", **served.environment)
    last = asked.stdout.strip().splitlines()[-1]
    assert last.startswith("3 calls, ")
    assert "$0.0" in last


def interrupted(home, signals):
    """The output of a slow run that gets so many signals after its first step."""
    with serving(SLOW) as served:
        process = subprocess.Popen(
            [sys.executable, "-m", "wellread", "ask", t.QUESTION, "-m", "openai/gpt-4.1", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home, **served.environment),
        )
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1]["type"] == "step.completed" and lines[-1]["step"] == 1:
                break
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        rest, errors = process.communicate(timeout=120)
    return [*lines, *map(json.loads, rest.splitlines())], errors, process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_once_writes_the_answer(home):
    events, errors, status = interrupted(home, 1)
    assert status == 0
    assert "write with what there is" in errors
    kinds = [event["type"] for event in events]
    assert "run.stopping" in kinds
    assert kinds[-1] == "run.completed"
    [answer] = [event for event in events if event["type"] == "answer.completed"]
    assert answer["citations"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_twice_cancels(home):
    events, errors, status = interrupted(home, 2)
    assert status == 130
    assert "Traceback" not in errors
    with BlockingWellread(settings=Settings(home=home, embedder="none")) as library:
        stored = runs_of(library.library).events(events[0]["run_id"])
    assert stored[-1].type == "run.cancelled"


def test_a_run_its_steps_and_calls_are_spans_without_texts(home, tmp_path):
    exporter = recorded()
    file = tmp_path / "script.toml"
    file.write_text(t.SCRIPT, encoding="utf-8")
    with BlockingWellread(settings=Settings(home=home, embedder="none", model=f"scripted/{file}")) as library:
        list(library.ask(t.QUESTION))
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["model call", "step", "model call", "step", "model call", "run"]
    run = spans[-1]
    assert {span.parent.span_id for span in spans if span.name == "step"} == {run.context.span_id}
    assert spans[0].parent.span_id == spans[1].context.span_id
    assert run.attributes["gen_ai.usage.output_tokens"] > 50
    written = " ".join(str(value) for span in spans for value in span.attributes.values())
    assert "leadership" not in written.lower()


def test_a_judge_is_fetched_when_it_is_agreed_to(tmp_path):
    made = classifier(tmp_path / "made")
    files = {path.name: path.read_bytes() for path in made.iterdir()}
    home = tmp_path / "home"
    with hub_of("Leaf/tea-nli", files, "mit") as hub:
        asked = wellread(home, "models", "pull", "Leaf/tea-nli", "--judge", **hub.environment)
        assert asked.returncode == 2
        assert hashlib.sha256(files["model.onnx"]).hexdigest() in asked.stdout
        assert "licence: mit" in asked.stdout
        assert "--yes" in asked.stderr
        assert not (home / "models").exists()
        fetched = wellread(home, "models", "pull", "Leaf/tea-nli", "--judge", "--yes", **hub.environment)
    assert fetched.returncode == 0, fetched.stderr
    assert "--judge onnx:tea-nli" in fetched.stdout
    assert sorted(path.name for path in (home / "models" / "tea-nli").iterdir()) == sorted(files)


def test_a_judge_that_cannot_judge_is_said_when_it_is_fetched(tmp_path):
    made = classifier(tmp_path / "made", named={"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"})
    with hub_of("Leaf/tea", {path.name: path.read_bytes() for path in made.iterdir()}) as hub:
        fetched = wellread(
            tmp_path / "home", "models", "pull", "Leaf/tea", "--judge", "--yes", **hub.environment
        )
    assert "its page says none" in fetched.stdout
    assert (fetched.returncode, "LABEL_0" in fetched.stderr, "id2label" in fetched.stderr) == (2, True, True)
