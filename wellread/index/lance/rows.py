"""Rows of the table by their ids: what a query gives, and how it is put beside what another gave."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellread.index.fusion import Scores
from wellread.index.lance.table import VECTOR
from wellread.index.passages import Vectors
from wellread.index.pool import RowIds


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one version of the table, by their ids."""

    ids: RowIds
    rows: pa.Table

    def of(self, ids: RowIds) -> pa.Table:
        return self.rows.take(places_of(ids, self.ids))


def places_of(wanted: RowIds, held: RowIds) -> NDArray[np.int64]:
    """Where each of the wanted ids is among those held, −1 where it is not."""
    if not held.size:
        return np.full(wanted.size, -1)
    order = np.argsort(held, kind="stable")
    at = np.minimum(np.searchsorted(held, wanted, sorter=order), held.size - 1)
    places = order[at]
    return np.where(held[places] == wanted, places, -1)


def aligned(values: Scores, held: RowIds, wanted: RowIds, *, missing: float) -> Scores:
    """The values of the rows `held` in the order of those `wanted`."""
    return np.append(values, missing)[places_of(wanted, held)]


def by_question(hits: pa.Table, questions: int) -> list[RowIds]:
    """The rows that each question of one query found."""
    number = hits["query_index"].to_numpy() if questions > 1 else np.zeros(hits.num_rows, np.int32)
    ids: RowIds = hits["_rowid"].to_numpy()
    return [ids[number == place] for place in range(questions)]


def row_vectors(rows: pa.Table) -> Vectors:
    """The vectors of the rows, NaN where there is none."""
    column = rows[VECTOR].combine_chunks()
    size = column.type.list_size
    start = column.offset * size
    values = column.values.to_numpy(zero_copy_only=False)[start : start + len(column) * size]
    vectors: Vectors = values.reshape(len(column), size)
    if column.null_count:
        vectors = vectors.copy()
        vectors[column.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return vectors
