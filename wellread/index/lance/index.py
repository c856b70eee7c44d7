"""Passages in one LanceDB table: BM25 over analysed terms, and vectors that follow when they are ready."""

import asyncio
import contextlib
import importlib
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import lancedb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.table import AsyncTable

from wellread.content import Passage
from wellread.index.lance.errors import storage_errors
from wellread.index.lance.passes import Passes
from wellread.index.lance.search import READ_ROWS, Asked, SearchTable
from wellread.index.lance.table import (
    COLUMNS,
    KEYWORD_INDEX,
    PENDING,
    SENTENCES,
    TABLE,
    VECTOR,
    VECTOR_INDEX,
    among,
    chunks,
    differing,
    is_ready,
    make_ready,
    rows_of,
    writing,
)
from wellread.index.lance.waiting_rows import WaitingRows
from wellread.index.passages import (
    Embedder,
    Hit,
    IndexStats,
    PassageQuery,
    Recall,
    SentenceVectors,
    Vectors,
)
from wellread.index.ranking import Ranking
from wellread.index.sentence_vectors import packed

# Rows outside the indexes are found by reading them all; this many cost a search about 5 ms.
_UNINDEXED_ROWS = 4_000
_WRITES = 32  # after which their rows go into the indexes
_IDS = 500  # ids in one condition
# What of the indexes stays in memory, in bytes; the engine's own limit is 6 GiB. Those of a million passages take 400
# MiB, and who writes looks up ids only.
_SEARCH_CACHE = 768 << 20
_WRITER_CACHE = 48 << 20


class LanceIndex:
    """A PassageIndex in a folder, for one machine. Several processes may search and write it at once: writers
    wait for each other, a search sees everything that was written before it began, and a process killed in a
    write leaves the table as it was before.

    Without an embedder it searches by keyword only, and keeps the vectors that are there. With one of another
    name or dimensions than the vectors were made with, it forgets them, so that they are made anew.
    """

    def __init__(self, path: Path, table: AsyncTable, embedder: Embedder | None, search: SearchTable) -> None:
        self._path = path
        self._table = table
        self._embedder = embedder
        self._writes = 0
        self._waiting = WaitingRows(table, path)
        self._search = search
        self._passes = Passes(search.search)

    @classmethod
    async def open(
        cls, path: Path, embedder: Embedder | None = None, *, read_rows: int = READ_ROWS
    ) -> "LanceIndex":
        """The index in the folder `path`, made when it is not there. Raises StorageError.

        A table that cannot be opened because its files are damaged is put aside (`….damaged`, of which one is
        kept) and made anew, without rows: they come from the catalog. A scope of at most `read_rows` passages is
        read whole and searched exactly.
        """
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
            connection = await lancedb.connect_async(
                path, read_consistency_interval=timedelta(0), session=_session(_WRITER_CACHE)
            )
            if not await is_ready(connection, embedder):
                async with writing(path):
                    await make_ready(path, connection, embedder)
            table = await connection.open_table(TABLE)
            searched = await lancedb.connect_async(path, session=_session(_SEARCH_CACHE))
            reading = await searched.open_table(TABLE)
        return cls(path, table, embedder, SearchTable(reading, path, embedder, read_rows))

    async def close(self) -> None:
        await self._passes.close()
        self._search.close()
        self._table.close()  # type: ignore[no-untyped-call]

    async def put(self, passages: Sequence[Passage]) -> None:
        rows = list({passage.passage_id: passage for passage in passages}.values())
        if not rows:
            return
        batch = await asyncio.to_thread(rows_of, rows)
        async with writing(self._path):
            held: dict[str, dict[str, object]] = {}
            for some in chunks([row.passage_id for row in rows], _IDS):
                found = self._table.query().where(among("passage_id", some)).select(list(COLUMNS))
                held |= {row["passage_id"]: row for row in (await found.to_arrow()).to_pylist()}
            new, moved, rewritten = await asyncio.to_thread(differing, batch, held)
            if new.num_rows:
                await self._table.merge_insert("passage_id").when_not_matched_insert_all().execute(new)
            await self._replace(moved.drop_columns([PENDING]))
            schema = await self._table.schema()
            for name in {VECTOR, SENTENCES} & set(schema.names):  # were made of the text that is replaced
                nothing = pa.nulls(rewritten.num_rows, schema.field(name).type)
                rewritten = rewritten.append_column(name, nothing)
            await self._replace(rewritten)
            await self._tidy()

    async def _replace(self, columns: pa.Table) -> None:
        """Write those columns of the rows whose ids are among them. The rows are written whole: of a part of their
        columns the engine rewrites each file that has such a row, and all of its rows leave the index of ids."""
        for start in range(0, columns.num_rows, _IDS):
            some = columns.slice(start, _IDS)
            ids = some["passage_id"].combine_chunks()
            held = await self._table.query().where(among("passage_id", ids.to_pylist())).to_arrow()
            places = pc.index_in(held["passage_id"].combine_chunks(), value_set=ids)
            for name in some.column_names:
                at = held.schema.get_field_index(name)
                held = held.set_column(at, held.schema.field(at), some[name].take(places))
            if held.num_rows:
                merge = self._table.merge_insert("passage_id").when_matched_update_all()
                await merge.execute(held, on_bad_vectors="null")

    def without_vectors(self, batch: int) -> AsyncGenerator[Sequence[Passage]]:
        return self._in_order(self._waiting.of(VECTOR, batch))

    def without_sentence_vectors(self, batch: int) -> AsyncGenerator[Sequence[Passage]]:
        return self._in_order(self._waiting.of(SENTENCES, batch))

    async def _in_order(
        self, waiting: AsyncGenerator[Sequence[Passage]]
    ) -> AsyncGenerator[Sequence[Passage]]:
        """When none waits any more, the table is put in order."""
        async with contextlib.aclosing(waiting) as batches:
            async for rows in batches:
                yield rows
        if self._writes:
            await self.optimize()

    async def put_vectors(self, passage_ids: Sequence[str], vectors: Vectors) -> None:
        """`vectors` has a row for each of `passage_ids`; those that are not in the index are passed over."""
        if not self._embedder or vectors.shape != (len(passage_ids), self._embedder.dimensions):
            raise ValueError(f"expected a vector of the embedder for each passage, got {vectors.shape}")
        values = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
        column = pa.FixedSizeListArray.from_arrays(values, self._embedder.dimensions)
        await self._put_column(VECTOR, passage_ids, column, pending=1)

    async def put_sentence_vectors(
        self, passage_ids: Sequence[str], sentences: Sequence[SentenceVectors]
    ) -> None:
        values = [packed(one) for one in sentences]
        await self._put_column(SENTENCES, passage_ids, pa.array(values, pa.large_binary()), pending=0)

    async def _put_column(
        self, name: str, passage_ids: Sequence[str], values: pa.Array, *, pending: int
    ) -> None:
        """`values` has one for each of `passage_ids`; those that are not in the index are passed over."""
        known = {passage_id: number for number, passage_id in enumerate(passage_ids)}
        if not known:
            return
        columns = {
            "passage_id": pa.array(known, pa.string()),
            name: values.take(pa.array(known.values(), pa.int64())),
            PENDING: pa.array([pending] * len(known), pa.int32()),
        }
        async with writing(self._path):
            await self._replace(pa.table(columns))
            await self._tidy()

    async def keep_only(self, product_id: str, passage_ids: Sequence[str]) -> None:
        product = among("product_id", [product_id])
        async with writing(self._path):
            if not passage_ids:
                await self._table.delete(product)
            else:
                held = await self._table.query().where(product).select(["passage_id"]).to_arrow()
                for some in chunks(sorted(set(held["passage_id"].to_pylist()) - set(passage_ids)), _IDS):
                    await self._table.delete(f"{product} AND {among('passage_id', some)}")
            await self._tidy()

    async def optimize(self) -> None:
        """Bring all rows into the indexes; join small files and drop what was replaced a while ago, when it is due."""
        async with writing(self._path):
            await self._tidy(ended=True)
        with storage_errors(self._path):
            await asyncio.to_thread(_upkeep().put_in_order, self._path)

    async def count(self) -> int:
        with storage_errors(self._path):
            return int(await self._table.count_rows())

    async def has_waiting(self) -> bool:
        return await self._waiting.any()

    async def waiting(self, product_ids: Collection[str]) -> int:
        return await self._waiting.count(VECTOR, product_ids)

    async def stats(self) -> IndexStats:
        rows = await self.count()
        with storage_errors(self._path):
            columns = (await self._table.schema()).names
            size = await asyncio.to_thread(_size, self._path)
        without = await self._waiting.count(VECTOR) if VECTOR in columns else rows
        sentences = await self._waiting.count(SENTENCES) + without if SENTENCES in columns else rows
        with storage_errors(self._path):
            keywords = await self._table.index_stats(KEYWORD_INDEX)
            vectors = await self._table.index_stats(VECTOR_INDEX)
        return IndexStats(
            rows,
            without,
            sentences,
            size,
            parts=keywords.num_indices or 1 if keywords else 0,
            by_vector_index=vectors.num_indexed_rows if vectors else 0,
        )

    async def recall(self, questions: int) -> Recall | None:
        return await self._search.recall(questions)

    async def products(self) -> dict[str, int]:
        """The number of rows of each product that has any."""
        counted: Counter[str] = Counter()
        with storage_errors(self._path):
            async for batch in await self._table.query().select(["product_id"]).to_batches():
                for count in pc.value_counts(batch["product_id"]).to_pylist():
                    counted[count["values"]] += count["counts"]
        return dict(sorted(counted.items()))

    async def search(
        self, cells: Sequence[PassageQuery], *, ranking: Ranking = Ranking.SECOND_LOOK
    ) -> list[list[Hit]]:
        """For each cell its hits, best first. Every title is searched for itself, so none crowds out another. What is
        asked at the same time is answered together.

        `ranking` is for measuring: by keyword or by vector alone, or without the second look. Never raises
        for what a question says.
        """
        return await self._passes.ask([Asked(cell, ranking) for cell in cells])

    async def absent(self, question: str, product_ids: Sequence[str] = ()) -> tuple[str, ...]:
        return await self._search.absent(question, product_ids)

    async def _tidy(self, *, ended: bool = False) -> None:
        """Within a write: bring what is new into the indexes when enough has gathered, or a piece of work has `ended`;
        then see whether the table wants to be put in order."""
        self._writes += 1
        keywords = await self._table.index_stats(KEYWORD_INDEX)
        full = keywords is not None and keywords.num_unindexed_rows >= _UNINDEXED_ROWS
        if ended or full or self._writes >= _WRITES:
            await asyncio.to_thread(_upkeep().index_new_rows, self._path)
            self._writes = 0


def _session(size: int) -> lancedb.Session:
    return lancedb.Session(index_cache_size_bytes=size * 7 // 8, metadata_cache_size_bytes=size // 8)


def _upkeep() -> ModuleType:
    """pylance, which only writers need, takes as much memory as the rest of the engine."""
    return importlib.import_module("wellread.index.lance.upkeep")


def _size(path: Path) -> int:
    total = 0
    for file in path.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process may be tidying up
            total += file.stat().st_size
    return total
