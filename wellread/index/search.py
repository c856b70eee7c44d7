"""Searching the table of index.lance: candidates from the engine, scores, fusion, relevance.

Titles are searched exactly. Their rows are read once for all questions, every cosine is computed, and BM25
comes from one query a question over them; then each cell ranks the rows of its own titles. A scope that is
too large to be read (the whole of a large library) is asked for its best by each of the two rankings instead.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.table import AsyncTable
from numpy.typing import NDArray

from wellread.index.lance_errors import storage_errors
from wellread.index.lance_table import SENTENCES
from wellread.index.passages import Embedder, Hit, PassageQuery
from wellread.index.pool import Pool, SearchedQuestion, aligned, candidates, cosines, row_vectors
from wellread.index.question_vectors import UNREAD, QuestionVectors
from wellread.index.ranking import PASSAGE, Ranking, ranked, worth_comparing
from wellread.index.rarity import Rarity, matching
from wellread.index.sentence_vectors import sentence_cosines
from wellread.text.terms import content_words, question_terms

READ_ROWS = 12_000  # a scope of at most so many rows is read whole: 12 titles, 20 ms
_POOL = 100  # candidates from each of the two rankings
_SCANNED = 8  # rows that are read in the time in which one is looked for
_ENGINE_ROWS = 1_000  # scores asked of the engine for a scope that is not read
_NAMES = 500  # products in one condition
_QUESTION = 4_000  # characters: more than the embedder reads; of a pasted page the beginning is the question
_READ = (*PASSAGE, "terms")


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What is known about rows before they are read."""

    rows: int
    languages: frozenset[str]


@dataclass(slots=True)
class _Scopes:
    """What is known of a version of the table: of the products asked for so far (no rows: not in it), and of
    everything."""

    version: int = -1
    products: dict[str, SearchScope] = field(default_factory=dict)
    complete: bool = False  # every product of the table is among `products`
    whole: SearchScope | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a cell searches: titles (none: everything), the languages of their rows, and their number."""

    titles: tuple[str, ...]
    languages: frozenset[str]
    rows: int


class SearchTable:
    """The reading half of LanceIndex."""

    def __init__(self, table: AsyncTable, path: Path, embedder: Embedder | None, read_rows: int) -> None:
        self._read_rows = read_rows
        self._table = table
        self._path = path
        self._known = _Scopes()
        self._rarity = Rarity(table)
        self._questions = QuestionVectors(embedder)

    async def _scopes(self, cells: Sequence[PassageQuery]) -> _Scopes:
        """What the cells need to know of the newest version of the table."""
        await self._table.checkout_latest()  # type: ignore[no-untyped-call]
        version = await self._table.version()
        known = self._known if self._known.version == version else _Scopes(version)
        names = {name for cell in cells for name in cell.product_ids} - known.products.keys()
        everything = any(not cell.product_ids for cell in cells) and known.whole is None
        rows = await self._table.count_rows() if everything else 0
        if everything and rows <= self._read_rows:
            known.products = await self._counted("")
            known.complete = True
            known.whole = _joined(known.products.values())
        elif everything:
            known.whole = SearchScope(rows, await self._languages())
        if names and not known.complete:
            for some in chunks(sorted(names), _NAMES):
                absent = dict.fromkeys(some, SearchScope(0, frozenset()))
                known.products |= absent | await self._counted(among("product_id", some))
        self._known = known
        return known

    async def _counted(self, where: str) -> dict[str, SearchScope]:
        query = self._table.query().select(["product_id", "language"])
        rows = await (query.where(where) if where else query).to_arrow()
        scopes: dict[str, SearchScope] = {}
        for row in rows.group_by(["product_id", "language"]).aggregate([([], "count_all")]).to_pylist():
            of_language = SearchScope(row["count_all"], frozenset([row["language"]]))
            product = row["product_id"]
            scopes[product] = _joined([scopes[product], of_language]) if product in scopes else of_language
        return scopes

    async def _languages(self) -> frozenset[str]:
        found: set[str] = set()
        async for batch in await self._table.query().select(["language"]).to_batches():
            found.update(pc.unique(batch["language"]).to_pylist())
        return frozenset(found)

    async def search(self, cells: Sequence[PassageQuery], ranking: Ranking) -> list[list[Hit]]:
        with storage_errors(self._path):
            scopes = await self._scopes(cells)
        plans = [self._plan(cell, scopes) for cell in cells]
        texts = [cell.question[:_QUESTION] for cell in cells]
        with_vectors = ranking is not Ranking.KEYWORD
        questions = await self._questions.of(texts) if with_vectors else dict.fromkeys(texts, UNREAD)
        # A question has other terms in a German title than in an English one.
        asked_of = [(cell.question, plan.languages) for cell, plan in zip(cells, plans, strict=True)]
        terms = {key: question_terms(key[0][:_QUESTION], key[1]) for key in set(asked_of)}
        with storage_errors(self._path):
            weights = dict(zip(terms, await self._rarity.weights(terms.values()), strict=True))
        asked = [
            SearchedQuestion(terms[key], weights[key], *questions[key[0][:_QUESTION]]) for key in asked_of
        ]
        found: list[list[Hit]] = [[] for _ in cells]
        near = [number for number, plan in enumerate(plans) if plan.titles and plan.rows <= self._read_rows]
        far = [number for number, plan in enumerate(plans) if plan.rows and number not in near]

        async def rank(numbers: Sequence[int], pools: Sequence[Pool]) -> None:
            own = [asked[number] for number in numbers]
            best = [
                worth_comparing(pool, question, cells[number].limit, ranking)
                for number, pool, question in zip(numbers, pools, own, strict=True)
            ]
            titles = sorted({name for number in numbers for name in plans[number].titles})
            rows = sum(scopes.products[name].rows for name in titles)
            compared = await self._with_sentences(pools, best, own, titles, rows)
            for number, pool, question in zip(numbers, compared, own, strict=True):
                found[number] = ranked(pool, question, cells[number].limit, ranking)

        async def read(numbers: Sequence[int]) -> None:
            limit = max(cells[number].limit for number in numbers)
            titles = [plans[number].titles for number in numbers]
            await rank(numbers, await self._read(titles, [asked[number] for number in numbers], limit))

        async def ask(number: int) -> None:
            await rank([number], [await self._ask(plans[number].titles, asked[number], cells[number].limit)])

        batches = _batches(near, plans, scopes.products, self._read_rows)
        with storage_errors(self._path):
            await asyncio.gather(*(read(batch) for batch in batches), *(ask(number) for number in far))
        return found

    def _plan(self, cell: PassageQuery, scopes: _Scopes) -> _Plan:
        held = scopes.products
        titles = tuple(dict.fromkeys(name for name in cell.product_ids if name in held and held[name].rows))
        if (cell.product_ids and not titles) or not cell.question.strip() or cell.limit < 1:
            return _Plan((), frozenset(), 0)
        meant = _joined(held[name] for name in titles) if titles else scopes.whole
        assert meant  # was looked up for a cell without titles
        if not titles and scopes.complete:
            titles = tuple(name for name, scope in held.items() if scope.rows)
        return _Plan(titles, meant.languages, meant.rows)

    async def _read(
        self, products: Sequence[tuple[str, ...]], questions: Sequence[SearchedQuestion], limit: int
    ) -> list[Pool]:
        """The pools of cells whose titles are read whole; `products` are those of each cell."""
        names = sorted({name for cell in products for name in cell})
        where = among("product_id", names)
        columns = [*_READ, "vector"] if questions[0].vector is not None else list(_READ)
        by_terms = {question.terms: question for question in questions}
        rows, *keyword_hits = await asyncio.gather(
            self._table.query().where(where).select(columns).to_arrow(),
            *(self._by_keyword(question, where, 2 * self._read_rows) for question in by_terms.values()),
        )
        ids = rows["passage_id"].combine_chunks()
        keyword = {
            terms: aligned(hits, "_score", ids, missing=0.0)
            for terms, hits in zip(by_terms, keyword_hits, strict=True)
        }
        vectors = row_vectors(rows)
        rows = rows.select(_READ)
        product = rows["product_id"].combine_chunks()
        pools = []
        for cell, question in zip(products, questions, strict=True):
            mask = pc.is_in(product, value_set=pa.array(cell, pa.string()))
            own = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
            cosine = cosines(None if vectors is None else vectors[own], question, own.size)
            scored = keyword[question.terms][own]
            best = candidates(scored, cosine, max(_POOL, limit))
            pools.append(Pool.of(rows.take(own[best]), scored[best], cosine[best]))
        return pools

    async def _ask(self, products: Sequence[str], question: SearchedQuestion, limit: int) -> Pool:
        """The pool of a cell whose scope is too large to be read."""
        where = among("product_id", products) if products else ""
        size = max(_POOL, limit)
        hits, near = await asyncio.gather(
            self._by_keyword(question, where, max(_ENGINE_ROWS, limit)),
            self._by_vector(question, where, size),
        )
        best = [hits["passage_id"].slice(0, size), near["passage_id"]]
        ids = pc.unique(pa.chunked_array([chunk for part in best for chunk in part.chunks], pa.string()))
        columns = [*_READ, "vector"] if question.vector is not None else list(_READ)
        rows = await self._rows(ids.to_pylist(), columns)
        held = rows["passage_id"].combine_chunks()
        cosine = cosines(row_vectors(rows), question, rows.num_rows)
        return Pool.of(rows.select(_READ), aligned(hits, "_score", held, missing=0.0), cosine)

    async def _with_sentences(
        self,
        pools: Sequence[Pool],
        best: Sequence[NDArray[np.int64]],
        questions: Sequence[SearchedQuestion],
        titles: Sequence[str],
        rows: int,
    ) -> list[Pool]:
        """The pools with the sentences of their `best` rows, as far as those have vectors; `titles` are those of the
        cells and have `rows` passages."""
        wanted = [pool.rows["passage_id"].take(chosen) for pool, chosen in zip(pools, best, strict=True)]
        ids = pc.unique(pa.chunked_array([chunk for some in wanted for chunk in some.chunks], pa.string()))
        columns = (await self._table.schema()).names
        if not len(ids) or SENTENCES not in columns or all(question.vector is None for question in questions):
            return list(pools)
        # Where many are wanted, reading all that the titles have is faster than looking for each.
        read_all = titles and rows <= _SCANNED * len(ids)
        where = among("product_id", titles) if read_all else among("passage_id", ids.to_pylist())
        held = await self._table.query().where(where).select(["passage_id", SENTENCES]).to_arrow()
        known, values = held["passage_id"].combine_chunks(), held[SENTENCES].combine_chunks()
        compared = []
        for pool, chosen, some, question in zip(pools, best, wanted, questions, strict=True):
            if question.vector is None:
                compared.append(pool)
                continue
            places = pc.index_in(some.combine_chunks(), value_set=known)
            sentences = list(pool.sentences)
            for row, one in zip(chosen, sentence_cosines(values.take(places), question.vector), strict=True):
                sentences[row] = one
            compared.append(replace(pool, sentences=sentences))
        return compared

    async def absent(self, question: str, product_ids: Sequence[str]) -> tuple[str, ...]:
        """See PassageIndex.absent."""
        with storage_errors(self._path):
            scopes = await self._scopes([PassageQuery(question, tuple(product_ids))])
            plan = self._plan(PassageQuery(question, tuple(product_ids)), scopes)
            if not plan.rows:
                return ()
            words = content_words(question[:_QUESTION], plan.languages)
            where = among("product_id", plan.titles) if product_ids else ""
            held = await asyncio.gather(*(self._rarity.held(forms, where, 1) for forms in words.values()))
        return tuple(word for word, found in zip(words, held, strict=True) if not found)

    async def _rows(self, ids: Sequence[str], columns: list[str]) -> pa.Table:
        if not ids:
            return (await self._table.schema()).empty_table().select(columns)
        return await self._table.query().where(among("passage_id", ids)).select(columns).to_arrow()

    async def _by_keyword(self, question: SearchedQuestion, where: str, limit: int) -> pa.Table:
        if not question.words:
            return pa.table({"passage_id": pa.array([], pa.string()), "_score": pa.array([], pa.float32())})
        query = self._table.query().nearest_to_text(matching(question.terms))
        query = query.where(where) if where else query
        return await query.select(["passage_id", "_score"]).limit(limit).to_arrow()

    async def _by_vector(self, question: SearchedQuestion, where: str, limit: int) -> pa.Table:
        if question.vector is None:
            return pa.table({"passage_id": pa.array([], pa.string())})
        query = self._table.query().nearest_to(question.vector).distance_type("dot")
        query = query.where(where) if where else query
        return await query.select(["passage_id", "_distance"]).limit(limit).to_arrow()


def _joined(scopes: Iterable[SearchScope]) -> SearchScope:
    parts = list(scopes)
    return SearchScope(
        sum(part.rows for part in parts), frozenset().union(*(part.languages for part in parts))
    )


def chunks(names: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))


def among(column: str, values: Sequence[str]) -> str:
    """An SQL condition: the column has one of the values, whatever is in them."""
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({listed})"


def _batches(
    near: Sequence[int], plans: Sequence[_Plan], scopes: Mapping[str, SearchScope], most: int
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
