"""The floor of a cell: what a title answers is above it, what it does not is below."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import SHARED

from wellread.content import Passage
from wellread.embedding.queue import EmbeddingQueue
from wellread.index.embedding import MiniLmEmbedder
from wellread.index.lance.index import LanceIndex
from wellread.index.passages import PassageQuery
from wellread.index.relevance import FLOOR
from wellread.ingest.vectors import embed

DATA = SHARED / "data" / "ir"

TITLES = {
    "beekeeping": {
        "When does a colony swarm?": (
            "A colony prepares to swarm in late spring, when the hive is crowded and the queen no longer "
            "finds free cells. The workers raise new queens, and the old one leaves with half of the "
            "bees."
        ),
        "How much honey do the bees need for the winter?": (
            "Leave the bees some twenty kilograms of honey for the winter. What they lack must be fed as "
            "sugar syrup in September, before the first frosts."
        ),
        "How do I protect the hive from mites?": (
            "Mites are fought after the harvest with formic acid, and again in December, when there is no "
            "brood in the hive, with oxalic acid."
        ),
    },
    "leadership": {
        "What is the difference between leadership and management?": (
            "Management keeps the promises that were made: plans, budgets, dates. Leadership makes people "
            "want the change that no plan demands of them. A new lead needs both, and the difference "
            "between them."
        ),
        "How do I give feedback?": (
            "Give feedback soon, in private, and about what was done rather than about the person. Say "
            "what you saw, what it led to, and ask for their view of it."
        ),
        "How do I delegate work to my team?": (
            "Delegate outcomes and not steps. Agree on what done means, on when you talk again, and leave "
            "the way there to those in the team who go it."
        ),
    },
}


async def _best(
    shelf: dict[str, list[str]], cells: list[PassageQuery], embedder: MiniLmEmbedder | None, folder: Path
) -> list[float]:
    index = await LanceIndex.open(folder, embedder)
    await index.put(
        [
            Passage(f"{title}-{number}", title, "s", 0, len(text), text, "", "en")
            for title, texts in shelf.items()
            for number, text in enumerate(texts)
        ]
    )
    if embedder:
        async with EmbeddingQueue.of(embedder) as queue:
            async for _ in embed(index, queue, 500):
                pass
    found = await index.search(cells)
    await index.close()
    return [max((hit.relevance for hit in hits), default=0.0) for hits in found]


@pytest.fixture(scope="module", params=["with vectors", "by words"])
def embedder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MiniLmEmbedder | None]:
    yield MiniLmEmbedder(tmp_path_factory.mktemp("cache")) if request.param == "with vectors" else None


def test_a_question_put_to_the_wrong_title_finds_nothing(tmp_path: Path, embedder: MiniLmEmbedder | None):
    shelf = {title: list(answers.values()) for title, answers in TITLES.items()}
    pairs = [
        (question, own, title) for own, answers in TITLES.items() for question in answers for title in TITLES
    ]
    cells = [PassageQuery(question, (title,)) for question, _, title in pairs]
    best = asyncio.run(_best(shelf, cells, embedder, tmp_path))
    for (question, own, title), relevance in zip(pairs, best, strict=True):
        if own != title:
            assert relevance < FLOOR, (question, title)
        elif embedder:
            assert relevance >= FLOOR, question


def test_the_floor_holds_on_judged_sets(tmp_path: Path, embedder: MiniLmEmbedder | None):
    if not DATA.is_dir():
        pytest.skip("the shared data is not here")
    shelf: dict[str, list[str]] = {}
    questions: dict[str, list[str]] = {}
    for name, documents in (("xquad_en", 16), ("bitcoinbook2e_index", 40)):
        folder = DATA / name
        lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
        kept = [json.loads(line) for line in lines[:documents]]
        shelf[name] = [f"{row['title']}\n{row['text']}" for row in kept]
        grades = [
            line.split("\t") for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()
        ]
        answered = {query for query, document, _ in grades if document in {row["_id"] for row in kept}}
        rows = map(json.loads, (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines())
        questions[name] = [row["text"] for row in rows if row["_id"] in answered][:50]
    pairs = [(own, title, text) for own, texts in questions.items() for text in texts for title in shelf]
    best = asyncio.run(
        _best(shelf, [PassageQuery(text, (title,)) for _, title, text in pairs], embedder, tmp_path)
    )
    own = [relevance for (asked, title, _), relevance in zip(pairs, best, strict=True) if asked == title]
    wrong = [relevance for (asked, title, _), relevance in zip(pairs, best, strict=True) if asked != title]
    allowed = 0.08 if embedder else 0.15
    assert sum(relevance < FLOOR for relevance in own) <= allowed * len(own)
    assert sum(relevance >= FLOOR for relevance in wrong) <= allowed * len(wrong)
