"""Getting a classifier from a hub: which files are taken, and that what arrives judges."""

import asyncio
import json

import pytest
from support.hub import hub_of
from support.tiny_classifier import classifier

from wellread.errors import BadRequestError, NotFoundError, UnavailableError
from wellread.grounding.entailment import open_classifier
from wellread.grounding.judgement import JudgedClaim
from wellread.models.pull import RemoteFile, Repository
from wellread.models.pull_classifier import classifier_of, find_classifier, pull_classifier


@pytest.fixture
def content(tmp_path):
    folder = classifier(tmp_path / "tiny", file="onnx/model.onnx")
    names = ("onnx/model.onnx", "tokenizer.json", "config.json")
    return {**{name: (folder / name).read_bytes() for name in names}, "README.md": b"# Tea"}


@pytest.fixture
def hub(content):
    with hub_of("Leaf/tea-nli.v2", content, "apache-2.0") as server:
        yield server


def pull(hub, home, reports=None):
    async def both():
        remote = await find_classifier("Leaf/tea-nli.v2", hub.environment)
        told = reports if reports is not None else []
        return remote, await pull_classifier(
            remote, home, lambda *told_of: told.append(told_of), hub.environment
        )

    return asyncio.run(both())


def left(home):
    return sorted(path.name for path in (home / "models").rglob("*") if path.is_file())


def test_what_arrives_judges(home, hub, content):
    reports = []
    remote, folder = pull(hub, home, reports)
    assert folder == home / "models" / "tea-nli-v2"  # a plain name, for `onnx:`
    assert (remote.license, remote.size) == ("apache-2.0", sum(map(len, content.values())) - len(b"# Tea"))
    assert reports[-1] == (remote.size, remote.size)
    assert left(home) == ["config.json", "model.onnx", "tokenizer.json"]
    claim = JudgedClaim("Teams gain trust", ("Leaders and teams gain trust.",))
    [judgement] = asyncio.run(open_classifier(folder, "onnx:tea-nli-v2").judge([claim]))
    assert judgement.entailed > 0.9
    begun = len(hub.asked)
    pull(hub, home)
    assert len(hub.asked) == begun  # what is complete stays


def test_a_small_file_that_was_changed_is_fetched_anew(home, hub, content):
    _, folder = pull(hub, home)
    (folder / "config.json").write_bytes(
        content["config.json"].replace(b"neutral", b"NEUTRAL")
    )  # of the same size
    pull(hub, home)
    assert (folder / "config.json").read_bytes() == content["config.json"]


@pytest.mark.parametrize("name", ["onnx/model.onnx", "config.json"])
def test_what_is_not_as_the_hub_describes_it_is_removed(home, hub, name):
    hub.hashes[name] = "0" * len(hub.hashes[name])
    with pytest.raises(UnavailableError, match="checksum"):
        pull(hub, home)
    assert (name.rpartition("/")[2] in left(home), [n for n in left(home) if n.endswith(".part")]) == (
        False,
        [],
    )


def repository(*names):
    return Repository("A/b", "mit", tuple(RemoteFile("A/b", "r", name, 1, "0" * 64) for name in names))


@pytest.mark.parametrize(
    ("names", "file", "taken"),
    [
        ("onnx/model_quantized.onnx onnx/model.onnx", "", "onnx/model.onnx"),
        ("onnx/model_quantized.onnx onnx/model_int8.onnx", "", "onnx/model_quantized.onnx"),
        ("onnx/model.onnx onnx/model_int8.onnx", "onnx/model_int8.onnx", "onnx/model_int8.onnx"),
        ("nli.onnx", "", "nli.onnx"),
    ],
)
def test_which_model_is_taken(names, file, taken):
    remote = classifier_of(repository("config.json", "tokenizer.json", *names.split()), file)
    assert {path: one.name for path, one in remote.files.items()} == {
        "config.json": "config.json",
        "tokenizer.json": "tokenizer.json",
        "model.onnx": taken,
    }
    assert {taken, *remote.others} == set(names.split())


def test_weights_beside_a_model_come_with_it():
    names = ("onnx/model.onnx", "onnx/model.onnx_data", "onnx/model_fp16.onnx", "onnx/model_fp16.onnx_data")
    remote = classifier_of(repository("config.json", "tokenizer.json", *names), "onnx/model_fp16.onnx")
    assert remote.files["model_fp16.onnx_data"].name == "onnx/model_fp16.onnx_data"
    assert len(remote.files) == 4


@pytest.mark.parametrize(
    ("names", "file", "error", "reason"),
    [
        ("config.json model.onnx", "", NotFoundError, r"A/b has no tokenizer\.json"),
        ("tokenizer.json model.onnx", "", NotFoundError, r"A/b has no config\.json"),
        ("tokenizer.json config.json pytorch_model.bin", "", NotFoundError, "has no model in ONNX"),
        ("tokenizer.json config.json model.onnx", "x.onnx", NotFoundError, r"has no x\.onnx"),
        ("tokenizer.json config.json a.onnx b.onnx", "", BadRequestError, "several models"),
    ],
)
def test_what_a_repository_lacks_is_said(names, file, error, reason):
    with pytest.raises(error, match=reason) as caught:
        classifier_of(repository(*names.split()), file)
    assert caught.value.hint


def test_what_is_no_name_of_a_classifier_is_said(hub):
    for name, error in {
        "tea": BadRequestError,
        "Leaf/x/y.gguf": BadRequestError,
        "Leaf/Coffee": NotFoundError,
    }.items():
        with pytest.raises(error):
            asyncio.run(find_classifier(name, hub.environment))


def test_a_hub_cannot_choose_where_weights_go(home, hub, content):
    hub.files["onnx/model.onnx_data/../../../../outside"] = b"x"
    hub.hashes["onnx/model.onnx_data/../../../../outside"] = "0" * 64
    remote, _ = pull(hub, home)
    assert set(remote.files) == {"config.json", "model.onnx", "tokenizer.json"}
    assert json.loads((home / "models" / "tea-nli-v2" / "config.json").read_bytes())["id2label"]
