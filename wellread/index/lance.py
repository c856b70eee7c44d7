"""Passages in one LanceDB table: BM25 over analysed terms, and vectors that follow when they are ready."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from filelock import AsyncFileLock
from lancedb.db import AsyncConnection
from lancedb.index import FTS, Bitmap, BTree
from lancedb.table import AsyncTable

from wellread.content import Passage
from wellread.errors import StorageError
from wellread.index.analysis import passage_terms
from wellread.index.lance_search import READ_ROWS, Ranking, Scope, SearchTable, among, passage
from wellread.index.passages import Cell, Embedder, Hit, IndexStats, Vectors

_TABLE = (
    "passages-2"  # raised when analysis gives other terms or the columns change: rebuilt from the catalog
)
_COLUMNS = ("passage_id", "product_id", "section_id", "start", "end", "text", "heading", "language", "terms")
_SCHEMA = pa.schema(
    [
        pa.field(name, pa.int64() if name in ("start", "end") else pa.string(), nullable=False)
        for name in _COLUMNS
    ]
)
_EMBEDDER = b"embedder"  # metadata of the vector column: whose vectors they are
# Our terms are final: the engine splits them at spaces and does nothing else.
_KEYWORDS = FTS(
    base_tokenizer="whitespace",
    lower_case=False,
    stem=False,
    remove_stop_words=False,
    ascii_folding=False,
    max_token_length=None,
    with_position=False,
)
_INDEXES: dict[str, FTS | Bitmap | BTree] = {
    "terms": _KEYWORDS,
    "product_id": Bitmap(),
    "passage_id": BTree(),
}
# Rows outside the indexes are found by reading them all; this many cost a search about 5 ms.
_UNINDEXED_ROWS = 4_000
_WRITES = 32  # small files after which they are put together
_KEPT = timedelta(minutes=10)  # how long a reader in another process may use what was replaced
_IDS = 500  # ids in one condition


class LanceIndex:
    """A PassageIndex in a folder, for one machine. Several processes may search and write it at once: writers
    wait for each other, a search sees everything that was written before it began, and a process killed in a
    write leaves the table as it was before.

    Without an embedder it searches by keyword only, and keeps the vectors that are there. With one of another
    name or dimensions than the vectors were made with, it forgets them, so that they are made anew.
    """

    def __init__(self, path: Path, table: AsyncTable, embedder: Embedder | None, read_rows: int) -> None:
        self._path = path
        self._table = table
        self._embedder = embedder
        self._writes = 0
        self._search = SearchTable(table, embedder, read_rows)

    @classmethod
    async def open(
        cls, path: Path, embedder: Embedder | None = None, *, read_rows: int = READ_ROWS
    ) -> "LanceIndex":
        """The index in the folder `path`, made when it is not there. Raises StorageError.

        A scope of at most `read_rows` passages is read whole and searched exactly.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            connection = await lancedb.connect_async(path, read_consistency_interval=timedelta(0))
            if not await _is_ready(connection, embedder):
                async with _writing(path):
                    await _make_ready(connection, embedder)
            table = await connection.open_table(_TABLE)
        except (OSError, RuntimeError) as error:
            raise StorageError(
                f"The search index in {path} cannot be opened: {error}",
                hint="Delete that folder and run `wellread reindex`: it is made anew from the library.",
            ) from error
        return cls(path, table, embedder, read_rows)

    async def close(self) -> None:
        self._table.close()  # type: ignore[no-untyped-call]

    async def put(self, passages: Sequence[Passage]) -> None:
        rows = list({passage.passage_id: passage for passage in passages}.values())
        if not rows:
            return
        batch = await asyncio.to_thread(_rows, rows)
        async with _writing(self._path):
            await self._table.merge_insert("passage_id").when_not_matched_insert_all().execute(batch)
            await self._tidy()

    async def without_vectors(self, batch: int) -> AsyncIterator[Sequence[Passage]]:
        """The passages that wait, shortest first: texts of like length are embedded fastest together."""
        if not await self._has_vectors():
            return
        waiting = await self._table.query().where("vector IS NULL").select(["passage_id", "text"]).to_arrow()
        order = pc.sort_indices(pc.utf8_length(waiting["text"].combine_chunks()))
        ids = waiting["passage_id"].take(order).to_pylist()
        for start in range(0, len(ids), batch):
            rows: list[Passage] = []
            for some in _chunks(ids[start : start + batch], _IDS):
                # Asked again: another process may have removed or embedded them since.
                condition = f"{among('passage_id', some)} AND vector IS NULL"
                found = await self._table.query().where(condition).select(list(_COLUMNS)).to_arrow()
                rows += [passage(row) for row in found.to_pylist()]
            if rows:
                yield sorted(rows, key=lambda row: len(row.text))

    async def put_vectors(self, passage_ids: Sequence[str], vectors: Vectors) -> None:
        """`vectors` has a row for each of `passage_ids`; those that are not in the index are passed over."""
        if not self._embedder or vectors.shape != (len(passage_ids), self._embedder.dimensions):
            raise ValueError(f"expected a vector of the embedder for each passage, got {vectors.shape}")
        known = {passage_id: number for number, passage_id in enumerate(passage_ids)}
        if not known:
            return
        values = pa.array(np.ascontiguousarray(vectors[list(known.values())], dtype=np.float32).ravel())
        column = pa.FixedSizeListArray.from_arrays(values, self._embedder.dimensions)
        batch = pa.table({"passage_id": pa.array(known, pa.string()), "vector": column})
        async with _writing(self._path):
            await self._table.merge_insert("passage_id").when_matched_update_all().execute(batch)
            await self._tidy(ended=not await self._table.count_rows("vector IS NULL"))

    async def keep_only(self, product_id: str, passage_ids: Sequence[str]) -> None:
        product = among("product_id", [product_id])
        async with _writing(self._path):
            if not passage_ids:
                await self._table.delete(product)
            else:
                held = await self._table.query().where(product).select(["passage_id"]).to_arrow()
                for some in _chunks(sorted(set(held["passage_id"].to_pylist()) - set(passage_ids)), _IDS):
                    await self._table.delete(f"{product} AND {among('passage_id', some)}")
            await self._tidy()

    async def optimize(self) -> None:
        """Bring all rows into the indexes, join small files, drop what was replaced a while ago."""
        async with _writing(self._path):
            await self._tidy(ended=True)

    async def count(self) -> int:
        return int(await self._table.count_rows())

    async def stats(self) -> IndexStats:
        rows = await self.count()
        waiting = await self._table.count_rows("vector IS NULL") if await self._has_vectors() else rows
        return IndexStats(rows, waiting, await asyncio.to_thread(_size, self._path))

    async def products(self) -> dict[str, int]:
        """The number of rows of each product that has any."""
        return {product_id: scope.rows for product_id, scope in (await self._scopes()).items()}

    async def search(self, cells: Sequence[Cell], *, ranking: Ranking = Ranking.FUSED) -> list[list[Hit]]:
        """For each cell its hits, best first. Every title is searched for itself, so none crowds out another.

        `ranking` is for measuring: by keyword or by vector alone. Never raises for what a question says.
        """
        return await self._search.search(cells, await self._scopes(), ranking)

    async def _scopes(self) -> dict[str, Scope]:
        return await self._search.scopes()

    async def _has_vectors(self) -> bool:
        return "vector" in (await self._table.schema()).names

    async def _tidy(self, *, ended: bool = False) -> None:
        """Within a write: optimize when enough has gathered, or a piece of work has `ended`."""
        self._writes += 1
        keywords = await self._table.index_stats("terms_idx")
        if ended or self._writes >= _WRITES or (keywords and keywords.num_unindexed_rows >= _UNINDEXED_ROWS):
            await self._table.optimize(cleanup_older_than=_KEPT)
            self._writes = 0


@contextlib.asynccontextmanager
async def _writing(path: Path) -> AsyncIterator[None]:
    """One writer at a time, over all processes: the table's own commits may conflict, and two concurrent
    merges of one passage would leave it twice. The lock falls with its process."""
    async with AsyncFileLock(path / "write.lock", preserve_lock_file=True):
        yield


async def _is_ready(connection: AsyncConnection, embedder: Embedder | None) -> bool:
    """Whether nothing is missing, so that a reader need not wait for a writer."""
    if _TABLE not in (await connection.list_tables()).tables:
        return False
    table = await connection.open_table(_TABLE)
    indexed = {index.columns[0] for index in await table.list_indices()}
    return indexed >= _INDEXES.keys() and (not embedder or _is_of(embedder, await table.schema()))


async def _make_ready(connection: AsyncConnection, embedder: Embedder | None) -> None:
    """Makes what is missing: all of it at first, the rest when a process was killed here, or the vector column
    when the embedder is another."""
    if _TABLE in (await connection.list_tables()).tables:
        table = await connection.open_table(_TABLE)
    else:
        table = await connection.create_table(_TABLE, schema=_SCHEMA)
    indexed = {index.columns[0] for index in await table.list_indices()}
    for column in _INDEXES.keys() - indexed:
        await table.create_index(column, config=_INDEXES[column])
    schema = await table.schema()
    if embedder and not _is_of(embedder, schema):
        if "vector" in schema.names:
            await table.drop_columns(["vector"])
        kind = pa.list_(pa.float32(), embedder.dimensions)
        await table.add_columns([pa.field("vector", kind, metadata={_EMBEDDER: _mark(embedder)})])


def _is_of(embedder: Embedder, schema: pa.Schema) -> bool:
    """Whether the vectors in a table of this schema are the embedder's."""
    if "vector" not in schema.names:
        return False
    return bool((schema.field("vector").metadata or {}).get(_EMBEDDER) == _mark(embedder))


def _mark(embedder: Embedder) -> bytes:
    return f"{embedder.name}/{embedder.dimensions}".encode()


def _rows(passages: Sequence[Passage]) -> pa.Table:
    columns: dict[str, list[object]] = {
        name: [getattr(passage, name) for passage in passages] for name in _COLUMNS if name != "terms"
    }
    columns["terms"] = [
        " ".join(passage_terms(passage.text, passage.heading, passage.language)) for passage in passages
    ]
    return pa.table(columns, schema=_SCHEMA)


def _chunks(ids: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _size(path: Path) -> int:
    total = 0
    for file in path.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process may be tidying up
            total += file.stat().st_size
    return total
