"""Texts in, vectors out: by one worker or by several at once, the same text of a call only once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import numpy as np

from wellread.embedding.plan import EmbeddingPlan, EmbeddingPlans, Machine, checked_workers, fastest
from wellread.embedding.probe import probe
from wellread.embedding.process import EmbeddingProcess, ProcessorEmbedder
from wellread.index.passages import Embedder, Vectors

_CHUNK = 8  # texts that a worker gets at least: of short ones, handing them over would show
_WORTH_A_PROCESS = 96  # texts that take longer than beginning a process does
_WORTH_A_PROBE = 256


@runtime_checkable
class RemoteEmbedder(Embedder, Protocol):
    """An embedder that waits for another machine most of the time."""

    calls_at_once: int
    texts_a_call: int


class EmbeddingWorker(Protocol):
    """Embeds for one caller at a time."""

    def embed(self, texts: Sequence[str]) -> Vectors: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """The embedder itself, in this process."""

    embedder: Embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self.embedder.embed_passages(texts)

    def close(self) -> None:
        """The embedder stays: questions are asked of it."""


class EmbeddingQueue:
    """Has `workers` embed at once, each `chunk` texts at a time. A context manager that closes them."""

    def __init__(self, workers: Sequence[EmbeddingWorker], *, dimensions: int, chunk: int = _CHUNK) -> None:
        self._dimensions = dimensions
        self._chunk = chunk
        self.all = workers
        self._free = asyncio.Queue[EmbeddingWorker]()
        for worker in workers:
            self._free.put_nowait(worker)
        self._threads = ThreadPoolExecutor(len(workers), "embedding")

    @classmethod
    def of(cls, embedder: Embedder) -> Self:
        """One worker, in this process."""
        return cls([InProcess(embedder)], dimensions=embedder.dimensions)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for worker in self.all:
            worker.close()
        # What an embedder of this process is at may take long, and nobody waits for it any more.
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, in the order given; of those that stand twice there is one computed. Raises what the
        workers raise."""
        distinct = dict.fromkeys(texts, 0)
        ordered = sorted(distinct, key=len)  # of like length beside each other: little is padded
        for number, text in enumerate(ordered):
            distinct[text] = number
        chunks = [ordered[start : start + self._chunk] for start in range(0, len(ordered), self._chunk)]
        working = [asyncio.ensure_future(self._on_a_worker(chunk)) for chunk in chunks]
        try:
            made = await asyncio.gather(*working)
        except BaseException:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            raise
        if not made:
            return np.zeros((0, self._dimensions), dtype=np.float32)
        return np.concatenate(made)[[distinct[text] for text in texts]]

    async def _on_a_worker(self, texts: Sequence[str]) -> Vectors:
        worker = await self._free.get()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, worker.embed, texts)
        finally:
            self._free.put_nowait(worker)


@contextlib.asynccontextmanager
async def opened_queue(
    embedder: Embedder,
    plans: EmbeddingPlans,
    machine: Machine,
    *,
    workers: int,
    waiting: int,
    sample: Callable[[], Awaitable[Sequence[str]]],
) -> AsyncIterator[EmbeddingQueue]:
    """The queue that makes the vectors of `waiting` texts fastest here. With `workers` that many processes (0: as was
    measured); what was not measured yet is, with a `sample` of the texts. Few texts are embedded in this process, and
    so is what no process can do."""
    made: list[EmbeddingWorker] = [InProcess(embedder)]
    chunk = _CHUNK
    if isinstance(embedder, RemoteEmbedder):
        made *= embedder.calls_at_once
        chunk = embedder.texts_a_call
    elif isinstance(embedder, ProcessorEmbedder) and embedder.accelerated:
        chunk = embedder.batch
    elif isinstance(embedder, ProcessorEmbedder) and (workers or waiting >= _WORTH_A_PROCESS):
        plan = await _plan(embedder, plans, machine, waiting, sample)
        number = min(
            plan.workers, machine.most_workers(embedder.memory_mb), waiting // (_WORTH_A_PROCESS // 2)
        )
        number = checked_workers(workers) if workers else max(1, number)
        recipe = embedder.recipe(threads=plan.threads if number == plan.workers else 1)
        made = [EmbeddingProcess(recipe, batch=plan.batch) for _ in range(number)]
        chunk = max(_CHUNK, plan.batch)
    async with EmbeddingQueue(made, dimensions=embedder.dimensions, chunk=chunk) as queue:
        yield queue


async def _plan(
    embedder: ProcessorEmbedder,
    plans: EmbeddingPlans,
    machine: Machine,
    waiting: int,
    sample: Callable[[], Awaitable[Sequence[str]]],
) -> EmbeddingPlan:
    kept = await asyncio.to_thread(plans.kept, embedder)
    if kept:
        return kept[0]
    if waiting < _WORTH_A_PROBE or not (texts := await sample()):
        return EmbeddingPlan(machine.most_workers(embedder.memory_mb))
    rates = await asyncio.to_thread(probe, embedder, texts, machine)
    plan = fastest(rates)
    await asyncio.to_thread(plans.keep, embedder, plan, rates[plan])
    return plan
