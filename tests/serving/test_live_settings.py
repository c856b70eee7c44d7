"""Settings and keys that another process changes."""

import asyncio

import pytest

from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.serving.live_settings import LiveSettings
from wellread.settings import Settings
from wellread.store import key_file, settings_file


@pytest.fixture
def library(tmp_path):
    settings = Settings(home=tmp_path, embedder="none", quick_steps=9, writer_model="extractive")
    opened = Wellread(settings=settings)
    with asyncio.Runner() as runner:
        runner.run(opened.__aenter__())
        yield opened
        runner.run(opened.__aexit__())


def test_what_another_process_changed_is_followed_and_the_rest_stays(library, tmp_path):
    settings_file.change(tmp_path, {"deep_steps": 7})
    live = LiveSettings(library)
    live.follow()
    assert library.settings.deep_steps == 12  # it was so before
    settings_file.change(tmp_path, {"deep_steps": 8, "server_runs": 3})
    live.follow()
    assert library.settings.deep_steps == 8
    assert library.settings.server_runs == 32  # which is read at the start only
    assert (library.settings.quick_steps, library.settings.writer_model) == (9, "extractive")
    settings_file.change(tmp_path, {"deep_steps": None})
    live.follow()
    assert library.settings.deep_steps == 12


def test_a_file_that_cannot_be_read_changes_nothing(library, tmp_path, caplog):
    live = LiveSettings(library)
    (tmp_path / "settings.toml").write_text("deep_steps = [")
    live.follow()
    assert library.settings.deep_steps == 12
    assert "settings_not_read" in caplog.text
    (tmp_path / "settings.toml").unlink()
    settings_file.change(tmp_path, {"deep_steps": 8})
    live.follow()
    assert library.settings.deep_steps == 8


def test_a_key_that_another_process_keeps_is_used(library, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def has_key():
        try:
            library.models.check("openai/gpt-4.1")
        except BadRequestError:
            return False
        return True

    live = LiveSettings(library)
    assert not has_key()
    key_file.change(tmp_path, "openai", "sk-not-a-real-key")
    assert not has_key()
    live.follow()
    assert has_key()
