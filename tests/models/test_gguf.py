"""Which local models there are, which one a name means, and whether it can be used."""

import struct
from pathlib import Path

import pytest
from support.gguf_file import model

from wellread.errors import BadRequestError, LimitError, NotFoundError
from wellread.models import gguf


@pytest.fixture
def hub(tmp_path):
    """A Hugging Face cache with two revisions of one repository, and a split model."""
    snapshots = tmp_path / "hub" / "models--Qwen--Small-GGUF" / "snapshots"
    for revision in ("aaa", "bbb"):
        blob = model(tmp_path / "hub" / "models--Qwen--Small-GGUF" / "blobs" / revision)
        (snapshots / revision).mkdir(parents=True)
        (snapshots / revision / "small-q4_k_m.gguf").symlink_to(blob)
        (snapshots / revision / "mmproj-small-f16.gguf").symlink_to(blob)
    for part in (1, 2, 3):
        model(snapshots / "bbb" / "split" / f"big-q8_0-{part:05}-of-00003.gguf")
    return {"HF_HUB_CACHE": str(tmp_path / "hub")}


def names(paths):
    return sorted(path.name for path in paths)


def test_models_are_found_at_home_and_in_the_hub_cache(home, hub, tmp_path):
    mine = model(home / "models" / "mine.gguf")
    model(home / "models" / "Other" / "Repo" / "deep.gguf")
    (home / "models" / "again.gguf").symlink_to(mine)
    (home / "models" / "gone.gguf").symlink_to(tmp_path / "nowhere")
    (home / "models" / "half.gguf.0123.part").write_bytes(b"GGUF")
    found = names(gguf.find(home, hub))
    assert found == ["again.gguf", "big-q8_0-00001-of-00003.gguf", "deep.gguf", "small-q4_k_m.gguf"]


def test_what_is_at_home_comes_before_the_same_in_the_cache(home, hub):
    pulled = model(home / "models" / "Qwen" / "Small-GGUF" / "small-q4_k_m.gguf")
    assert gguf.locate("small-q4_k_m", home, hub) == pulled


@pytest.mark.parametrize(
    "variables",
    [{"HF_HUB_CACHE": "{}/huggingface/hub"}, {"HF_HOME": "{}/huggingface"}, {"XDG_CACHE_HOME": "{}"}],
)
def test_the_cache_is_where_the_hub_keeps_it(home, tmp_path, variables):
    model(tmp_path / "huggingface" / "hub" / "models--A--B" / "snapshots" / "r" / "x.gguf")
    environment = {name: value.format(tmp_path) for name, value in variables.items()}
    assert names(gguf.find(home, environment)) == ["x.gguf"]


def test_no_models_is_no_error(home, tmp_path):
    assert gguf.find(home, {"HF_HUB_CACHE": str(tmp_path / "none")}) == []


@pytest.mark.parametrize(
    "name",
    ["small-q4_k_m.gguf", "Small-Q4_K_M", "q4_k", "Qwen/Small-GGUF/small-q4_k_m.gguf", "SMALL-gguf/small"],
)
def test_a_name_or_a_part_of_it_means_one_file(home, hub, name):
    assert gguf.locate(name, home, hub).name == "small-q4_k_m.gguf"


def test_a_whole_name_comes_before_a_part(home, hub):
    model(home / "models" / "tiny-chat.gguf")
    assert gguf.locate("tiny", model(home / "models" / "tiny.gguf").parents[1], hub).name == "tiny.gguf"


def test_a_path_is_taken_as_it_is(home, tmp_path, monkeypatch):
    path = model(tmp_path / "elsewhere" / "x.bin")
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (str(path), "x.bin", "./x.bin", "~/elsewhere/x.bin"):
        assert gguf.locate(name, home, {}) == path


def test_an_unknown_name_is_answered_with_what_there_is(home, hub):
    with pytest.raises(NotFoundError, match=r"'large'.*small-q4_k_m\.gguf") as caught:
        gguf.locate("large", home, hub)
    assert "wellread models pull" in caught.value.hint
    with pytest.raises(NotFoundError, match="no file /nowhere/x"):
        gguf.locate("/nowhere/x.gguf", home, hub)
    with pytest.raises(BadRequestError, match="is no file"):
        gguf.locate(str(home.parent), home, hub)


def test_a_name_that_fits_several_is_refused(home, hub):
    with pytest.raises(BadRequestError, match=r"several.*small-q4_k_m"):
        gguf.locate("q", home, hub)


def test_a_sound_model_passes(tmp_path):
    gguf.check(model(tmp_path / "x.gguf"))
    gguf.check(model(tmp_path / "y.gguf", version=2))


def test_what_is_no_model_is_refused(tmp_path):
    page = tmp_path / "page.gguf"
    page.write_text("<html>not found</html>")
    empty = tmp_path / "empty.gguf"
    empty.touch()
    huge = tmp_path / "huge.gguf"
    huge.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + b"\xff" * 64)
    whole = model(tmp_path / "whole.gguf", size=0).read_bytes()
    assert len(whole) > 200
    cut = tmp_path / "cut.gguf"
    for length in (5, 30, 45, 60, 120):
        cut.write_bytes(whole[:length])
        with pytest.raises(BadRequestError, match="cut short"):
            gguf.check(cut)
    for path, reason in {
        page: "no GGUF file",
        empty: "no GGUF file",
        huge: "cut short",
        model(tmp_path / "old.gguf", version=1): "version 1",
        tmp_path: "Is a directory",
        tmp_path / "missing.gguf": "No such file",
    }.items():
        with pytest.raises(BadRequestError, match=reason) as caught:
            gguf.check(path)
        assert caught.value.hint


def test_a_split_model_needs_all_its_parts(tmp_path):
    first = model(tmp_path / "m-00001-of-00002.gguf")
    with pytest.raises(BadRequestError, match=r"m-00002-of-00002\.gguf is missing"):
        gguf.check(first)
    one = gguf.needed_bytes(model(tmp_path / "m.gguf"), 0)
    model(tmp_path / "m-00002-of-00002.gguf")
    gguf.check(first)
    assert gguf.needed_bytes(first, 0) == one + 2000


def test_memory_grows_with_the_context(tmp_path):
    path = model(tmp_path / "x.gguf")
    layers, heads_at_most, head_width, key_and_value, bytes_each = 10, 4, 64 // 8, 2, 2
    per_token = layers * heads_at_most * head_width * key_and_value * bytes_each
    assert gguf.needed_bytes(path, 1000) - gguf.needed_bytes(path, 0) == 1000 * per_token


def test_too_little_memory_is_said_before_anything_is_loaded(tmp_path):
    path = model(tmp_path / "x.gguf")
    gguf.check_memory(path, 0)
    if not Path("/proc/meminfo").exists():
        pytest.skip("only Linux tells how much memory is free")
    with pytest.raises(LimitError, match=r"about \d+\.\d GB .* are free") as caught:
        gguf.check_memory(path, 10**12)
    assert "smaller context" in caught.value.hint
