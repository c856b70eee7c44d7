"""How well passages are found: nDCG@10, recall@100 and reciprocal rank over a judged set (BEIR's three
files)."""

import asyncio
import importlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from wellread.content import Passage
from wellread.embedding.queue import EmbeddingQueue
from wellread.errors import BadRequestError, UnavailableError
from wellread.index.lance.index import LanceIndex
from wellread.index.passages import Embedder, PassageQuery
from wellread.index.ranking import Ranking
from wellread.ingest.vectors import embed
from wellread.text.terms import language_of, primary

DEPTH = 100  # hits asked for and judged
_BATCH = 64
_PRODUCT = "judged"


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Documents, queries, and for each query the grade (0: not relevant) of the documents that were
    judged."""

    passages: tuple[Passage, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, folder: Path) -> "JudgedSet":
        """Reads `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`) and `qrels.tsv`
        (query, document, grade; also as `qrels/test.tsv`). `meta.json` may name the `language`; otherwise
        it is guessed.
        Raises BadRequestError naming the file and line that is wrong."""
        documents = dict(_texts(folder / "corpus.jsonl"))
        queries = {query: text for query, (_, text) in _texts(folder / "queries.jsonl")}
        judgements = _judgements(folder, queries, documents)
        language = _language(folder, " ".join(text for _, text in islice(documents.values(), 50)))
        passages = tuple(
            Passage(name, _PRODUCT, _PRODUCT, 0, len(text), text, title, language)
            for name, (title, text) in documents.items()
        )
        return cls(passages, queries, judgements)


async def evaluate(folder: Path, embedder: Embedder | None) -> dict[str, dict[str, float]]:
    """Index the set in `folder` as the product does and ask it every judged query, over the whole set.

    Gives for each ranking (`keyword`, `vector`, `fused`, `second look`; without an embedder the first and
    the last) its measures:
    `{"keyword": {"nDCG@10": .69, "R@100": .92, "RR": .66}, …}`. Raises BadRequestError for a folder that is
    not such a set, UnavailableError without ir-measures.
    """
    measures = _measures()
    judged = await asyncio.to_thread(JudgedSet.read, folder)
    with tempfile.TemporaryDirectory() as scratch:
        index = await LanceIndex.open(Path(scratch), embedder)
        await index.put(judged.passages)
        if embedder:
            async with EmbeddingQueue.of(embedder) as queue:
                async for _ in embed(index, queue, _BATCH):
                    pass
        await index.optimize()
        rankings = list(Ranking) if embedder else [Ranking.KEYWORD, Ranking.SECOND_LOOK]
        results = {ranking.value: await _measure(index, judged, ranking, measures) for ranking in rankings}
        await index.close()
    return results


async def _measure(
    index: LanceIndex, judged: JudgedSet, ranking: Ranking, measures: ModuleType
) -> dict[str, float]:
    run: dict[str, dict[str, float]] = {}
    names = list(judged.judgements)
    for start in range(0, len(names), _BATCH):
        some = names[start : start + _BATCH]
        cells = [PassageQuery(judged.queries[name], (), DEPTH) for name in some]
        for name, hits in zip(some, await index.search(cells, ranking=ranking), strict=True):
            # Ranks, not scores: ties stay in the order in which a reader would see them.
            run[name] = {hit.passage.passage_id: float(-rank) for rank, hit in enumerate(hits)}
    asked = [measures.nDCG @ 10, measures.R @ 100, measures.RR]
    found = measures.calc_aggregate(asked, judged.judgements, run)
    return {str(measure): round(float(found[measure]), 4) for measure in asked}


def _measures() -> ModuleType:
    try:
        return importlib.import_module("ir_measures")
    except ImportError as error:
        raise UnavailableError(
            "Measuring retrieval needs ir-measures.", hint="pip install 'wellread[eval]'"
        ) from error


def _texts(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """(id, (title, text)) of each line."""
    for number, line in _lines(path):
        try:
            record: Any = json.loads(line)
            name, title, text = record["_id"], record.get("title") or "", record["text"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _bad(path, number, "is not a JSON object with `_id` and `text`") from error
        if not (isinstance(name, str) and isinstance(title, str) and isinstance(text, str)):
            raise _bad(path, number, "has an `_id`, `title` or `text` that is not a string")
        yield name, (title, text)


def _judgements(
    folder: Path, queries: Mapping[str, str], documents: Mapping[str, object]
) -> dict[str, dict[str, int]]:
    path = folder / "qrels.tsv"
    if not path.is_file() and (folder / "qrels" / "test.tsv").is_file():
        path = folder / "qrels" / "test.tsv"
    judgements: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        query, _, rest = line.partition("\t")
        document, _, grade = rest.partition("\t")
        if number == 1 and not grade.strip().lstrip("-").isdecimal():
            continue  # the header
        if not grade.strip().lstrip("-").isdecimal():
            raise _bad(path, number, "is not: query, tab, document, tab, grade")
        if query not in queries:
            raise _bad(path, number, f"names a query that is not in queries.jsonl: {query}")
        if document not in documents:
            raise _bad(path, number, f"names a document that is not in corpus.jsonl: {document}")
        judgements.setdefault(query, {})[document] = int(grade)
    judged = {query: grades for query, grades in judgements.items() if any(map((0).__lt__, grades.values()))}
    if not judged:
        raise BadRequestError(f"{path} judges nothing as relevant.", hint="There is nothing to measure by.")
    return judged


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequestError(
            f"{path} cannot be read: {error}",
            hint="A judged set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv in UTF-8.",
        ) from error


def _language(folder: Path, sample: str) -> str:
    path = folder / "meta.json"
    if path.is_file():
        try:
            meta = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise _bad(path, 1, "is not JSON") from error
        if isinstance(meta, dict) and isinstance(meta.get("language"), str):
            return primary(meta["language"])
    return language_of(sample)


def _bad(path: Path, number: int, what: str) -> BadRequestError:
    return BadRequestError(f"Line {number} of {path} {what}.", hint="The files are those of a BEIR set.")
