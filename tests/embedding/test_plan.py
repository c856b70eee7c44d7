"""What is chosen by what was measured, and what of it is kept. No test measures anything."""

import json
import os
from pathlib import Path

import pytest
from support.tiny_embedder import TinyEmbedder

from wellread.embedding.plan import (
    MOST_PROCESSES,
    EmbeddingPlan,
    EmbeddingPlans,
    Machine,
    checked_workers,
    fastest,
    plan_here,
    rate,
)
from wellread.errors import BadRequestError

ONE = EmbeddingPlan()
BATCHED = EmbeddingPlan(batch=8)
TWO = EmbeddingPlan(workers=2)
THREADS = EmbeddingPlan(threads=2)


@pytest.mark.parametrize(
    ("rates", "chosen"),
    [
        ({ONE: 13.5, BATCHED: 9.0, TWO: 27.0, THREADS: 17.0}, TWO),
        ({ONE: 13.5, BATCHED: 30.0}, BATCHED),
        ({ONE: 13.5, BATCHED: 14.0}, ONE),  # hardly faster: less memory
        ({ONE: 13.5, TWO: 14.5}, ONE),  # a machine that is no faster with two: nobody else is slowed down
        ({ONE: 10.0, TWO: 18.0, THREADS: 19.0}, THREADS),
        ({ONE: 1e9}, ONE),
    ],
)
def test_the_fastest_is_chosen_that_takes_no_more_than_it_gives(rates, chosen):
    assert fastest(rates) == chosen


def test_a_rate_is_of_processor_time_and_of_cores_that_are_there():
    assert rate(ONE, 8, 0.5, cores=64) == 16
    assert rate(TWO, 16, 1.0, cores=2) == 32
    assert rate(TWO, 16, 1.0, cores=1) == 16  # two take turns
    assert rate(EmbeddingPlan(64), 64 * 8, 64 * 0.5, cores=64) == 64 * 16
    assert rate(ONE, 8, 0.0, cores=1) > 0  # a clock that stood still


@pytest.mark.parametrize(
    ("machine", "most"),
    [
        (Machine(cores=1, memory_mb=10_000), 1),
        (Machine(cores=64, memory_mb=100_000), MOST_PROCESSES),
        (Machine(cores=64), MOST_PROCESSES),  # of unknown memory
        (Machine(cores=64, memory_mb=800), 4),  # half of it
        (Machine(cores=8, memory_mb=0), 1),
    ],
)
def test_as_many_processes_as_cores_and_memory_allow(machine, most):
    assert machine.most_workers(100) == most


def test_this_machine_has_a_core_and_room_for_a_process():
    machine = Machine.this()
    assert machine.cores >= 1
    assert machine.most_workers(1) >= 1
    assert machine.most_workers(10**9) == 1
    assert machine.processor


def test_a_number_of_processes_that_cannot_be():
    for wanted in (0, -1):
        with pytest.raises(BadRequestError, match="no vectors") as caught:
            checked_workers(wanted)
        assert "1 or more" in caught.value.hint
    assert checked_workers(1) == 1
    assert checked_workers(1000) == min(1000, os.cpu_count() or 1)


HERE = Machine(cores=2, memory_mb=8000, processor="some processor avx2")


def test_a_choice_is_kept_for_the_machine_and_the_embedder(tmp_path: Path):
    embedder = TinyEmbedder(tmp_path)
    assert EmbeddingPlans(tmp_path / "cache", HERE).kept(embedder) is None
    EmbeddingPlans(tmp_path / "cache", HERE).keep(embedder, TWO, 27.04)
    assert EmbeddingPlans(tmp_path / "cache", HERE).kept(embedder) == (TWO, 27.0)
    others = [
        Machine(cores=64, memory_mb=8000, processor=HERE.processor),
        Machine(cores=2, memory_mb=8000, processor="some processor avx2 avx512_vnni"),
    ]
    for other in others:
        assert EmbeddingPlans(tmp_path / "cache", other).kept(embedder) is None
        EmbeddingPlans(tmp_path / "cache", other).keep(embedder, BATCHED, 40.0)
    assert EmbeddingPlans(tmp_path / "cache", HERE).kept(embedder) == (TWO, 27.0)  # a home on a shared disk
    embedder.name = "another"
    assert EmbeddingPlans(tmp_path / "cache", HERE).kept(embedder) is None
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["embedding-plans.json"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'"text"',
        {"workers": 0, "threads": 1, "batch": 1, "per_second": 1.0},
        {"workers": 10**9, "threads": 1, "batch": 1, "per_second": 1.0},
        {"workers": True, "threads": 1, "batch": 1, "per_second": 1.0},
        {"workers": "2", "threads": 1, "batch": 1, "per_second": 1.0},
        {"workers": 2, "threads": 1, "per_second": 1.0},
        {"workers": 2, "threads": 1, "batch": 1, "per_second": None},
        [],
        None,
    ],
)
def test_what_is_no_choice_is_as_none_and_is_replaced(tmp_path: Path, garbage):
    embedder, plans = TinyEmbedder(tmp_path), EmbeddingPlans(tmp_path, HERE)
    plans.keep(embedder, TWO, 27.0)
    file = tmp_path / "embedding-plans.json"
    [key] = json.loads(file.read_text())
    file.write_bytes(garbage if isinstance(garbage, bytes) else json.dumps({key: garbage}).encode())
    assert plans.kept(embedder) is None
    plans.keep(embedder, ONE, 13.0)
    assert plans.kept(embedder) == (ONE, 13.0)


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    plans = EmbeddingPlans(tmp_path / "cache", HERE)
    plans.keep(TinyEmbedder(tmp_path), TWO, 27.0)
    assert plans.kept(TinyEmbedder(tmp_path)) is None


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "embedding-plans.json").mkdir()
    plans = EmbeddingPlans(tmp_path, HERE)
    plans.keep(TinyEmbedder(tmp_path), TWO, 27.0)
    assert plans.kept(TinyEmbedder(tmp_path)) is None
    assert len(list(tmp_path.iterdir())) == 1


def test_what_doctor_tells(tmp_path: Path):
    embedder = TinyEmbedder(tmp_path)
    assert plan_here(tmp_path, embedder) == "not measured yet"
    EmbeddingPlans(tmp_path, Machine.this()).keep(embedder, TWO, 27.4)
    assert plan_here(tmp_path, embedder) == f"{TWO}: 27 passages a second, as measured"
    embedder.accelerated = True
    assert plan_here(tmp_path, embedder).startswith("embedder_device")

    class Elsewhere:
        name, dimensions = "openai/small", 4

    assert plan_here(tmp_path, Elsewhere()) == "openai/small"


def test_a_plan_in_words():
    assert str(TWO) == "2 processes of 1 thread, text by text"
    assert str(EmbeddingPlan(1, 4, 8)) == "1 process of 4 threads, 8 texts at a time"
