"""Searching the table of index.lance: candidates from the engine, scores, fusion, relevance.

Titles are searched exactly. Their rows are read once for all questions, every cosine is computed, and BM25
comes from one query a question over them; then each cell ranks the rows of its own titles. A scope that is
too large to be read (the whole of a large library) is asked for its best by each of the two rankings instead.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.query import MatchQuery
from lancedb.table import AsyncTable
from numpy.typing import NDArray

from wellread.content import Passage
from wellread.index.fusion import TOP, QueryTraits, Scores, fuse, keyword_weight, lead
from wellread.index.lance_errors import storage_errors
from wellread.index.passages import Embedder, Hit, PassageQuery, Vectors
from wellread.index.relevance import relevance
from wellread.text.terms import question_terms

READ_ROWS = 12_000  # a scope of at most so many rows is read whole: 12 titles, 20 ms
_POOL = 100  # candidates from each of the two rankings
_ENGINE_ROWS = 1_000  # scores asked of the engine for a scope that is not read
_NAMES = 500  # products in one condition
_QUESTION = 4_000  # characters: more than the embedder reads; of a pasted page the beginning is the question
_PASSAGE = ("passage_id", "product_id", "section_id", "start", "end", "text", "heading", "language")
_READ = (*_PASSAGE, "terms")


class Ranking(StrEnum):
    FUSED = "fused"
    KEYWORD = "keyword"
    VECTOR = "vector"


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


@dataclass(frozen=True, slots=True)
class _Question:
    words: list[tuple[str, ...]]
    vector: Vectors | None
    fragmentation: float


@dataclass(frozen=True, slots=True)
class _Pool:
    """Rows with their scores; `cosine` is NaN where there is no vector."""

    rows: pa.Table
    keyword: Scores
    cosine: Scores

    def take(self, indices: NDArray[np.int64]) -> "_Pool":
        return _Pool(self.rows.take(indices), self.keyword[indices], self.cosine[indices])


class SearchTable:
    """The reading half of LanceIndex."""

    def __init__(self, table: AsyncTable, path: Path, embedder: Embedder | None, read_rows: int) -> None:
        self._read_rows = read_rows
        self._table = table
        self._path = path
        self._embedder = embedder
        self._known = _Scopes()

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
        questions = await self._questions([cell.question for cell in cells], ranking)
        # A question has other terms in a German title than in an English one.
        asked_of = [(cell.question, plan.languages) for cell, plan in zip(cells, plans, strict=True)]
        terms = {key: question_terms(key[0][:_QUESTION], key[1]) for key in set(asked_of)}
        asked = [_Question(terms[key], *questions[key[0]]) for key in asked_of]
        found: list[list[Hit]] = [[] for _ in cells]
        near = [number for number, plan in enumerate(plans) if plan.titles and plan.rows <= self._read_rows]
        far = [number for number, plan in enumerate(plans) if plan.rows and number not in near]

        async def read(numbers: Sequence[int]) -> None:
            limit = max(cells[number].limit for number in numbers)
            titles = [plans[number].titles for number in numbers]
            pools = await self._read(titles, [asked[number] for number in numbers], limit)
            for number, pool in zip(numbers, pools, strict=True):
                found[number] = _ranked(pool, asked[number], cells[number].limit, ranking)

        async def ask(number: int) -> None:
            pool = await self._ask(plans[number].titles, asked[number], cells[number].limit)
            found[number] = _ranked(pool, asked[number], cells[number].limit, ranking)

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

    async def _questions(
        self, texts: Sequence[str], ranking: Ranking
    ) -> dict[str, tuple[Vectors | None, float]]:
        """Vector and fragmentation of each distinct question."""
        distinct = list(dict.fromkeys(texts))
        embedder = self._embedder
        if not embedder or not distinct or ranking is Ranking.KEYWORD:
            return dict.fromkeys(distinct, (None, 0.0))
        short = [text[:_QUESTION] for text in distinct]
        vectors = await asyncio.to_thread(embedder.embed_questions, short)
        return {
            text: (vector, embedder.fragmentation(cut))
            for text, cut, vector in zip(distinct, short, vectors, strict=True)
        }

    async def _read(
        self, products: Sequence[tuple[str, ...]], questions: Sequence[_Question], limit: int
    ) -> list[_Pool]:
        """The pools of cells whose titles are read whole; `products` are those of each cell."""
        names = sorted({name for cell in products for name in cell})
        where = among("product_id", names)
        columns = [*_READ, "vector"] if questions[0].vector is not None else list(_READ)
        by_terms = {_terms(question): question for question in questions}
        rows, *keyword_hits = await asyncio.gather(
            self._table.query().where(where).select(columns).to_arrow(),
            *(self._by_keyword(question, where, 2 * self._read_rows) for question in by_terms.values()),
        )
        ids = rows["passage_id"].combine_chunks()
        keyword = {
            terms: _aligned(hits, "_score", ids, missing=0.0)
            for terms, hits in zip(by_terms, keyword_hits, strict=True)
        }
        vectors = _vectors(rows)
        rows = rows.select(_READ)
        product = rows["product_id"].combine_chunks()
        pools = []
        for cell, question in zip(products, questions, strict=True):
            mask = pc.is_in(product, value_set=pa.array(cell, pa.string()))
            own = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
            cosine = _cosine(None if vectors is None else vectors[own], question, own.size)
            scored = keyword[_terms(question)][own]
            chosen = _candidates(scored, cosine, max(_POOL, limit))
            pools.append(_Pool(rows.take(own[chosen]), scored[chosen], cosine[chosen]))
        return pools

    async def _ask(self, products: Sequence[str], question: _Question, limit: int) -> _Pool:
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
        cosine = _cosine(_vectors(rows), question, rows.num_rows)
        return _Pool(rows.select(_READ), _aligned(hits, "_score", held, missing=0.0), cosine)

    async def _rows(self, ids: Sequence[str], columns: list[str]) -> pa.Table:
        if not ids:
            return (await self._table.schema()).empty_table().select(columns)
        return await self._table.query().where(among("passage_id", ids)).select(columns).to_arrow()

    async def _by_keyword(self, question: _Question, where: str, limit: int) -> pa.Table:
        if not question.words:
            return pa.table({"passage_id": pa.array([], pa.string()), "_score": pa.array([], pa.float32())})
        query = self._table.query().nearest_to_text(_match(_terms(question)))
        query = query.where(where) if where else query
        return await query.select(["passage_id", "_score"]).limit(limit).to_arrow()

    async def _by_vector(self, question: _Question, where: str, limit: int) -> pa.Table:
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


def passage(row: Mapping[str, object]) -> Passage:
    return Passage(**{name: row[name] for name in _PASSAGE})  # type: ignore[arg-type]  # its columns


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


def _ranked(pool: _Pool, question: _Question, limit: int, ranking: Ranking) -> list[Hit]:
    """The best `limit` of a pool as hits."""
    if ranking is Ranking.KEYWORD:
        score = pool.keyword
        eligible = score > 0
    elif ranking is Ranking.VECTOR:
        score = pool.cosine
        eligible = ~np.isnan(score)
    else:
        score = fuse(pool.keyword, pool.cosine, _weight(pool, question))
        eligible = (pool.keyword > 0) | ~np.isnan(pool.cosine)
    order = np.argsort(-score, kind="stable")
    best = order[eligible[order]][:limit]
    chosen = pool.take(best)
    coverage = _coverage(chosen.rows, question)
    return [
        Hit(
            passage(row),
            score=float(ranked_by),
            relevance=relevance(
                None if np.isnan(cosine) else float(cosine),
                float(covered),
                len(question.words),
                question.fragmentation,
            ),
            keyword=float(keyword),
            cosine=None if np.isnan(cosine) else float(cosine),
        )
        for row, ranked_by, keyword, cosine, covered in zip(
            chosen.rows.to_pylist(), score[best], chosen.keyword, chosen.cosine, coverage, strict=True
        )
    ]


def _weight(pool: _Pool, question: _Question) -> float:
    top = np.argsort(-pool.keyword, kind="stable")[:TOP]
    coverage = _coverage(pool.rows.take(top[pool.keyword[top] > 0]), question)
    traits = QueryTraits(question.fragmentation, coverage.max(initial=0.0), lead(pool.keyword))
    return keyword_weight(traits)


def _coverage(rows: pa.Table, question: _Question) -> Scores:
    """For each row the share of the question's words that it has."""
    held = [set(terms.split(" ")) for terms in rows["terms"].to_pylist()]
    words = question.words
    return np.array(
        [sum(not terms.isdisjoint(forms) for forms in words) / max(1, len(words)) for terms in held],
        np.float64,
    )


def _candidates(keyword: Scores, cosine: Scores, size: int) -> NDArray[np.int64]:
    """The best by each of the two, each once, in their order in the table."""
    by_keyword = np.argsort(-keyword, kind="stable")[:size]
    by_vector = np.argsort(np.where(np.isnan(cosine), np.inf, -cosine), kind="stable")[:size]
    chosen = np.concatenate([by_keyword[keyword[by_keyword] > 0], by_vector[~np.isnan(cosine[by_vector])]])
    return np.unique(chosen)


def _aligned(hits: pa.Table, column: str, ids: pa.Array, *, missing: float) -> Scores:
    """A column of `hits` in the order of `ids`."""
    scores = np.append(hits[column].to_numpy().astype(np.float64), missing)
    places = pc.fill_null(pc.index_in(ids, value_set=hits["passage_id"].combine_chunks()), len(scores) - 1)
    aligned: Scores = scores[places.to_numpy(zero_copy_only=False)]
    return aligned


def _cosine(vectors: Vectors | None, question: _Question, rows: int) -> Scores:
    """How near each row is to the question, NaN where one of the two has no vector."""
    if vectors is None or question.vector is None:
        return np.full(rows, np.nan)
    return (vectors @ question.vector).astype(np.float64)


def _vectors(rows: pa.Table) -> Vectors | None:
    """The vectors of the rows, NaN where there is none."""
    if "vector" not in rows.column_names or not rows.num_rows:
        return None
    column = rows["vector"].combine_chunks()
    size = column.type.list_size
    start = column.offset * size
    values = column.values.to_numpy(zero_copy_only=False)[start : start + len(column) * size]
    vectors: Vectors = values.reshape(len(column), size)
    if column.null_count:
        vectors = vectors.copy()
        vectors[column.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return vectors


def _match(terms: str) -> MatchQuery:
    return MatchQuery(terms, "terms")  # type: ignore[call-arg]  # pydantic's defaults


def _terms(question: _Question) -> str:
    return " ".join(dict.fromkeys(form for forms in question.words for form in forms))
