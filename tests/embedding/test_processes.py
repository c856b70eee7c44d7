"""Processes that embed: they end with whoever began them, and what one was at when it died is done again."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support.tiny_embedder import TinyEmbedder, vector_of

from wellread.embedding.plan import EmbeddingPlan, EmbeddingPlans, Machine
from wellread.embedding.probe import probe
from wellread.embedding.process import EmbeddingProcess
from wellread.embedding.queue import EmbeddingQueue, InProcess, opened_queue
from wellread.errors import UnavailableError
from wellread.index.embedding import MiniLmEmbedder

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """What is pickled here is found by the child, too."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)


@pytest.fixture
def embedder(tmp_path: Path) -> TinyEmbedder:
    return TinyEmbedder(tmp_path)


@pytest.fixture
def process(embedder: TinyEmbedder):
    made = EmbeddingProcess(embedder.recipe(threads=1))
    yield made
    made.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_the_bundled_embedder_gives_the_same_in_a_process(tmp_path: Path):
    texts = ["A queen lays eggs.", "Bread rises.", "", "\ud800", "word " * 500]
    bundled = MiniLmEmbedder(tmp_path)
    made = EmbeddingProcess(bundled.recipe(threads=1))
    try:
        assert np.array_equal(made.embed(texts), bundled.embed_passages(texts))
    finally:
        made.close()


def test_a_batch_of_a_process_that_dies_is_done_again(process: EmbeddingProcess, embedder: TinyEmbedder):
    assert process.embed(["a", "die once"]) == pytest.approx(
        np.array([vector_of("a"), vector_of("die once")])
    )
    pids = {pid for pid, _, text in embedder.log() if text == "die once"}
    assert len(pids) == 2
    pid = process.pid
    os.kill(pid, signal.SIGKILL)  # by somebody else, between two batches
    assert len(process.embed(["b"])) == 1
    assert process.pid != pid
    assert gone(pid)


def test_a_text_that_always_kills_is_given_up(process: EmbeddingProcess, embedder: TinyEmbedder):
    with pytest.raises(UnavailableError, match="end before they are done") as caught:
        process.embed(["die"])
    assert "--workers 1" in caught.value.hint
    assert len(process.embed(["a"])) == 1


def test_what_cannot_be_opened_is_said_as_the_embedder_says_it(tmp_path: Path):
    embedder = TinyEmbedder(tmp_path)
    embedder.folder = tmp_path / "no model"
    made = EmbeddingProcess(embedder.recipe(threads=1))
    with pytest.raises(UnavailableError, match="There is no model") as caught:
        made.embed(["a"])
    assert caught.value.hint == "Get one."
    assert made.pid is None


def test_it_is_closed_in_the_middle_of_a_batch(process: EmbeddingProcess, embedder: TinyEmbedder):
    process.embed(["a"])
    pid = process.pid
    errors = []

    def embed() -> None:
        try:
            process.embed(["hang"])
        except UnavailableError as error:
            errors.append(error)

    embedding = threading.Thread(target=embed)
    embedding.start()
    while "hang" not in {text for _, _, text in embedder.log()}:
        time.sleep(0.01)
    process.close()
    embedding.join(60)
    assert len(errors) == 1
    assert gone(pid)
    assert [text for _, _, text in embedder.log()].count("hang") == 1


PARENT = """
import sys
from pathlib import Path
from support.tiny_embedder import TinyEmbedder
from wellread.embedding.process import EmbeddingProcess

processes = [EmbeddingProcess(TinyEmbedder(Path(sys.argv[1])).recipe(threads=1)) for _ in range(2)]
for process in processes:
    process.embed(["a"])
print(*[process.pid for process in processes], flush=True)
sys.stdin.read()
"""


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(map(gone, pids))
        parent.kill()
    while not all(map(gone, pids)):  # the test has no other end than that they are
        time.sleep(0.01)


def queue_of(embedder: TinyEmbedder, workers: int, chunk: int = 8) -> EmbeddingQueue:
    made = [EmbeddingProcess(embedder.recipe(threads=1)) for _ in range(workers)]
    return EmbeddingQueue(made, dimensions=4, chunk=chunk)


def test_a_queue_gives_the_vectors_in_the_order_of_the_texts_and_computes_none_twice(embedder: TinyEmbedder):
    texts = [f"{'x' * (n * 7 % 13)} {n % 20}" for n in range(60)]

    async def embed():
        async with queue_of(embedder, 2, chunk=3) as queue:
            assert (await queue.embed([])).shape == (0, 4)
            return await queue.embed(texts)

    vectors = asyncio.run(embed())
    assert vectors == pytest.approx(np.array([vector_of(text) for text in texts]), abs=1e-6)
    log = [line for line in embedder.log() if line[2] != "ready"]
    assert sorted(text for _, _, text in log) == sorted(set(texts))
    assert len({pid for pid, _, _ in log}) == 2


def test_a_queue_whose_worker_fails_says_so_and_can_be_closed(embedder: TinyEmbedder):
    async def embed() -> None:
        async with queue_of(embedder, 2, chunk=1) as queue:
            with pytest.raises(UnavailableError):
                await queue.embed([*map(str, range(20)), "die"])
            assert len(await queue.embed(["later"])) == 1

    asyncio.run(embed())


@pytest.mark.parametrize(
    ("waiting", "workers", "kept", "expected"),
    [
        (3, 0, None, 0),  # few: in this process
        (3, 2, None, 2),  # somebody said how many
        (100, 0, None, 2),  # too few to measure with
        (100, 0, EmbeddingPlan(8, 1, 4), 2),  # no more than there is work for
        (100_000, 0, EmbeddingPlan(3, 1, 4), 3),
        (100_000, 0, EmbeddingPlan(400, 1, 4), 4),  # another machine's memory
        (100_000, 1, EmbeddingPlan(3, 1, 4), 1),
        (100_000, 1000, EmbeddingPlan(3, 1, 4), os.cpu_count()),
    ],
)
def test_how_many_work(embedder: TinyEmbedder, tmp_path: Path, waiting, workers, kept, expected):
    machine = Machine(cores=4, memory_mb=1800, processor="p")
    plans = EmbeddingPlans(tmp_path, machine)
    if kept:
        plans.keep(embedder, kept, 1.0)

    async def sample() -> list[str]:
        raise AssertionError("nothing needs to be measured")

    async def opened() -> EmbeddingQueue:
        async with opened_queue(
            embedder, plans, machine, workers=workers, waiting=waiting, sample=sample
        ) as queue:
            return queue

    queue = asyncio.run(opened())
    processes = [worker for worker in queue.all if isinstance(worker, EmbeddingProcess)]
    assert len(processes) == expected
    assert len(queue.all) == max(1, expected)
    assert {worker.batch for worker in processes} <= {kept.batch if kept else 1}


def test_what_was_not_measured_is_and_is_not_again(embedder: TinyEmbedder, tmp_path: Path):
    machine = Machine(cores=1, memory_mb=1800, processor="p")
    plans = EmbeddingPlans(tmp_path, machine)
    asked = []

    async def sample() -> list[str]:
        asked.append(1)
        return [f"text {'x' * n}" for n in range(40)]

    async def opened() -> None:
        for _ in range(2):
            async with opened_queue(
                embedder, plans, machine, workers=0, waiting=1000, sample=sample
            ) as queue:
                await queue.embed(["a"])

    asyncio.run(opened())
    assert len(asked) == 1
    [plan, _] = plans.kept(embedder)
    assert plan.cores == 1
    measured = [text for _, _, text in embedder.log() if text.startswith("text ")]
    assert 10 < min(map(len, measured)) <= max(map(len, measured)) < 35  # of middle length


def test_every_plan_that_may_be_best_is_measured(embedder: TinyEmbedder):
    texts = [f"text {n}" for n in range(3)]
    found = probe(embedder, texts, Machine(cores=4, memory_mb=700))
    assert {(plan.workers, plan.threads) for plan in found} == {(1, 1), (3, 1), (1, 4)}
    assert {plan.batch for plan in found if plan.cores == 1} == {1, 8}
    assert all(rate > 0 for rate in found.values())
    assert set(probe(embedder, ["one"], Machine(cores=1))) == {
        EmbeddingPlan(),
        EmbeddingPlan(batch=8),
    }
    assert {(1, 1)} < {(p.workers, p.threads) for p in probe(embedder, texts, Machine(2))}


def test_an_embedder_of_this_process_has_no_process(embedder: TinyEmbedder):
    async def embed() -> EmbeddingQueue:
        async with EmbeddingQueue.of(embedder) as queue:
            await queue.embed(["a", "a"])
            return queue

    assert isinstance(asyncio.run(embed()).all[0], InProcess)
    assert [(pid, text) for pid, _, text in embedder.log()] == [(os.getpid(), "a")]
