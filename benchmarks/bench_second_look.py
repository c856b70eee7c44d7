"""What the second look and the vectors of sentences cost: time of a search, bytes on disk, time of embedding.

    python benchmarks/bench_second_look.py [--rows 10000] [--rounds 15]

Passages are made of sentences of a small vocabulary, so their words are as spread as in a book; their vectors are
random unit vectors, because only time and size are measured. The embedder is measured on a sample of them. Each
figure is the median of --rounds searches for different words, the embedding of the questions included.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import lancedb
import numpy as np

from wellread.content import Passage
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.lance.index import LanceIndex
from wellread.index.lance.table import TABLE
from wellread.index.passages import PassageQuery, Vectors, text_to_embed
from wellread.index.ranking import Ranking
from wellread.index.sentence_vectors import embedded_sentences

_PER_TITLE = 1_000
_SAMPLE = 96  # passages that are embedded in earnest
_WORDS = (
    "team lead plan budget meeting feedback manager engineer report goal review design release test code review "
    "decide trust delegate coach hire interview promotion salary roadmap quarter estimate deadline risk incident"
).split()


def passages(rows: int, random: np.random.Generator) -> list[Passage]:
    vocabulary = _WORDS + [f"term{number}" for number in range(20_000)]
    shares = 1 / np.arange(1, len(vocabulary) + 1)
    words = random.choice(vocabulary, (rows, 150), p=shares / shares.sum())
    made = []
    for number in range(rows):
        text = " ".join(
            " ".join(words[number, start : start + 20]).capitalize() + "." for start in range(0, 150, 20)
        )
        title = f"title-{number // _PER_TITLE}"
        heading = f"Part {number % 7} › Chapter {number % 40}"
        made.append(Passage(f"{number:032x}", title, f"s{number // 8}", 0, len(text), text, heading, "en"))
    return made


class RandomUnits(MiniLmEmbedder):
    """Random unit vectors for passages, in no time; questions are read in earnest."""

    random = np.random.default_rng(2)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = self.random.standard_normal((len(texts), self.dimensions)).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return super().embed_passages(texts)


async def median(rounds: int, search: Callable[[int], Awaitable[object]]) -> float:
    """Of searches each for other words, so that nothing but what every question needs is remembered."""
    await search(0)
    taken = []
    for turn in range(rounds):
        began = time.perf_counter()
        await search(turn + 1)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


async def measure(rows: int, rounds: int) -> None:
    made = passages(rows, np.random.default_rng(1))
    with tempfile.TemporaryDirectory() as folder:
        cache, home = Path(folder) / "cache", Path(folder) / "index"
        measure_embedding(MiniLmEmbedder(cache), made[:_SAMPLE])
        embedder = RandomUnits(cache)
        index = await LanceIndex.open(home, embedder)
        for start in range(0, rows, 2_000):
            some = made[start : start + 2_000]
            await index.put(some)
            texts = [passage.text for passage in some]
            await index.put_vectors([passage.passage_id for passage in some], embedder.embed_passages(texts))
        before = await size(index, home)
        first = await searches(index, rows, rounds, "passages' vectors only", Ranking.FUSED)
        for start in range(0, rows, 500):
            some = made[start : start + 500]
            sentences = embedded_sentences(some, embedder)
            await index.put_sentence_vectors([passage.passage_id for passage in some], sentences)
        after = await size(index, home)
        print(
            f"disk: {before / 1e6:.0f} MB, with sentences {after / 1e6:.0f} MB: {after / before:.2f} times as much"
        )
        fused = await searches(index, rows, rounds, "half the best sentence", Ranking.FUSED)
        looked = await searches(index, rows, rounds, "with the second look", Ranking.SECOND_LOOK)
        for name, took in looked.items():
            share, both = took / fused[name] - 1, took / first[name] - 1
            print(f"{name}: the second look adds {share:.2f} of the search, with the sentences {both:.2f}")
        await index.close()


def measure_embedding(embedder: MiniLmEmbedder, sample: Sequence[Passage]) -> None:
    embedder.embed_questions(["ready?"])
    began = time.perf_counter()
    embedder.embed_passages([text_to_embed(passage) for passage in sample])
    between = time.perf_counter()
    embedded_sentences(sample, embedder)
    ratio = (time.perf_counter() - between) / (between - began)
    print(f"embedding: sentences take {ratio:.2f} times what their passages take")


async def size(index: LanceIndex, home: Path) -> int:
    """Bytes without the versions that are kept for ten minutes."""
    await index.optimize()
    connection = await lancedb.connect_async(home)
    with warnings.catch_warnings(action="ignore"):  # somebody else may be reading: nobody is
        await (await connection.open_table(TABLE)).optimize(cleanup_older_than=timedelta(0))
    return (await index.stats()).size


async def searches(
    index: LanceIndex, rows: int, rounds: int, label: str, ranking: Ranking
) -> dict[str, float]:
    titles = [f"title-{number}" for number in range(max(1, rows // _PER_TITLE))]
    kinds: dict[str, tuple[int, list[tuple[str, ...]]]] = {
        "1 question, all titles": (1, [()]),
        "1 question, 1 title": (1, [(titles[0],)]),
        "3 questions, 5 titles": (3, [(title,) for title in titles[:5]]),
    }
    taken = {}
    for name, (questions, scopes) in kinds.items():

        async def search(
            turn: int, questions: int = questions, scopes: list[tuple[str, ...]] = scopes
        ) -> None:
            asked = [_question(turn, number) for number in range(questions)]
            cells = [PassageQuery(question, scope, 12) for question in asked for scope in scopes]
            await index.search(cells, ranking=ranking)

        taken[name] = await median(rounds, search)
        print(f"{label}: {name}: {taken[name]:.1f} ms", flush=True)
    return taken


def _question(turn: int, number: int) -> str:
    seed = 7 * turn + number
    one, other = _WORDS[seed % len(_WORDS)], _WORDS[seed * 5 % len(_WORDS)]
    return f"How does the {one} of term{seed} help the {other}?"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=15)
    chosen = arguments.parse_args()
    asyncio.run(measure(chosen.rows, chosen.rounds))


if __name__ == "__main__":
    main()
