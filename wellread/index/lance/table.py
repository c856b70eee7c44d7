"""The LanceDB table of passages: its columns and indexes, opened or made, and written by one at a time."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from filelock import AsyncFileLock
from lancedb.db import AsyncConnection
from lancedb.index import FTS, Bitmap, BTree
from lancedb.table import AsyncTable

from wellread.content import Passage
from wellread.index.lance.errors import is_refusal, storage_errors
from wellread.index.passages import Embedder
from wellread.text.terms import passage_terms

# Raised when analysis gives other terms or the columns change: it is rebuilt from the catalog.
TABLE = "passages-3"
COLUMNS = ("passage_id", "product_id", "section_id", "start", "end", "text", "heading", "language", "terms")
# How many kinds of vectors a row waits for: 2 its own and its sentences', 1 its sentences', 0 none. Told by an index,
# where the columns of vectors themselves would have to be read.
PENDING = "pending"
_SCHEMA = pa.schema(
    [
        *(
            pa.field(name, pa.int64() if name in ("start", "end") else pa.string(), nullable=False)
            for name in COLUMNS
        ),
        pa.field(PENDING, pa.int32(), nullable=False),
    ]
)
EMBEDDER = b"embedder"  # metadata of the columns of vectors: whose vectors they are
VECTOR = "vector"  # the passage's own, float32
SENTENCES = "sentences"  # those of its sentences, see index.sentence_vectors; NULL: they wait
KEYWORD_INDEX = "terms_idx"  # LanceDB's own name for it
VECTOR_INDEX = "vector_idx"  # made by index.lance.upkeep when there are many
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
    "language": Bitmap(),
    PENDING: Bitmap(),
}


@contextlib.asynccontextmanager
async def writing(path: Path) -> AsyncIterator[None]:
    """One writer at a time, over all processes: the table's own commits may conflict, and two concurrent
    merges of one passage would leave it twice. The lock falls with its process. Raises StorageError for what
    the engine raises within."""
    with storage_errors(path):
        async with AsyncFileLock(path / "write.lock", preserve_lock_file=True):
            yield


async def is_ready(connection: AsyncConnection, embedder: Embedder | None) -> bool:
    """Whether nothing is missing, so that a reader need not wait for a writer."""
    table = await _opened(connection)
    if table is None:
        return False
    indexed = {index.columns[0] for index in await table.list_indices()}
    return indexed >= _INDEXES.keys() and (not embedder or not _foreign(embedder, await table.schema()))


async def _opened(connection: AsyncConnection) -> AsyncTable | None:
    """None when there is no table, or none that can be opened. Raises what the engine raises when the system
    refuses: then the table may be sound."""
    if TABLE not in (await connection.list_tables()).tables:
        return None
    try:
        return await connection.open_table(TABLE)
    except (RuntimeError, ValueError) as error:
        if is_refusal(error):
            raise
        return None


async def make_ready(path: Path, connection: AsyncConnection, embedder: Embedder | None) -> None:
    """Makes what is missing: all of it at first, the rest when a process was killed here, or the columns
    of vectors when the embedder is another."""
    table = await _opened(connection)
    if table is None:
        _put_aside(path / f"{TABLE}.lance")
        table = await connection.create_table(TABLE, schema=_SCHEMA)
    schema = await table.schema()
    foreign = _foreign(embedder, schema) if embedder else []
    if foreign and PENDING in schema.names:
        await table.drop_columns([PENDING])  # first: a kill from here on leaves it missing, and not wrong
    if embedder:
        for column in foreign:
            if column in schema.names:
                await table.drop_columns([column])
            await table.add_columns([_vectors_of(embedder, column)])
    schema = await table.schema()
    if PENDING not in schema.names:
        missing = [
            f"CAST({name} IS NULL AS int)" if name in schema.names else "1" for name in (VECTOR, SENTENCES)
        ]
        await table.add_columns({PENDING: f"CAST({' + '.join(missing)} AS int)"})
    indexed = {index.columns[0] for index in await table.list_indices()}
    for column in _INDEXES.keys() - indexed:
        await table.create_index(column, config=_INDEXES[column])


def _put_aside(folder: Path) -> None:
    """Keep what may still be of use to somebody, once: a disk must not fill with broken tables."""
    if folder.exists():
        aside = folder.with_name(f"{folder.name}.damaged")
        if aside.exists():
            shutil.rmtree(aside)
        folder.rename(aside)


def _foreign(embedder: Embedder, schema: pa.Schema) -> list[str]:
    """The columns of vectors that are not there, or are another embedder's."""
    return [
        column
        for column in (VECTOR, SENTENCES)
        if column not in schema.names
        or (schema.field(column).metadata or {}).get(EMBEDDER) != _mark(embedder)
    ]


def _vectors_of(embedder: Embedder, column: str) -> pa.Field:
    kind = pa.list_(pa.float32(), embedder.dimensions) if column == VECTOR else pa.large_binary()
    return pa.field(column, kind, metadata={EMBEDDER: _mark(embedder)})


def _mark(embedder: Embedder) -> bytes:
    return f"{embedder.name}/{embedder.dimensions}".encode()


def rows_of(passages: Sequence[Passage]) -> pa.Table:
    columns: dict[str, list[object]] = {
        name: [getattr(passage, name) for passage in passages] for name in COLUMNS if name != "terms"
    }
    columns["terms"] = [
        " ".join(passage_terms(passage.text, passage.heading, passage.language)) for passage in passages
    ]
    columns[PENDING] = [2] * len(passages)
    return pa.table(columns, schema=_SCHEMA)


def differing(
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
        elif any(row[name] != before[name] for name in COLUMNS):
            moved.append(number)
    return batch.take(_places(new)), batch.take(_places(moved)), batch.take(_places(rewritten))


def _places(numbers: Sequence[int]) -> pa.Array:
    return pa.array(numbers, pa.int64())


def chunks(names: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))


def among(column: str, values: Sequence[str]) -> str:
    """An SQL condition: the column has one of the values, whatever is in them."""
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({listed})"
