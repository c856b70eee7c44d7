"""`wellread setup` as it is called by people without a terminal: by scripts, with keys on standard input."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import termios

import pytest
from support.command import command
from support.hub import hub_of
from support.providers import ollama, refusing
from support.served_script import serving

from wellread import kept_keys

KEY = "wr-test-8Jq2mZ0c5Tn7Xb1L"
NOBODY = "http://127.0.0.1:9"
WRITER = "Qwen/Qwen2.5-1.5B-Instruct-GGUF"
SCRIPT = '[[reply]]\nrole = "text"\ntext = "Books let you think with other heads."\ntimes = 0\n'


@pytest.fixture
def setup(home, monkeypatch):
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    own = {
        "WELLREAD_HOME": str(home),
        "WELLREAD_EMBEDDER": "none",
        "WELLREAD_MODEL_TRIES": "1",
        "WELLREAD_OLLAMA_BASE_URL": NOBODY,
        "WELLREAD_LMSTUDIO_BASE_URL": NOBODY,
        "HF_HOME": str(home / "none"),
    }
    return lambda *arguments, text="", **more: command("setup", *arguments, text=text, **{**own, **more})


def test_without_a_terminal_it_prints_what_it_found_and_asks_nothing(setup, home):
    said = setup()
    assert said.returncode == 0
    assert "– OpenAI: There is no key for openai." in said.stdout
    assert "No AI model: quoting only." in said.stdout
    assert "setup key PROVIDER" in said.stdout
    assert not home.exists()


def test_programs_are_told_in_json(setup):
    with ollama("llama3:8b") as address:
        said = setup("--json", WELLREAD_OLLAMA_BASE_URL=address)
    rows = {row["provider"]: row for row in map(json.loads, said.stdout.splitlines())}
    assert rows["ollama"]["models"] == ["ollama/llama3:8b"]
    assert rows["openai"]["connected"] is False


def test_a_key_is_tried_kept_used_and_removed(setup, home):
    with serving(SCRIPT) as served:
        said = setup("key", "openai", text=f"{KEY}\n", WELLREAD_OPENAI_BASE_URL=f"{served.address}/v1")
    assert said.returncode == 0, said.stderr
    assert "✓ streaming" in said.stdout
    assert "tokens a second" in said.stdout
    assert "go to openai/gpt-4.1, with passages of your library" in said.stdout
    assert kept_keys.read(home) == {"openai": KEY}
    assert "✓ OpenAI: by a key that is kept here" in setup().stdout
    assert setup("key", "openai", "--remove").returncode == 0
    assert not (home / "keys.toml").exists()
    assert setup("key", "openai", "--remove").returncode == 3
    assert KEY not in said.stdout + said.stderr


def test_a_key_that_is_refused_is_not_kept_unless_the_reader_insists(setup, home):
    with refusing() as address:
        own = {"WELLREAD_OPENAI_BASE_URL": f"{address}/v1"}
        said = setup("key", "openai", text=KEY, **own)
        assert said.returncode == 1
        assert "refuses the key" in said.stdout
        assert "was not kept" in said.stdout
        assert not home.exists()
        insisted = setup("key", "openai", "--insist", text=KEY, **own)
    assert insisted.returncode == 0
    assert kept_keys.read(home) == {"openai": KEY}
    assert KEY not in said.stdout + said.stderr + insisted.stdout + insisted.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "no key on standard input"), ("two words", "more than the key"), ("x", "8 to 4,096")],
)
def test_what_is_no_key_is_said(setup, home, text, reason):
    said = setup("key", "openai", text=text)
    assert said.returncode == 2
    assert reason in said.stderr
    assert not home.exists()


def test_on_a_full_disk_nothing_is_kept_and_it_is_said(home):
    environment = {**os.environ, "WELLREAD_HOME": str(home), "WELLREAD_OPENAI_BASE_URL": f"{NOBODY}/v1"}
    environment = {name: value for name, value in environment.items() if not name.endswith("_API_KEY")}
    script = f"ulimit -f 0; exec {sys.executable} -m wellread setup key openai --insist"
    said = subprocess.run(
        ["sh", "-c", script],
        input=KEY,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert said.returncode == 1
    assert "could not be written" in said.stderr
    assert [path.name for path in home.iterdir() if path.name != "keys.lock"] == []
    assert KEY not in said.stdout + said.stderr


def test_a_model_is_used_from_now_on(setup, home):
    with ollama("llama3:8b") as address:
        own = {"WELLREAD_OLLAMA_BASE_URL": address}
        assert setup("use", "ollama/llama3:8b", **own).returncode == 0
        assert 'model = "ollama/llama3:8b"' in (home / "settings.toml").read_text()
        assert "ollama/llama3:8b (it is set as `model`)" in setup(**own).stdout
        missing = setup("use", "ollama/phi", **own)
    assert missing.returncode == 3
    assert "ollama pull phi" in missing.stderr
    assert setup("use", "x", "--as", "nothing").returncode == 2
    fixed = setup("use", "extractive", WELLREAD_MODEL="extractive")
    assert "WELLREAD_MODEL" in fixed.stderr
    (home / "settings.toml").write_text("model =")
    assert "no TOML file" in setup("use", "extractive").stderr


def test_a_download_is_shown_and_needs_consent(setup, home, monkeypatch):
    with hub_of(WRITER, {"tea-q4_k_m.gguf": b"GGUF" + bytes(1000)}, license="apache-2.0") as hub:
        own = hub.environment
        assert "(suits this machine)" in setup("get").stdout
        shown = setup("get", "writer-1.5b", **own)
        assert shown.returncode == 2
        assert "licence: apache-2.0" in shown.stdout
        assert "SHA-256 " in shown.stdout
        assert "--yes" in shown.stderr
        assert hub.asked == []
        assert not home.exists()
        got = setup("get", "writer-1.5b", "--yes", **own)
        assert got.returncode == 0, got.stderr
        assert "setup use local/tea-q4_k_m" in got.stdout
        assert (home / "models/Qwen/Qwen2.5-1.5B-Instruct-GGUF/tea-q4_k_m.gguf").is_file()
        assert "writer-1.5b (is here)" in setup("get").stdout
    assert setup("get", "nothing").returncode == 3
    offline = setup("get", "judge", "--yes", HF_ENDPOINT=NOBODY)
    assert offline.returncode == 4
    assert "cannot be reached" in offline.stderr


def test_a_question_is_answered_both_ways(setup, mentor_home):
    with serving(SCRIPT) as served:
        own = {"WELLREAD_HOME": str(mentor_home), "WELLREAD_OPENAI_BASE_URL": f"{served.address}/v1"}
        said = setup("compare", "openai/x", "What is leadership?", **own)
        own["WELLREAD_OPENAI_BASE_URL"] = NOBODY
        unreached = setup("compare", "openai/x", "What is leadership?", **own)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.startswith("What is leadership?")
    assert "── By quoting (" in said.stdout
    assert "No language model wrote this" in said.stdout
    assert "── By openai/x (" in said.stdout
    assert "Books let you think with other heads." in said.stdout
    assert unreached.returncode == 1
    assert "What failed: openai/x cannot be reached" in unreached.stdout


def test_what_cannot_be_compared_is_said(setup, home):
    assert setup("compare", "extractive", "What?").returncode == 2
    assert "suggests no question" in setup("compare", "openai/x", WELLREAD_OPENAI_BASE_URL=NOBODY).stderr
    assert "no key" in setup("compare", "openai/x", "What?").stderr


class Terminal:
    """`wellread setup` with a terminal for its input and output."""

    def __init__(self, home):
        self.master, slave = os.openpty()
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
        environment |= {"WELLREAD_HOME": str(home), "WELLREAD_OLLAMA_BASE_URL": NOBODY, "TERM": "dumb"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wellread", "setup"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.said = ""
        self.seen = 0  # characters of it

    def until(self, words):
        while words not in self.said[self.seen :]:
            self.said += os.read(self.master, 4096).decode()
        self.seen = self.said.index(words, self.seen) + len(words)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        with contextlib.suppress(OSError):  # the terminal has gone with its last process
            while more := os.read(self.master, 4096):
                self.said += more.decode()
        os.close(self.master)
        return self.process.wait(60)


ASKS = "(Enter: nothing more)"


def test_in_a_terminal_it_asks_and_ends_when_nothing_more_is_wanted(home):
    terminal = Terminal(home)
    terminal.until(ASKS)
    terminal.type("99\n")
    terminal.until("Please say a number")
    terminal.until(ASKS)
    terminal.type("2\n")
    terminal.until("Which? ")
    terminal.type("\n")
    terminal.until(ASKS)
    terminal.type("\n")
    assert terminal.end() == 0
    assert "writer-1.5b" in terminal.said


def test_a_key_is_typed_unseen_and_ctrl_c_leaves_nothing_half_done(home):
    terminal = Terminal(home)
    terminal.until(ASKS)
    terminal.type("1\n")
    terminal.until("Which provider?")
    terminal.type("openai\n")
    terminal.until("it is not shown")
    terminal.type(KEY)
    terminal.type("\x03")  # in the middle of the key: that command ends
    terminal.until(ASKS)
    terminal.type("\x03")
    assert terminal.end() == 130
    assert "Stopped." in terminal.said
    assert KEY not in terminal.said
    assert not home.exists()
