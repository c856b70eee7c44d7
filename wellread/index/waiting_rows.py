"""The rows of the LanceDB table that wait for vectors: their own first, then those of their sentences."""

from collections.abc import AsyncGenerator, Collection, Sequence
from pathlib import Path

import pyarrow.compute as pc
from lancedb.table import AsyncTable

from wellread.content import Passage
from wellread.index.lance_errors import storage_errors
from wellread.index.lance_table import COLUMNS, PENDING, SENTENCES, VECTOR
from wellread.index.ranking import passage
from wellread.index.search import among, chunks

_IDS = 500  # ids in one condition
# Waiting passages that are sorted by length together: it bounds memory, whatever the library's size.
_WINDOW = 8_192
_WAITS = {VECTOR: f"{PENDING} = 2", SENTENCES: f"{PENDING} = 1"}


class WaitingRows:
    """Raises StorageError. Columns that no embedder made yet are waited for by nobody."""

    def __init__(self, table: AsyncTable, path: Path) -> None:
        self._table = table
        self._path = path

    async def of(self, column: str, batch: int) -> AsyncGenerator[Sequence[Passage]]:
        """The passages whose `column` waits, also those that are put meanwhile, each once.

        Of each few thousand the shortest come first: texts of like length are embedded fastest together.
        """
        given: set[str] = set()  # in the window before; those of them that still wait were not reached
        passed = 0
        while await self._any(column):
            with storage_errors(self._path):
                query = self._table.query().where(_WAITS[column]).select(["passage_id", "text"])
                waiting = await query.offset(passed).limit(_WINDOW).to_arrow()
            order = pc.sort_indices(pc.utf8_length(waiting["text"].combine_chunks()))
            ids = waiting["passage_id"].take(order).to_pylist()
            fresh = [passage_id for passage_id in ids if passage_id not in given]
            passed += len(ids) - len(fresh)
            given = set(fresh)
            if not ids:
                break
            for start in range(0, len(fresh), batch):
                if rows := await self._still(column, fresh[start : start + batch]):
                    yield rows

    async def _still(self, column: str, passage_ids: Sequence[str]) -> list[Passage]:
        """Asked just before they are embedded: another process may have removed or embedded them since."""
        rows: list[Passage] = []
        with storage_errors(self._path):
            for some in chunks(passage_ids, _IDS):
                condition = f"{among('passage_id', some)} AND {_WAITS[column]}"
                found = await self._table.query().where(condition).select(list(COLUMNS)).to_arrow()
                rows += [passage(row) for row in found.to_pylist()]
        return sorted(rows, key=lambda row: len(row.text))

    async def any(self) -> bool:
        """Whether a passage waits for a vector, or its sentences do."""
        return await self._any(VECTOR) or await self._any(SENTENCES)

    async def _any(self, column: str) -> bool:
        with storage_errors(self._path):
            if column not in await self._columns():
                return False
            return bool(await self._table.count_rows(_WAITS[column]))

    async def count(self, column: str, product_ids: Collection[str] | None = None) -> int:
        """How many passages wait, of these products or (None) of all."""
        with storage_errors(self._path):
            if column not in await self._columns():
                return 0
            if product_ids is None:
                return int(await self._table.count_rows(_WAITS[column]))
            waiting = 0
            for some in chunks(sorted(set(product_ids)), _IDS):
                waiting += await self._table.count_rows(f"{among('product_id', some)} AND {_WAITS[column]}")
            return waiting

    async def _columns(self) -> set[str]:
        return {VECTOR, SENTENCES} & set((await self._table.schema()).names)
