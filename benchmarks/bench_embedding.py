"""How fast a library's passages get their vectors, by threads and by processes, beside how it was done before.

    python benchmarks/bench_embedding.py [--passages 600] [--processes 2] [--rounds 3] [--sweep]

*bare* is one call of fastembed in this process with the same model, word piece limit and texts (heading and text,
sorted by length), in batches of 8 and with as many threads as there are cores: as Wellread did until it had processes.
Each row after it is a plan (`embedding/plan.py`): so many processes with so many threads that read so many texts at a
time. *product* is what `wellread embed` does with the passages of a new copy of a library: passages read from the
index, embedded, their vectors written back, progress told; its plan is the one that its own measuring chose.

All take turns, and the best of each counts. `per_cpu_second` is by the processor time of this process and its children,
which others on the machine disturb less than the clock. `--sweep` tries batches of 2 to 32, too.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from fastembed.text.pooled_normalized_embedding import PooledNormalizedEmbedding

from wellread.embedding.plan import EmbeddingPlan, Machine, plan_here
from wellread.embedding.process import EmbeddingProcess
from wellread.embedding.queue import EmbeddingQueue
from wellread.engine import Wellread
from wellread.import_events import VectorsMade
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.passages import text_to_embed

_BOOKS = 4
_WORDS = (
    "leadership means that people know why the work matters and what is expected of them while the river "
    "carries a copper lantern past the harbour and nobody remembers whose orchard it was"
).split()
Rates = dict[str, dict[str, float]]


async def main() -> None:
    machine = Machine.this()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--passages", type=int, default=600)
    arguments.add_argument("--processes", type=int, default=machine.most_workers(256))
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--sweep", action="store_true")
    chosen = arguments.parse_args()
    plans = [EmbeddingPlan(batch=8), EmbeddingPlan(threads=machine.cores)]
    plans += [EmbeddingPlan(batch=size) for size in (2, 4, 16, 32) if chosen.sweep]
    plans += [EmbeddingPlan(workers) for workers in sorted({1, 2, chosen.processes})]
    rates: Rates = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_books(folder / "books", chosen.passages)
        cache = folder / "home" / "cache"
        async with Wellread(folder / "home") as library:
            async for _ in library.add([folder / "books"], vectors=False):
                pass
            index = await library.index()
            texts = [text_to_embed(row) async for rows in index.without_vectors(512) for row in rows]
        ordered = sorted(texts, key=len)
        bare = _bare(cache)
        await _product(folder, [])  # measures, and keeps the plan
        shutil.copytree(folder / "measured" / "cache", cache, dirs_exist_ok=True)
        for _ in range(chosen.rounds):
            _note(rates, "bare", len(texts), await _took(_in_this_process(bare, ordered)))
            for plan in plans:
                _note(rates, str(plan), len(texts), await _planned(cache, plan, ordered))
            taken: list[tuple[float, float]] = []
            await _product(folder, taken)
            _note(rates, "product", len(texts), taken[0])
        here = plan_here(cache, MiniLmEmbedder(cache))
    best = max(
        (name for name in rates if name not in ("bare", "product")), key=lambda n: rates[n]["per_second"]
    )
    print(
        json.dumps(
            {
                "passages": len(texts),
                "cores": machine.cores,
                "chosen_here": here,
                **rates,
                "product_to_bare": _ratios(rates, "product", "bare"),
                "product_to_best": {"best": best, **_ratios(rates, "product", best)},
            },
            indent=1,
        )
    )


def _note(rates: Rates, name: str, texts: int, took: tuple[float, float]) -> None:
    """The fastest of each: what others do on the machine only ever adds."""
    found = {"per_second": texts / took[0], "per_cpu_second": texts / took[1]}
    before = rates.setdefault(name, found)
    rates[name] = {kind: round(max(rate, before[kind]), 1) for kind, rate in found.items()}


def _ratios(rates: Rates, one: str, other: str) -> dict[str, float]:
    return {kind: round(rate / rates[other][kind], 3) for kind, rate in rates[one].items()}


async def _took(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor in this process and its children."""
    began, cpu = time.perf_counter(), _processor_seconds()
    await work()
    return time.perf_counter() - began, _processor_seconds() - cpu


def _processor_seconds() -> float:
    """Of this process, its children and those that have ended (Linux)."""
    own = os.times()
    total = own.user + own.system + own.children_user + own.children_system
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _in_this_process(bare: PooledNormalizedEmbedding, texts: list[str]) -> Callable[[], Awaitable[object]]:
    list(bare.embed(texts[:8]))

    async def work() -> None:
        list(bare.embed(texts, batch_size=8))

    return work


async def _planned(cache: Path, plan: EmbeddingPlan, texts: list[str]) -> tuple[float, float]:
    recipe = MiniLmEmbedder(cache).recipe(threads=plan.threads)
    processes = [EmbeddingProcess(recipe, batch=plan.batch) for _ in range(plan.workers)]
    async with EmbeddingQueue(processes, dimensions=384, chunk=max(8, plan.batch)) as queue:
        await queue.embed([f"ready {number}" for number in range(64)])
        return await _took(lambda: queue.embed(texts))


async def _product(folder: Path, taken: list[tuple[float, float]]) -> None:
    """Makes all vectors of a copy of the library, and tells what it took until all passages had theirs."""
    home = folder / "measured"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(folder / "home", home)
    async with Wellread(home) as library:
        await library.index()

        async def work() -> None:
            async with aclosing(library.embed()) as events:
                async for event in events:
                    if (
                        isinstance(event, VectorsMade)
                        and event.of == "passages"
                        and 0 < event.total == event.done
                    ):
                        return

        taken.append(await _took(work))


def _bare(cache: Path) -> PooledNormalizedEmbedding:
    MiniLmEmbedder(cache).check()
    [folder] = (path for path in cache.iterdir() if path.is_dir())
    bare = PooledNormalizedEmbedding(
        "sentence-transformers/all-MiniLM-L6-v2",
        specific_model_path=str(folder),
        cache_dir=str(cache),
        threads=os.cpu_count(),
        enable_cpu_mem_arena=False,
    )
    assert bare.tokenizer
    bare.tokenizer.enable_truncation(max_length=256)
    return bare


def _write_books(folder: Path, passages: int) -> None:
    """Books whose sections are a passage each, 80 to 220 words long."""
    folder.mkdir()
    dice = random.Random(3)
    for book in range(_BOOKS):
        sections = (
            f"# Chapter {number}\n\n{' '.join(dice.choices(_WORDS, k=dice.randint(80, 220)))}.\n"
            for number in range(passages // _BOOKS)
        )
        (folder / f"{book}.md").write_text(f"---\ntitle: Book {book}\n---\n\n" + "\n".join(sections))


if __name__ == "__main__":
    asyncio.run(main())
