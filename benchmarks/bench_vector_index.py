"""The vector index beside exact search, on real vectors: recall, nDCG@10 and processor time.

    python benchmarks/bench_vector_index.py HOME SET [SET …] [--among POOL.npz] [--queries 300]

Each SET is a folder in the form of BEIR (corpus.jsonl, queries.jsonl, qrels.tsv), embedded by the product itself
into the index at HOME, unless it is there; sentences of POOL.npz (benchmarks/large_library.py) stand among them with
their own vectors, as what is not meant. Every query is asked of the whole: comparing each vector, then by the index.
"""

import argparse
import asyncio
import json
import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from wellread.content import Passage
from wellread.index import upkeep
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.lance import LanceIndex
from wellread.index.passages import PassageQuery, Vectors, text_to_embed
from wellread.index.ranking import Ranking

_TOP = 10
_ROWS = 2_000  # passages put at once


def documents(folder: Path) -> Iterator[Passage]:
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            text, name = one["text"] or one["title"], f"{folder.name}/{one['_id']}"
            yield Passage(name, folder.name, "s", 0, len(text), text, one.get("title", ""), "en")


def questions(folder: Path) -> dict[str, tuple[str, dict[str, int]]]:
    """Query text and judgements by document."""
    judged: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with (folder / "qrels.tsv").open(encoding="utf-8") as lines:
        for line in islice(lines, 1, None):
            query, document, grade = line.rstrip("\n").split("\t")
            judged[query][f"{folder.name}/{document}"] = int(grade)
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        asked = [json.loads(line) for line in lines]
    return {one["_id"]: (one["text"], judged[one["_id"]]) for one in asked if judged.get(one["_id"])}


async def fill(index: LanceIndex, embedder: MiniLmEmbedder, sets: Sequence[Path], pool: Path | None) -> None:
    held = await index.products()
    for folder in sets:
        passages = [] if folder.name in held else list(documents(folder))
        for start in range(0, len(passages), _ROWS):
            rows = passages[start : start + _ROWS]
            await put(index, rows, embedder.embed_passages([text_to_embed(row) for row in rows]))
    if pool and "pool" not in held:
        with np.load(pool) as stored:
            texts, vectors = stored["texts"].tolist(), stored["vectors"]
        rows = [
            Passage(f"pool/{n}", "pool", "s", 0, len(text), text, "", "en") for n, text in enumerate(texts)
        ]
        for start in range(0, len(rows), _ROWS):
            await put(index, rows[start : start + _ROWS], vectors[start : start + _ROWS])
    await index.optimize()


async def put(index: LanceIndex, rows: Sequence[Passage], vectors: Vectors) -> None:
    await index.put(rows)
    await index.put_vectors([row.passage_id for row in rows], vectors)


def ndcg(found: Sequence[str], grades: Mapping[str, int]) -> float:
    gains = [grades.get(name, 0) / math.log2(place + 2) for place, name in enumerate(found[:_TOP])]
    best = sorted(grades.values(), reverse=True)[:_TOP]
    return sum(gains) / sum(grade / math.log2(place + 2) for place, grade in enumerate(best))


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("home", type=Path)
    arguments.add_argument("sets", nargs="+", type=Path)
    arguments.add_argument("--among", type=Path)
    arguments.add_argument("--queries", type=int, default=300, help="of each set at most")
    chosen = arguments.parse_args()
    embedder = MiniLmEmbedder(chosen.home / "cache", threads=1)
    index = await LanceIndex.open(chosen.home / "index", embedder, read_rows=0)
    await fill(index, embedder, chosen.sets, chosen.among)
    asked = {folder.name: list(islice(questions(folder).values(), chosen.queries)) for folder in chosen.sets}
    runs: dict[str, dict[str, list[list[str]]]] = {}
    upkeep.drop_vector_index(chosen.home / "index")
    for way in ("exact", "index"):
        if way == "index":
            await asyncio.to_thread(upkeep.make_vector_index, chosen.home / "index")
        runs[way] = {}
        for name, queries in asked.items():
            for ranking in (Ranking.VECTOR, Ranking.SECOND_LOOK):
                began = time.process_time()
                hits = [
                    (await index.search([PassageQuery(text, (), _TOP)], ranking=ranking))[0]
                    for text, _ in queries
                ]
                spent = 1000 * (time.process_time() - began) / len(queries)
                found = [[hit.passage.passage_id for hit in some] for some in hits]
                runs[way][f"{name} {ranking}"] = found
                score = np.mean(
                    [ndcg(some, grades) for some, (_, grades) in zip(found, queries, strict=True)]
                )
                line = f"{name:24} {ranking:12} {way:6} nDCG@10 {score:.4f}   {spent:6.1f} ms"
                if way == "index":
                    exact = runs["exact"][f"{name} {ranking}"]
                    shares = [len({*a} & {*b}) / max(1, len(a)) for a, b in zip(exact, found, strict=True)]
                    line += f"   the same of ten {np.mean(shares):.4f}"
                print(line, flush=True)
    print(f"{await index.count()} passages")
    await index.close()


if __name__ == "__main__":
    asyncio.run(main())
