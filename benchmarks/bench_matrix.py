"""What 3 questions × 5 titles cost, as a multiple of one hybrid query of LanceDB on the same table.

    python benchmarks/bench_matrix.py [FOLDER] [--passages 100000]

FOLDER keeps the index for the next run. The passages are made up: words of a Zipf distribution, random unit
vectors (which cost a search as much as true ones), 1,000 passages a title. The questions go through the real
embedder; the time of our side includes that, LanceDB's does not. Both are the median of interleaved runs.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import lancedb
import numpy as np
from lancedb.query import MatchQuery
from lancedb.rerankers import RRFReranker

from wellread.content import Passage
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.lance.index import LanceIndex
from wellread.index.passages import PassageQuery, Vectors
from wellread.text.terms import question_terms

_TITLE = 1_000  # passages
_QUESTIONS = (
    "word12 word340 of the word7",
    "how does word95 word1200 relate to word33",
    "word800 word21 word5000",
)
_RUNS = 15


class RandomPassages(MiniLmEmbedder):
    """The real embedder for questions; random unit vectors for passages."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimensions))
        unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return super().embed_passages(texts)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path)
    arguments.add_argument("--passages", type=int, default=100_000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.folder or Path(scratch)
        index = await LanceIndex.open(folder / "index", RandomPassages(folder / "cache"))
        await _fill(index, RandomPassages(folder / "cache"), chosen.passages)
        titles = [
            f"title-{number}"
            for number in range(0, chosen.passages // _TITLE, chosen.passages // _TITLE // 5)
        ]
        cells = [PassageQuery(question, (title,)) for question in _QUESTIONS for title in titles[:5]]
        connection = await lancedb.connect_async(folder / "index", read_consistency_interval=timedelta(0))
        table = await connection.open_table((await connection.list_tables()).tables[0])
        vector = RandomPassages(folder / "cache").embed_questions(_QUESTIONS[:1])[0]
        terms = " ".join(form for forms in question_terms(_QUESTIONS[0], ["en"]) for form in forms)

        ours: list[float] = []
        theirs: list[float] = []
        for run in range(_RUNS + 2):
            began = time.perf_counter()
            found = await index.search(cells)
            between = time.perf_counter()
            query = table.query().nearest_to(vector).nearest_to_text(MatchQuery(terms, "terms"))
            await query.rerank(RRFReranker()).limit(10).select(["passage_id", "text"]).to_arrow()
            if run >= 2:
                ours.append(between - began)
                theirs.append(time.perf_counter() - between)
        assert all(len(hits) == 10 for hits in found)
        print(
            json.dumps(
                {
                    "passages": await index.count(),
                    "cells": len(cells),
                    "cells_ms": round(1000 * statistics.median(ours), 1),
                    "one_hybrid_query_ms": round(1000 * statistics.median(theirs), 1),
                    "ratio": round(statistics.median(ours) / statistics.median(theirs), 2),
                }
            )
        )
        await index.close()


async def _fill(index: LanceIndex, embedder: RandomPassages, count: int) -> None:
    if await index.count() >= count:
        return
    random = np.random.default_rng(7)
    for start in range(0, count, 10_000):
        words = np.minimum(random.zipf(1.3, (min(10_000, count - start), 150)), 50_000)
        passages = [
            Passage(
                f"passage-{start + row:07d}",
                f"title-{(start + row) // _TITLE}",
                f"section-{row // 20}",
                0,
                1,
                " ".join(f"word{word}" for word in line),
                "Part One › A chapter",
                "en",
            )
            for row, line in enumerate(words.tolist())
        ]
        await index.put(passages)
        texts = [passage.text for passage in passages]
        await index.put_vectors([passage.passage_id for passage in passages], embedder.embed_passages(texts))
    await index.optimize()


if __name__ == "__main__":
    asyncio.run(main())
