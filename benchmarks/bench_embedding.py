"""How fast a library's passages get their vectors, as a share of fastembed called bare on the same texts.

    python benchmarks/bench_embedding.py [--passages 600] [--sweep]

Ours is what `add` does when its books are searchable by keyword: passages read from the index, embedded, their
vectors written back, progress told, the table put in order at the end. Bare is one call of fastembed with the
same texts (heading and text), sorted by length beforehand, in batches of 8, which was found fastest (`--sweep`
tries others), with the same model, word piece limit and threads; it reads and writes nothing. The two take turns,
each time on a new copy of the library, and the fastest of each counts; `cpu_ratio` is the same in processor time,
which others on the machine disturb less.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fastembed.text.pooled_normalized_embedding import PooledNormalizedEmbedding

from wellread.engine import Wellread
from wellread.import_events import VectorsMade
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.passages import text_to_embed

_ROUNDS = 3
_BOOKS = 4
_WORDS = (
    "leadership means that people know why the work matters and what is expected of them while the river "
    "carries a copper lantern past the harbour and nobody remembers whose orchard it was"
).split()


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--passages", type=int, default=600)
    arguments.add_argument("--sweep", action="store_true")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_books(folder / "books", chosen.passages)
        cache = folder / "home" / "cache"
        async with Wellread(folder / "home") as library:
            async for _ in library.add([folder / "books"], vectors=False):
                pass
            index = await library.index()
            texts = [text_to_embed(row) async for rows in index.without_vectors(512) for row in rows]
        bare = _bare(cache)
        ordered = sorted(texts, key=len)
        list(bare.embed(ordered[:8]))
        sizes = (4, 8, 16, 32) if chosen.sweep else (8,)
        ours: list[_Took] = []
        theirs: dict[int, list[_Took]] = {size: [] for size in sizes}
        for turn in range(_ROUNDS):
            if turn % 2:
                ours.append(await _embed(folder))
            for size in sizes:
                began = _Took.now()
                list(bare.embed(ordered, batch_size=size))
                theirs[size].append(_Took.since(began))
            if not turn % 2:
                ours.append(await _embed(folder))
    # The fastest of each: what others do on the machine only ever adds.
    seconds = min(took.seconds for took in ours)
    bare_seconds = {size: min(took.seconds for took in taken) for size, taken in theirs.items()}
    cpu = min(took.cpu for took in ours)
    bare_cpu = min(took.cpu for taken in theirs.values() for took in taken)
    print(
        json.dumps(
            {
                "passages": len(texts),
                "wellread_per_second": round(len(texts) / seconds, 1),
                "bare_per_second": {size: round(len(texts) / took, 1) for size, took in bare_seconds.items()},
                "ratio": round(min(bare_seconds.values()) / seconds, 3),
                "cpu_ratio": round(bare_cpu / cpu, 3),
            }
        )
    )


@dataclass(frozen=True, slots=True)
class _Took:
    """Seconds by the clock, and of the processor in all threads of this process."""

    seconds: float
    cpu: float

    @classmethod
    def now(cls) -> "_Took":
        return cls(time.perf_counter(), time.process_time())

    @classmethod
    def since(cls, began: "_Took") -> "_Took":
        now = cls.now()
        return cls(now.seconds - began.seconds, now.cpu - began.cpu)


async def _embed(folder: Path) -> _Took:
    """What it takes to make all vectors of a copy of the library, whose model is loaded before."""
    home = folder / "copy"
    shutil.copytree(folder / "home", home)
    async with Wellread(home) as library:
        index = await library.index()
        assert library.embedder, library.embedder_problem
        library.embedder.embed_questions(["ready?"])
        began = _Took.now()
        async for event in library.embed():
            if isinstance(event, VectorsMade) and event.of == "passages" and 0 < event.total == event.done:
                took = _Took.since(began)  # those of sentences follow, then questions are tried
        assert not (await index.stats()).without_vectors
    shutil.rmtree(home)
    return took


def _bare(cache: Path) -> PooledNormalizedEmbedding:
    MiniLmEmbedder(cache).check()
    [folder] = cache.iterdir()
    bare = PooledNormalizedEmbedding(
        "sentence-transformers/all-MiniLM-L6-v2",
        specific_model_path=str(folder),
        cache_dir=str(cache),
        threads=os.cpu_count(),
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
