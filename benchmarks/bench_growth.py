"""What the library's own operations cost as it grows, in processor time, and as multiples of the first library's.

    python benchmarks/bench_growth.py HOME [HOME …] [--runs 5]

The homes are made by benchmarks/large_library.py, the smallest first. A copy of each is measured, so nothing of it
changes. Of each operation the least processor time of its runs, all threads and children together: on a busy machine
it is the figure to trust. "lancedb" is one hybrid query of plain LanceDB on the same table, for whatever has no limit.
"""

import argparse
import asyncio
import resource
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import lancedb
import numpy as np
from lancedb.query import MatchQuery
from lancedb.rerankers import RRFReranker

from wellread.content import Passage
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.lance import LanceIndex
from wellread.index.lance_table import TABLE
from wellread.index.passages import PassageQuery, SentenceVectors, Vectors
from wellread.index.ranking import Ranking
from wellread.store.catalog.catalog import Catalog
from wellread.store.database.database import Database
from wellread.text.terms import question_terms

_QUESTIONS = (
    "How does a package manager resolve the dependencies of a package?",
    "What is a linear transformation of a vector space?",
    "Why did the captain hunt the white whale?",
    "How do you deploy a web application with containers?",
    "Who decides what goes into the index of a book?",
    "How are security updates installed on a server?",
)
_BOOK = 120  # passages of the book that is added
_AT_ONCE = 16


@dataclass
class Measured:
    home: Path
    runs: int
    milliseconds: dict[str, float] = field(default_factory=dict)

    async def measure(self, name: str, work: Callable[[int], Awaitable[object]], *, runs: int = 0) -> None:
        best = float("inf")
        for run in range(runs or self.runs):
            began = _processor_seconds()
            await work(run)
            best = min(best, _processor_seconds() - began)
        self.milliseconds[name] = 1000 * best


async def measured(home: Path, runs: int) -> Measured:
    out = Measured(home, runs)
    embedder = MiniLmEmbedder(home / "cache")
    index = await LanceIndex.open(home / "index", embedder)
    database = Database.open(home / "wellread.db")
    titles = [product.product_id for product in Catalog(database).products(limit=40)]
    rows = await index.count()
    print(f"{home.name}: {rows} passages", flush=True)
    table = await (
        await lancedb.connect_async(home / "index", read_consistency_interval=timedelta(0))
    ).open_table(TABLE)
    vectors = embedder.embed_questions(_QUESTIONS)
    questions = list(zip(_QUESTIONS, vectors, strict=True))

    async def plain(run: int) -> None:
        question, vector = questions[run % len(questions)]
        terms = " ".join(form for forms in question_terms(question, ["en"]) for form in forms)
        query = (
            table.query().nearest_to(vector).distance_type("dot").nearest_to_text(MatchQuery(terms, "terms"))
        )
        await query.rerank(RRFReranker()).limit(40).select(["passage_id", "text"]).to_arrow()

    async def whole(run: int, ranking: Ranking = Ranking.SECOND_LOOK, count: int = 1) -> None:
        asked = [_QUESTIONS[(run + k) % len(_QUESTIONS)] for k in range(count)]
        await index.search([PassageQuery(question, (), 40) for question in asked], ranking=ranking)

    async def matrix(questions: int, products: int) -> None:
        cells = [PassageQuery(q, (t,), 12) for q in _QUESTIONS[:questions] for t in titles[:products]]
        await index.search(cells)

    for name, work in (
        ("lancedb: one hybrid query", plain),
        (f"lancedb: {_AT_ONCE} at once", lambda _: asyncio.gather(*map(plain, range(_AT_ONCE)))),
        ("whole library", whole),
        ("whole library, by keyword", lambda run: whole(run, Ranking.KEYWORD)),
        ("whole library, by vector", lambda run: whole(run, Ranking.VECTOR)),
        ("whole library, 3 questions", lambda run: whole(run, count=3)),
        (f"whole library, {_AT_ONCE} at once", lambda _: asyncio.gather(*map(whole, range(_AT_ONCE)))),
        ("matrix of 2 × 2", lambda _: matrix(2, 2)),
        ("matrix of 3 × 5", lambda _: matrix(3, 5)),
        ("stats", lambda _: index.stats()),
        ("has_waiting", lambda _: index.has_waiting()),
    ):
        await work(0)
        await out.measure(name, work)
    dice = np.random.default_rng(1)
    for book in ("first", "second"):
        await _add(out, index, book, dice)
    await out.measure("a book removed", lambda _: index.keep_only("one-more-first", ()), runs=1)
    await out.measure("whole library after it", whole)
    await index.close()
    database.close()
    return out


async def _add(out: Measured, index: LanceIndex, book: str, dice: np.random.Generator) -> None:
    words = "queue release owner risk team plan design review estimate delegation incident feedback".split()
    rows = [
        Passage(
            f"{book}-{n}",
            f"one-more-{book}",
            "s-0",
            200 * n,
            200 * n + 180,
            " ".join(dice.choice(words, 150)),
            f"Part {n}",
            "en",
        )
        for n in range(_BOOK)
    ]
    ids = [row.passage_id for row in rows]
    sentences = [SentenceVectors([(0, 40), (41, 90)], _unit(dice, 2), []) for _ in rows]
    work: Sequence[tuple[str, Callable[[int], Awaitable[object]]]] = (
        ("its rows", lambda _: index.put(rows)),
        ("its vectors", lambda _: index.put_vectors(ids, _unit(dice, _BOOK))),
        ("its sentences' vectors", lambda _: index.put_sentence_vectors(ids, sentences)),
        ("its order", lambda _: index.optimize()),
    )
    for name, one in work:
        await out.measure(f"the {book} book more: {name}", one, runs=1)


def _unit(dice: np.random.Generator, rows: int) -> Vectors:
    vectors = dice.standard_normal((rows, 384)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("homes", nargs="+", type=Path)
    arguments.add_argument("--runs", type=int, default=5)
    chosen = arguments.parse_args()
    columns = []
    for home in chosen.homes:
        with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
            copy = Path(scratch) / home.name
            shutil.copytree(home, copy)
            columns.append(asyncio.run(measured(copy, chosen.runs)))
    print(
        f"{'processor milliseconds':42}"
        + "".join(f"{column.home.name:>16}" for column in columns)
        + "   last ÷ first"
    )
    for name, first in columns[0].milliseconds.items():
        figures = [column.milliseconds[name] for column in columns]
        print(
            f"{name:42}"
            + "".join(f"{one:16.1f}" for one in figures)
            + f"{figures[-1] / max(first, 0.1):12.2f} ×"
        )


if __name__ == "__main__":
    main()
