"""What is offered to download: shown before it is fetched, checked when it has arrived, and used by a setting."""

import asyncio
import hashlib
import os

import pytest
from support.hub import hub_of

from wellread.errors import NotFoundError, UnavailableError
from wellread.models.offers import (
    OFFERS,
    best_writer,
    checksum_words,
    download,
    inspect,
    is_here,
    offer_named,
    setting_of,
)

WEIGHTS = os.urandom(200_000)
SMALL = {"config.json": b'{"id2label": {"0": "x"}}', "tokenizer.json": b"{}", "tokenizer_config.json": b"{}"}
JUDGE = {**SMALL, "onnx/model.onnx": WEIGHTS, "README.md": b"# Judge"}
ARRIVED = {
    "config.json": SMALL["config.json"],
    "tokenizer.json": SMALL["tokenizer.json"],
    "model.onnx": WEIGHTS,
}


@pytest.fixture
def hub():
    with hub_of(offer_named("judge").repo, JUDGE, license="apache-2.0") as server:
        yield server


def test_size_licence_and_checksums_are_the_hubs_and_nothing_is_fetched_for_them(home, hub):
    wanted = asyncio.run(inspect(offer_named("judge"), hub.environment))
    assert wanted.licence == "apache-2.0"
    assert wanted.revision == "c0ffee"
    assert wanted.size == sum(map(len, ARRIVED.values()))
    assert set(wanted.files) == set(ARRIVED)
    told = {name: checksum_words(file) for name, file in wanted.files.items()}
    assert told["model.onnx"] == f"SHA-256 {hashlib.sha256(WEIGHTS).hexdigest()}"
    assert told["config.json"].startswith("git SHA-1 ")
    assert hub.asked == []
    assert not home.exists()


def test_a_judge_arrives_in_a_folder_of_its_name(home, hub):
    offer, reports = offer_named("judge"), []
    assert not is_here(offer, home)
    wanted = asyncio.run(inspect(offer, hub.environment))
    path = asyncio.run(download(wanted, home, lambda *report: reports.append(report), hub.environment))
    assert path == home / "models" / "nli-deberta-v3-xsmall"
    assert {name: (path / name).read_bytes() for name in ARRIVED} == ARRIVED
    assert is_here(offer, home)
    assert reports[-1] == (wanted.size, wanted.size)
    assert setting_of(offer, path) == ("judge", "onnx:nli-deberta-v3-xsmall")


@pytest.mark.parametrize("name", ["onnx/model.onnx", "config.json"])
def test_what_is_not_what_was_agreed_to_is_removed(home, hub, name):
    wanted = asyncio.run(inspect(offer_named("judge"), hub.environment))
    hub.files[name] = bytes(len(hub.files[name]))
    with pytest.raises(UnavailableError, match="was removed"):
        asyncio.run(download(wanted, home, lambda *_: None, hub.environment))
    assert not (offer_named("judge").folder(home) / name.rpartition("/")[2]).exists()


def test_a_repository_that_lacks_a_file_is_said_before_anything_is_fetched(hub):
    hub.repo = offer_named("embedder-multilingual").repo
    with pytest.raises(NotFoundError, match=r"no longer has special_tokens_map\.json"):
        asyncio.run(inspect(offer_named("embedder-multilingual"), hub.environment))


def test_a_licence_that_the_hub_does_not_state_is_not_made_up(hub):
    hub.license = ""
    assert asyncio.run(inspect(offer_named("judge"), hub.environment)).licence == ""


@pytest.mark.parametrize(
    ("cores", "memory", "best"),
    [
        (2, 8e9, "writer-1.5b"),
        (8, 8e9, "writer-7b"),
        (8, 4e9, "writer-1.5b"),
        (16, 32e9, "writer-14b"),
        (16, None, "writer-14b"),
        (0, 1e9, "writer-1.5b"),
    ],
)
def test_the_writer_is_chosen_by_memory_and_cores(cores, memory, best):
    assert best_writer(cores, memory).name == best


def test_names_are_unique_and_folders_do_not_meet(home):
    assert len({offer.name for offer in OFFERS}) == len(OFFERS)
    assert len({offer.folder(home) for offer in OFFERS}) == len(OFFERS)
    with pytest.raises(NotFoundError, match="Nothing is offered"):
        offer_named("../x")
