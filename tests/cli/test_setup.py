"""`wellread setup` as it is called by people without a terminal: by scripts, with keys on standard input."""

import json
import os
import subprocess
import sys

import pytest
from support.command import command
from support.providers import ollama, refusing
from support.served_script import serving

from wellread import kept_keys

KEY = "wr-test-8Jq2mZ0c5Tn7Xb1L"
NOBODY = "http://127.0.0.1:9"
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
