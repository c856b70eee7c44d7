"""Connecting models: what is found, and that a key goes to its provider and into one file and nowhere else."""

import asyncio
import logging
import stat

import pytest
from support.gguf_file import model as gguf_file
from support.providers import answering, lm_studio, ollama, refusing
from support.served_script import serving

from wellread import kept_keys
from wellread.errors import BadRequestError, ConflictError, NotFoundError, StorageError
from wellread.models.resolve import Models
from wellread.settings import Settings
from wellread.setup.connections import Connections, checked_key
from wellread.store import key_file

KEY = "wr-test-8Jq2mZ0c5Tn7Xb1L"
NOBODY = "http://127.0.0.1:9"
SCRIPT = '[[reply]]\nrole = "text"\ntext = "Books let you think with other heads."\ntimes = 0\n'


@pytest.fixture(scope="module")
def provider():
    with serving(SCRIPT) as served:
        yield f"{served.address}/v1"


def settings(home, **more):
    return Settings(
        home=home, **{"ollama_base_url": NOBODY, "lmstudio_base_url": NOBODY, "model_tries": 1, **more}
    )


def models(home, environment=None, **more):
    return Models(settings(home, **more), {"HF_HOME": str(home / "none"), **(environment or {})})


def found(own):
    return {connection.provider: connection for connection in Connections(own).found()}


def connect(own, key=KEY, *, insist=False):
    async def tried():
        try:
            return await Connections(own).connect("openai", key, insist=insist)
        finally:
            await own.close()

    return asyncio.run(tried())


def test_with_nothing_there_nothing_is_connected_and_each_says_what_to_do(home):
    connections = found(models(home))
    assert not any(connection.connected for connection in connections.values())
    assert {"openai", "anthropic", "ollama", "lmstudio", "local"} <= set(connections)
    assert not {"scripted", "extractive", "openai-responses"} & set(connections)
    assert all(connection.how for connection in connections.values())
    assert connections["openai"].takes_key
    assert connections["openai"].key == "missing"
    assert not connections["ollama"].takes_key
    assert not home.exists()


def test_what_runs_on_this_machine_is_found(home):
    gguf_file(home / "models" / "tea-q4.gguf")
    with ollama("llama3:8b", "nomic-embed-text") as one, lm_studio("qwen2.5-7b", "text-embedding-x") as two:
        connections = found(models(home, ollama_base_url=one, lmstudio_base_url=f"{two}/v1"))
    assert connections["ollama"].models == ("ollama/llama3:8b",)
    assert connections["lmstudio"].models == ("lmstudio/qwen2.5-7b",)
    if connections["local"].connected:  # with the extra
        assert connections["local"].models == ("local/tea-q4",)
        assert "1 file" in connections["local"].how
    assert next(iter(connections)) in ("ollama", "lmstudio", "local")


@pytest.mark.parametrize("body", [{"error": "x"}, [], {"data": [{"name": 1}]}, {"data": None}])
def test_another_program_at_the_port_is_no_lm_studio(home, body):
    with answering({"/v1/models": (200, body)}) as address:
        assert not found(models(home, lmstudio_base_url=address))["lmstudio"].connected


def test_a_key_of_the_environment_is_named_and_not_shown(home):
    connection = found(models(home, {"OPENAI_API_KEY": KEY}))["openai"]
    assert connection.connected
    assert connection.key == "environment"
    assert "OPENAI_API_KEY" in connection.how
    assert KEY not in repr(connection)


def test_a_key_that_works_is_kept_for_its_owner_alone_and_used(home, provider):
    own = models(home, openai_base_url=provider)
    outcome = connect(own, f"  {KEY}\n")
    assert outcome.kept
    assert outcome.works
    assert [trial.name for trial in outcome.trials] == ["structured reply", "streaming"]
    file = home / "keys.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept_keys.read(home) == {"openai": KEY}
    assert own.automatic().name == "openai/gpt-4.1"
    later = models(home)  # another process, without the address
    assert later.automatic().name == "openai/gpt-4.1"
    assert later.check("openai-responses/gpt-4.1")
    assert found(later)["openai"].key == "kept"
    assert KEY not in repr(found(later))


def test_a_model_that_is_open_is_opened_anew_with_the_new_key(home, provider):
    async def opened_twice():
        own = models(home, openai_base_url=provider)
        try:
            first = await own.open("openai/a")
            await Connections(own).connect("openai", KEY)
            return first is await own.open("openai/a"), first.ended
        finally:
            await own.close()

    assert asyncio.run(opened_twice()) == (False, False)


def test_a_key_that_is_refused_is_not_kept_and_stands_nowhere(home, caplog):
    caplog.set_level(logging.DEBUG)
    with refusing() as address:
        own = models(home, openai_base_url=f"{address}/v1")
        outcome = connect(own)
        assert not outcome.kept
        assert not home.exists()
        assert len(outcome.trials) == 2
        for trial in outcome.trials:
            assert "refuses the key" in trial.said
            assert trial.hint
        assert KEY not in repr(outcome)
        assert KEY not in caplog.text
        assert connect(own, insist=True).kept
    assert kept_keys.read(home) == {"openai": KEY}
    assert KEY not in caplog.text


def test_an_address_that_nobody_answers_at_is_said_and_nothing_is_kept(home):
    outcome = connect(models(home, openai_base_url=f"{NOBODY}/v1"))
    assert not outcome.kept
    assert "cannot be reached" in outcome.trials[0].said
    assert not home.exists()


@pytest.mark.parametrize(
    "key",
    [
        "",
        " \n",
        "wr test 8Jq2mZ",
        "wr-test\n8Jq2mZ0c",
        "wr-tést-8Jq2mZ",
        "wr-\x1b[0m-8Jq2",
        "short",
        "x" * 5000,
    ],
)
def test_what_can_be_no_key_is_refused_without_showing_it(home, key):
    with pytest.raises(BadRequestError) as caught:
        connect(models(home, openai_base_url=NOBODY), key)
    assert caught.value.hint
    assert not key.strip() or key.strip() not in str(caught.value)
    assert not home.exists()


def test_what_was_copied_along_is_taken_off():
    assert checked_key(f"\t{KEY}\r\n") == KEY


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "WELLREAD_OPENAI_API_KEY"])
def test_the_environment_wins(home, variable):
    key_file.change(home, "openai", KEY)
    own = models(home, {variable: "sk-of-the-environment"})
    assert own.providers["openai"].usable(own.settings, own._environment)
    assert "sk-of-the-environment" in own._environment.values()
    assert own.providers["openai"]._key(own._environment) == "sk-of-the-environment"
    with pytest.raises(ConflictError, match=variable):
        connect(own)


def test_an_empty_variable_hides_no_key(home):
    key_file.change(home, "openai", KEY)
    assert models(home, {"OPENAI_API_KEY": ""}).automatic().name == "openai/gpt-4.1"


def test_a_key_is_removed(home):
    key_file.change(home, "openai", KEY)
    key_file.change(home, "anthropic", KEY)
    own = models(home)
    assert own.automatic().name == "openai/gpt-4.1"
    asyncio.run(Connections(own).disconnect("openai"))
    assert kept_keys.read(home) == {"anthropic": KEY}
    assert own.automatic().name.startswith("anthropic/")
    asyncio.run(Connections(own).disconnect("anthropic"))
    assert not (home / "keys.toml").exists()
    with pytest.raises(NotFoundError):
        asyncio.run(Connections(own).disconnect("openai"))


@pytest.mark.parametrize("name", ["ollama", "local", "bedrock", "nobody", "../x", ""])
def test_only_providers_with_keys_take_one(home, name):
    with pytest.raises(NotFoundError, match="takes a key"):
        asyncio.run(Connections(models(home)).connect(name, KEY))


def test_a_file_that_others_could_read_is_closed_to_them(home):
    key_file.change(home, "openai", KEY)
    (home / "keys.toml").chmod(0o644)
    assert kept_keys.read(home) == {"openai": KEY}
    assert stat.S_IMODE((home / "keys.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [f'openai = "{KEY}', f"{KEY}\n", 'openai = ["x"]', "[openai]\nkey = 1"])
def test_a_damaged_file_is_said_without_what_is_in_it(home, text):
    home.mkdir()
    (home / "keys.toml").write_text(text)
    with pytest.raises(BadRequestError) as caught:
        models(home).automatic()
    assert "Remove the file" in caught.value.hint
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path, provider):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be read"):
        connect(models(tmp_path / "file" / "home", openai_base_url=provider))
    with pytest.raises(StorageError, match="could not be written") as caught:
        key_file.change(tmp_path / "nowhere" / ("x" * 300), "openai", KEY)
    assert KEY not in str(caught.value)
    assert "environment" in caught.value.hint
