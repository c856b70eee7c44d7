"""Searching the table of passages: candidates from the engine, scores, fusion, relevance.

Titles are searched exactly. The vectors of their rows are read once for all questions, every cosine is computed, and
BM25 comes from one query a question over them; then each cell ranks the rows of its own titles. A scope that is too
large to be read (the whole of a large library) is asked for its best by each of the two rankings instead. What is read
of the text is that of the rows that a cell ends up with.

What is asked at the same time is answered by one pass over the table: see index.lance.passes.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.table import AsyncTable
from numpy.typing import NDArray

from wellread.index.fusion import Scores
from wellread.index.lance.errors import ENGINE_ERRORS, storage_errors
from wellread.index.lance.rarity import Rarity, matching
from wellread.index.lance.rows import Rows, aligned, by_question, row_vectors
from wellread.index.lance.scopes import CellPlan, Scopes, SearchScope, TableVersion
from wellread.index.lance.table import PENDING, SENTENCES, VECTOR, among
from wellread.index.passages import Embedder, Hit, PassageQuery, Recall, Vectors
from wellread.index.pool import Pool, RowIds, SearchedQuestion, candidates, cosines
from wellread.index.question_vectors import UNREAD, QuestionVectors
from wellread.index.ranking import PASSAGE, FirstRanking, Ranking, ranked
from wellread.index.sentence_vectors import SentenceCosines, first_sentences, sentence_cosines
from wellread.text.terms import content_words, question_terms

READ_ROWS = 12_000  # a scope of at most so many rows is read whole: 12 titles, 20 ms
_POOL = 100  # candidates from each of the two rankings
_COMPARED = 10  # of the best, by which the vector index is judged
_ENGINE_ROWS = 1_000  # scores asked of the engine for a scope that is not read
_QUESTION = 4_000  # characters: more than the embedder reads; of a pasted page the beginning is the question
_READ = (*PASSAGE, "terms")
_log = logging.getLogger(__name__)
_ALL_PARTITIONS = 1 << 20  # of the vector index: its codes are so small that leaving some out saves nothing


@dataclass(frozen=True, slots=True)
class Asked:
    """A cell of a pass, and how it is to be ranked."""

    cell: PassageQuery
    ranking: Ranking


class SearchTable:
    """The reading half of LanceIndex. `table` is its own, and stays at one version while something is looked for: rows
    are named by where they are, and a writer moves them. So what is called at once is done one after the other."""

    def __init__(self, table: AsyncTable, path: Path, embedder: Embedder | None, read_rows: int) -> None:
        self._read_rows = read_rows
        self._table = table
        self._path = path
        self._scopes = Scopes(table, read_rows)
        self._rarity = Rarity(table)
        self._questions = QuestionVectors(embedder)
        self._alone = asyncio.Lock()

    def close(self) -> None:
        self._table.close()  # type: ignore[no-untyped-call]

    async def search(self, asked: Sequence[Asked]) -> list[list[Hit]]:
        """One pass: for each of what is asked its hits, best first."""
        with storage_errors(self._path):
            async with self._alone:
                version = await self._scopes.newest([one.cell for one in asked])
                plans = [version.plan(one.cell) for one in asked]
                questions = await self._searched(asked, plans, version)
                pools = await self._pools([one.cell for one in asked], plans, questions, version)
                leading = await self._leading_terms(pools)
                first = [
                    FirstRanking.of(pool, question, terms, one.ranking)
                    for pool, question, terms, one in zip(pools, questions, leading, asked, strict=True)
                ]
                best = [ranking.best(one.cell.limit) for ranking, one in zip(first, asked, strict=True)]
                rows = await self._rows(
                    [pool.row_ids[places] for pool, places in zip(pools, best, strict=True)],
                    [*_READ, SENTENCES] if version.has_sentences else list(_READ),
                )
        return await asyncio.to_thread(_hits, asked, questions, first, best, rows)

    async def _searched(
        self, asked: Sequence[Asked], plans: Sequence[CellPlan], version: TableVersion
    ) -> list[SearchedQuestion]:
        texts = [one.cell.question[:_QUESTION] for one in asked]
        by_vector = {
            text for text, one in zip(texts, asked, strict=True) if one.ranking is not Ranking.KEYWORD
        }
        read = await self._questions.of(sorted(by_vector)) if version.has_vectors else {}
        # A question has other terms in a German title than in an English one.
        keys = [(text, plan.languages) for text, plan in zip(texts, plans, strict=True)]
        terms = {key: question_terms(*key) for key in set(keys)}
        weights = dict(zip(terms, await self._rarity.weights(terms.values()), strict=True))
        return [
            SearchedQuestion(
                terms[key],
                weights[key],
                *(UNREAD if one.ranking is Ranking.KEYWORD else read.get(key[0], UNREAD)),
            )
            for key, one in zip(keys, asked, strict=True)
        ]

    async def _pools(
        self,
        cells: Sequence[PassageQuery],
        plans: Sequence[CellPlan],
        questions: Sequence[SearchedQuestion],
        version: TableVersion,
    ) -> list[Pool]:
        pools = [_NOTHING] * len(cells)

        async def read(numbers: Sequence[int]) -> None:
            limit = max(cells[number].limit for number in numbers)
            titles = [plans[number].titles for number in numbers]
            found = await self._read(titles, [questions[number] for number in numbers], limit, version)
            for number, pool in zip(numbers, found, strict=True):
                pools[number] = pool

        async def ask(numbers: Sequence[int]) -> None:
            limit = max(cells[number].limit for number in numbers)
            titles = plans[numbers[0]].titles
            found = await self._ask(titles, [questions[number] for number in numbers], limit, version)
            for number, pool in zip(numbers, found, strict=True):
                pools[number] = pool

        near = [number for number, plan in enumerate(plans) if plan.titles and plan.rows <= self._read_rows]
        far: dict[tuple[str, ...], list[int]] = {}
        for number in set(range(len(plans))).difference(near):
            if plans[number].rows:
                far.setdefault(plans[number].titles, []).append(number)
        batches = _batches(near, plans, version.products, self._read_rows)
        await asyncio.gather(*map(read, batches), *map(ask, far.values()))
        return pools

    async def _read(
        self,
        products: Sequence[tuple[str, ...]],
        questions: Sequence[SearchedQuestion],
        limit: int,
        version: TableVersion,
    ) -> list[Pool]:
        """The pools of cells whose titles are read whole; `products` are those of each cell."""
        names = sorted({name for cell in products for name in cell})
        where = "" if version.is_everything(names) else among("product_id", names)
        by_terms = {question.terms: question for question in questions}
        with_vectors = any(question.vector is not None for question in questions)
        columns = ["product_id", VECTOR] if with_vectors else ["product_id"]
        query = self._table.query()
        rows, keyword_hits = await asyncio.gather(
            (query.where(where) if where else query).select(columns).with_row_id().to_arrow(),
            self._by_keywords(by_terms.values(), where, 2 * self._read_rows),
        )
        ids: RowIds = rows["_rowid"].to_numpy()
        keyword = {
            terms: aligned(scores, held, ids, missing=0.0)
            for terms, (held, scores) in zip(by_terms, keyword_hits, strict=True)
        }
        cosine = _cosines(rows, questions) if with_vectors else {}
        product = rows["product_id"].combine_chunks()
        places = {
            cell: np.flatnonzero(
                pc.is_in(product, value_set=pa.array(cell, pa.string())).to_numpy(zero_copy_only=False)
            )
            for cell in set(products)
        }
        pools = []
        for cell, question in zip(products, questions, strict=True):
            own = places[cell]
            scored = keyword[question.terms][own]
            near = np.full(own.size, np.nan) if question.vector is None else cosine[id(question.vector)][own]
            pools.append(Pool(ids[own], scored, near).take(candidates(scored, near, max(_POOL, limit))))
        return pools

    async def _ask(
        self,
        products: Sequence[str],
        questions: Sequence[SearchedQuestion],
        limit: int,
        version: TableVersion,
    ) -> list[Pool]:
        """The pools of cells of one scope that is too large to be read."""
        where = among("product_id", products) if products else ""
        size = max(_POOL, limit)
        asked = [question for question in questions if question.vector is not None]
        near, hits = await asyncio.gather(
            self._by_vector(asked, where, size, version),
            self._by_keywords(questions, where, max(_ENGINE_ROWS, limit)),
        )
        by_vector = iter(near)
        ids = [
            np.union1d(held[:size], next(by_vector) if question.vector is not None else held[:0])
            for question, (held, _) in zip(questions, hits, strict=True)
        ]
        vectors = await self._rows(ids, [VECTOR]) if asked else None
        pools = []
        for question, own, (held, scores) in zip(questions, ids, hits, strict=True):
            keyword = aligned(scores, held, own, missing=0.0)
            cosine = np.full(own.size, np.nan)
            if vectors is not None and question.vector is not None:
                cosine = cosines(row_vectors(vectors.of(own)), question.vector).astype(np.float64)
            pools.append(Pool(own, keyword, cosine))
        return pools

    async def _leading_terms(self, pools: Sequence[Pool]) -> list[list[str]]:
        """The terms of the rows that lead each pool by keyword."""
        ids = [pool.row_ids[pool.leading] for pool in pools]
        rows = await self._rows(ids, ["terms"])
        return [rows.of(own)["terms"].to_pylist() for own in ids]

    async def _rows(self, ids: Sequence[RowIds], columns: list[str]) -> Rows:
        """The rows of those ids, each read once."""
        wanted = np.unique(np.concatenate([*ids, np.array([], np.uint64)])).astype(np.uint64)
        if not wanted.size:
            return Rows(wanted, (await self._table.schema()).empty_table().select(columns))
        rows = await self._table.take_row_ids(wanted.tolist()).select(columns).with_row_id().to_arrow()
        return Rows(rows["_rowid"].to_numpy(), rows)

    async def recall(self, questions: int) -> Recall | None:
        """See PassageIndex.recall. Both ways are asked for what a search asks for, and compared by their best ten: what
        a search takes is compared by the vectors themselves."""
        with storage_errors(self._path):
            async with self._alone:
                version = await self._scopes.newest([])
                if not version.has_vector_index or not version.has_sentences:
                    return None
                vectors = await self._sentences(questions)
                if not vectors:
                    return None
                asked = [SearchedQuestion([], np.array([]), vector, 0.0) for vector in vectors]
                exact = await self._nearest(asked, "", _COMPARED, with_index=False)
                found = await self._by_vector(asked, "", _POOL, version)
        best = by_question(exact, len(asked))
        shares = [np.isin(true, held).mean() for true, held in zip(best, found, strict=True)]
        return Recall(len(asked), float(np.mean(shares)))

    async def _sentences(self, number: int) -> list[Vectors]:
        """The vectors of so many sentences, from all over the table."""
        rows = int(await self._table.count_rows(f"{PENDING} = 0"))
        step = max(1, rows // number)
        places = list(range(0, rows, step))[:number]
        query = self._table.query().where(f"{PENDING} = 0").select([]).with_row_id()
        ids = (await query.to_arrow())["_rowid"].to_numpy()[places]
        held = await self._rows([ids], [SENTENCES])
        dimensions = (await self._table.schema()).field(VECTOR).type.list_size
        return first_sentences(held.rows[SENTENCES].combine_chunks(), dimensions)

    async def absent(self, question: str, product_ids: Sequence[str]) -> tuple[str, ...]:
        """See PassageIndex.absent."""
        with storage_errors(self._path):
            async with self._alone:
                cell = PassageQuery(question, tuple(product_ids))
                plan = (await self._scopes.newest([cell])).plan(cell)
                if not plan.rows:
                    return ()
                words = content_words(question[:_QUESTION], plan.languages)
                where = among("product_id", plan.titles) if product_ids else ""
                held = await asyncio.gather(*(self._rarity.held(forms, where, 1) for forms in words.values()))
        return tuple(word for word, found in zip(words, held, strict=True) if not found)

    async def _by_keywords(
        self, questions: Iterable[SearchedQuestion], where: str, limit: int
    ) -> list[tuple[RowIds, Scores]]:
        return await asyncio.gather(*(self._by_keyword(question, where, limit) for question in questions))

    async def _by_keyword(self, question: SearchedQuestion, where: str, limit: int) -> tuple[RowIds, Scores]:
        """The best rows by BM25, best first, with their scores."""
        if not question.words:
            return np.array([], np.uint64), np.array([])
        query = self._table.query().nearest_to_text(matching(question.terms))
        query = query.where(where) if where else query
        hits = await query.select(["_score"]).with_row_id().limit(limit).to_arrow()
        return hits["_rowid"].to_numpy(), hits["_score"].to_numpy().astype(np.float64)

    async def _by_vector(
        self, questions: Sequence[SearchedQuestion], where: str, limit: int, version: TableVersion
    ) -> list[RowIds]:
        """For each question the rows that come nearest, in one pass over the vectors."""
        if not questions:
            return []
        try:
            hits = await self._nearest(questions, where, limit, with_index=version.has_vector_index)
        except ENGINE_ERRORS:
            if not version.has_vector_index:
                raise
            _log.warning(
                "vector_index_unusable", exc_info=True
            )  # each vector is compared, until it is made anew
            version.has_vector_index = False
            hits = await self._nearest(questions, where, limit, with_index=False)
        return by_question(hits, len(questions))

    async def _nearest(
        self, questions: Sequence[SearchedQuestion], where: str, limit: int, *, with_index: bool
    ) -> pa.Table:
        vectors = [question.vector for question in questions if question.vector is not None]
        query = (
            self._table.query().nearest_to(vectors if len(vectors) > 1 else vectors[0]).distance_type("dot")
        )
        query = query.nprobes(_ALL_PARTITIONS) if with_index else query.bypass_vector_index()
        query = query.where(where) if where else query
        return await query.select(["_distance"]).with_row_id().limit(limit).to_arrow()


_NOTHING = Pool(np.array([], np.uint64), np.array([]), np.array([]))


def _cosines(rows: pa.Table, questions: Sequence[SearchedQuestion]) -> dict[int, Scores]:
    """How near each row is to each question's vector, by the vector's identity."""
    distinct = {id(question.vector): question.vector for question in questions if question.vector is not None}
    vectors = row_vectors(rows)
    return {key: cosines(vectors, vector).astype(np.float64) for key, vector in distinct.items()}


def _hits(
    asked: Sequence[Asked],
    questions: Sequence[SearchedQuestion],
    first: Sequence[FirstRanking],
    best: Sequence[NDArray[np.int64]],
    rows: Rows,
) -> list[list[Hit]]:
    found = []
    for one, question, ranking, places in zip(asked, questions, first, best, strict=True):
        read = rows.of(ranking.pool.row_ids[places])
        sentences: list[SentenceCosines | None] = [None] * read.num_rows
        if question.vector is not None and SENTENCES in read.column_names:
            sentences = sentence_cosines(read[SENTENCES].combine_chunks(), question.vector)
        contenders = ranking.contenders(places, read.select(_READ), sentences)
        found.append(ranked(contenders, question, one.cell.limit, one.ranking))
    return found


def _batches(
    near: Sequence[int], plans: Sequence[CellPlan], scopes: Mapping[str, SearchScope], most: int
) -> list[list[int]]:
    """Cells to read together, those of the same titles side by side, each batch with at most `most` rows."""
    batches: list[list[int]] = []
    held: set[str] = set()
    rows = most + 1
    for number in sorted(near, key=lambda number: plans[number].titles):
        more = sum(scopes[name].rows for name in set(plans[number].titles) - held)
        if rows + more > most:
            batches.append([])
            held, rows, more = set(), 0, plans[number].rows
        batches[-1].append(number)
        held |= set(plans[number].titles)
        rows += more
    return batches
