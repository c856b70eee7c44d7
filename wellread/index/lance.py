"""Passages in one LanceDB table: BM25 over analysed terms, and vectors that follow when they are ready."""

import asyncio
import contextlib
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
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
from wellread.index.lance_errors import is_refusal, storage_errors
from wellread.index.passages import Embedder, Hit, IndexStats, PassageQuery, Vectors
from wellread.index.search import READ_ROWS, Ranking, SearchTable, among, chunks, passage
from wellread.text.terms import passage_terms

# Raised when analysis gives other terms or the columns change: it is rebuilt from the catalog.
_TABLE = "passages-3"
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
# Waiting passages that are sorted by length together: it bounds memory, whatever the library's size.
_WINDOW = 8_192
# A file beside the table's: the version in which no passage waited for a vector.
_EMBEDDED = "embedded.version"


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
        self._search = SearchTable(table, path, embedder, read_rows)

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
            connection = await lancedb.connect_async(path, read_consistency_interval=timedelta(0))
            if not await _is_ready(connection, embedder):
                async with _writing(path):
                    await _make_ready(path, connection, embedder)
            table = await connection.open_table(_TABLE)
        return cls(path, table, embedder, read_rows)

    async def close(self) -> None:
        self._table.close()  # type: ignore[no-untyped-call]

    async def put(self, passages: Sequence[Passage]) -> None:
        rows = list({passage.passage_id: passage for passage in passages}.values())
        if not rows:
            return
        batch = await asyncio.to_thread(_rows, rows)
        async with _writing(self._path):
            held: dict[str, dict[str, object]] = {}
            for some in chunks([row.passage_id for row in rows], _IDS):
                found = self._table.query().where(among("passage_id", some)).select(list(_COLUMNS))
                held |= {row["passage_id"]: row for row in (await found.to_arrow()).to_pylist()}
            new, moved, rewritten = await asyncio.to_thread(_differing, batch, held)
            if new.num_rows:
                await self._table.merge_insert("passage_id").when_not_matched_insert_all().execute(new)
            if moved.num_rows:
                await self._table.merge_insert("passage_id").when_matched_update_all().execute(moved)
            if rewritten.num_rows:
                schema = await self._table.schema()
                if "vector" in schema.names:  # was made of the text that is replaced
                    kind = schema.field("vector").type
                    rewritten = rewritten.append_column("vector", pa.nulls(rewritten.num_rows, kind))
                merge = self._table.merge_insert("passage_id").when_matched_update_all()
                await merge.execute(rewritten, on_bad_vectors="null")
            await self._tidy()

    async def without_vectors(self, batch: int) -> AsyncIterator[Sequence[Passage]]:
        """The passages that wait, also those that are put meanwhile, each once.

        Of each few thousand the shortest come first: texts of like length are embedded fastest together. When
        none waits any more, the table is put in order.
        """
        given: set[str] = set()  # in the window before; those of them that still wait were not reached
        passed = 0
        while await self.has_waiting():
            with storage_errors(self._path):
                query = self._table.query().where("vector IS NULL").select(["passage_id", "text"])
                waiting = await query.offset(passed).limit(_WINDOW).to_arrow()
            order = pc.sort_indices(pc.utf8_length(waiting["text"].combine_chunks()))
            ids = waiting["passage_id"].take(order).to_pylist()
            fresh = [passage_id for passage_id in ids if passage_id not in given]
            passed += len(ids) - len(fresh)
            given = set(fresh)
            if not ids:
                break
            for start in range(0, len(fresh), batch):
                if rows := await self._still_waiting(fresh[start : start + batch]):
                    yield rows
        if self._writes:
            await self.optimize()

    async def _still_waiting(self, passage_ids: Sequence[str]) -> list[Passage]:
        """Asked just before they are embedded: another process may have removed or embedded them since."""
        rows: list[Passage] = []
        with storage_errors(self._path):
            for some in chunks(passage_ids, _IDS):
                condition = f"{among('passage_id', some)} AND vector IS NULL"
                found = await self._table.query().where(condition).select(list(_COLUMNS)).to_arrow()
                rows += [passage(row) for row in found.to_pylist()]
        return sorted(rows, key=lambda row: len(row.text))

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
            await self._tidy()

    async def keep_only(self, product_id: str, passage_ids: Sequence[str]) -> None:
        product = among("product_id", [product_id])
        async with _writing(self._path):
            if not passage_ids:
                await self._table.delete(product)
            else:
                held = await self._table.query().where(product).select(["passage_id"]).to_arrow()
                for some in chunks(sorted(set(held["passage_id"].to_pylist()) - set(passage_ids)), _IDS):
                    await self._table.delete(f"{product} AND {among('passage_id', some)}")
            await self._tidy()

    async def optimize(self) -> None:
        """Bring all rows into the indexes, join small files, drop what was replaced a while ago."""
        async with _writing(self._path):
            await self._tidy(ended=True)

    async def count(self) -> int:
        with storage_errors(self._path):
            return int(await self._table.count_rows())

    async def has_waiting(self) -> bool:
        """Whether a passage has no vector. Told without reading the vectors when nothing was written since the
        answer was no, in whichever process."""
        mark = self._path / f"{_TABLE}.lance" / _EMBEDDED
        with storage_errors(self._path):
            if not await self._has_vectors():
                return False  # no embedder was here yet: nothing waits for one
            await self._table.checkout_latest()  # type: ignore[no-untyped-call]
            version = str(await self._table.version())
            with contextlib.suppress(FileNotFoundError):
                if mark.read_text(encoding="ascii") == version:
                    return False
            found = (
                await self._table.query().where("vector IS NULL").select(["passage_id"]).limit(1).to_arrow()
            )
            if found.num_rows:
                return True
        with contextlib.suppress(OSError):  # only a note: a reader that may not write asks again
            await asyncio.to_thread(mark.write_text, version, encoding="ascii")
        return False

    async def waiting(self, product_ids: Collection[str]) -> int:
        """How many passages of these products wait for a vector."""
        waiting = 0
        with storage_errors(self._path):
            if await self._has_vectors():
                for some in chunks(sorted(set(product_ids)), _IDS):
                    condition = f"{among('product_id', some)} AND vector IS NULL"
                    waiting += await self._table.count_rows(condition)
        return waiting

    async def stats(self) -> IndexStats:
        rows = await self.count()
        with storage_errors(self._path):
            waiting = await self._table.count_rows("vector IS NULL") if await self._has_vectors() else rows
            return IndexStats(rows, waiting, await asyncio.to_thread(_size, self._path))

    async def products(self) -> dict[str, int]:
        """The number of rows of each product that has any."""
        counted: Counter[str] = Counter()
        with storage_errors(self._path):
            async for batch in await self._table.query().select(["product_id"]).to_batches():
                for count in pc.value_counts(batch["product_id"]).to_pylist():
                    counted[count["values"]] += count["counts"]
        return dict(sorted(counted.items()))

    async def search(
        self, cells: Sequence[PassageQuery], *, ranking: Ranking = Ranking.FUSED
    ) -> list[list[Hit]]:
        """For each cell its hits, best first. Every title is searched for itself, so none crowds out another.

        `ranking` is for measuring: by keyword or by vector alone. Never raises for what a question says.
        """
        return await self._search.search(cells, ranking)

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
    merges of one passage would leave it twice. The lock falls with its process. Raises StorageError for what
    the engine raises within."""
    with storage_errors(path):
        async with AsyncFileLock(path / "write.lock", preserve_lock_file=True):
            yield


async def _is_ready(connection: AsyncConnection, embedder: Embedder | None) -> bool:
    """Whether nothing is missing, so that a reader need not wait for a writer."""
    table = await _opened(connection)
    if table is None:
        return False
    indexed = {index.columns[0] for index in await table.list_indices()}
    return indexed >= _INDEXES.keys() and (not embedder or _is_of(embedder, await table.schema()))


async def _opened(connection: AsyncConnection) -> AsyncTable | None:
    """None when there is no table, or none that can be opened. Raises what the engine raises when the system
    refuses: then the table may be sound."""
    if _TABLE not in (await connection.list_tables()).tables:
        return None
    try:
        return await connection.open_table(_TABLE)
    except (RuntimeError, ValueError) as error:
        if is_refusal(error):
            raise
        return None


async def _make_ready(path: Path, connection: AsyncConnection, embedder: Embedder | None) -> None:
    """Makes what is missing: all of it at first, the rest when a process was killed here, or the vector column
    when the embedder is another."""
    table = await _opened(connection)
    if table is None:
        _put_aside(path / f"{_TABLE}.lance")
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


def _put_aside(folder: Path) -> None:
    """Keep what may still be of use to somebody, once: a disk must not fill with broken tables."""
    if folder.exists():
        aside = folder.with_name(f"{folder.name}.damaged")
        if aside.exists():
            shutil.rmtree(aside)
        folder.rename(aside)


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


def _differing(
    batch: pa.Table, held: Mapping[str, Mapping[str, object]]
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The rows that are not `held`, those held with the same words elsewhere, and those held with other words."""
    new, moved, rewritten = [], [], []
    for number, row in enumerate(batch.to_pylist()):
        before = held.get(row["passage_id"])
        if before is None:
            new.append(number)
        elif (row["text"], row["heading"]) != (before["text"], before["heading"]):
            rewritten.append(number)
        elif row != before:
            moved.append(number)
    return batch.take(_places(new)), batch.take(_places(moved)), batch.take(_places(rewritten))


def _places(numbers: Sequence[int]) -> pa.Array:
    return pa.array(numbers, pa.int64())


def _size(path: Path) -> int:
    total = 0
    for file in path.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process may be tidying up
            total += file.stat().st_size
    return total
