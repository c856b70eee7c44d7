"""The rows of the LanceDB table that wait for vectors: their own first, then those of their sentences.

Titles that somebody asked about come first, then the small ones: most titles are whole soon.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from lancedb.table import AsyncTable

from wellread.content import Passage
from wellread.index.lance.errors import storage_errors
from wellread.index.lance.table import COLUMNS, PENDING, SENTENCES, VECTOR, among, chunks
from wellread.index.ranking import passage
from wellread.preferred_titles import preferred

_IDS = 500  # ids in one condition
_WINDOW = 512  # waiting passages whose titles are taken up together, and sorted by length
_MOST = 8_192  # of them in memory, whatever a title's size
_LOOK_AGAIN = 8_192  # passages, or a part of all that wait: then what was put meanwhile is looked for
_PARTS = 16
_WAITS = {VECTOR: f"{PENDING} = 2", SENTENCES: f"{PENDING} = 1"}


class WaitingRows:
    """Raises StorageError. Columns that no embedder made yet are waited for by nobody."""

    def __init__(self, table: AsyncTable, path: Path) -> None:
        self._table = table
        self._path = path

    async def of(self, column: str, batch: int) -> AsyncGenerator[Sequence[Passage]]:
        """The passages whose `column` waits, also those that are put meanwhile, each once: title by title, those that
        were asked about first, then those of which the fewest wait. Some titles are taken together, the shortest
        passages first: texts of like length are embedded fastest together."""
        given: set[str] = set()  # and not written when that was last looked for
        while await self._any(column):
            left, given = await self._titles(column, given)
            look_again = max(_LOOK_AGAIN, left.total() // _PARTS)
            taken = 0
            while left and taken < look_again:
                titles = await asyncio.to_thread(self._chosen, left)
                ids, whole = await self._ids(column, titles)
                for title in titles if whole else ():
                    del left[title]
                fresh = [passage_id for passage_id in ids if passage_id not in given]
                if not fresh and not whole:
                    left -= Counter(dict.fromkeys(titles, _MOST))
                taken += len(fresh)
                given.update(fresh)
                for start in range(0, len(fresh), batch):
                    if rows := await self._still(column, fresh[start : start + batch]):
                        yield rows
            if not taken:
                break

    async def _titles(self, column: str, given: set[str]) -> tuple[Counter[str], set[str]]:
        """How many passages of each title wait that were not `given`, and which of those given still wait."""
        known = pa.array(sorted(given), pa.string())
        counted = Counter[str]()
        still: set[str] = set()
        with storage_errors(self._path):
            query = self._table.query().where(_WAITS[column]).select(["product_id", "passage_id"])
            async for rows in await query.to_batches():
                again = pc.is_in(rows["passage_id"], value_set=known)
                still.update(rows["passage_id"].filter(again).to_pylist())
                for count in pc.value_counts(rows["product_id"].filter(pc.invert(again))).to_pylist():
                    counted[count["values"]] += count["counts"]
        return counted, still

    def _chosen(self, left: Counter[str]) -> list[str]:
        """Titles that are taken together."""
        if asked := [title for title in preferred(self._path) if title in left]:
            return asked[:1]
        titles: list[str] = []
        rows = 0
        for title in sorted(left, key=lambda title: (left[title], title))[:_IDS]:
            if titles and rows + left[title] > _WINDOW:
                break
            titles.append(title)
            rows += left[title]
        return titles

    async def _ids(self, column: str, titles: Sequence[str]) -> tuple[list[str], bool]:
        """The ids of passages of these titles that wait, those of short passages first, and whether these are all."""
        with storage_errors(self._path):
            query = self._table.query().where(f"{among('product_id', titles)} AND {_WAITS[column]}")
            waiting = await query.select(["passage_id", "text"]).limit(_MOST).to_arrow()
        order = pc.sort_indices(pc.utf8_length(waiting["text"].combine_chunks()))
        return waiting["passage_id"].take(order).to_pylist(), len(order) < _MOST

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
