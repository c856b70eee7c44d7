"""The candidates of a search: rows with what is known of each before they are ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellread.index.fusion import TOP, Scores
from wellread.index.lance_table import VECTOR
from wellread.index.passages import Vectors
from wellread.index.sentence_vectors import SentenceCosines

RowIds = NDArray[np.uint64]


@dataclass(frozen=True)
class SearchedQuestion:
    """A question as the titles of a cell are asked it. `words` has the forms of each word that it searches for, and
    `weights` how rare each is in the library; no `vector` when there is no embedder."""

    words: list[tuple[str, ...]]
    weights: Scores
    vector: Vectors | None
    fragmentation: float

    @property
    def terms(self) -> str:
        return " ".join(self.places)

    @cached_property
    def places(self) -> dict[str, tuple[int, ...]]:
        """For each form the words that have it."""
        found: dict[str, tuple[int, ...]] = {}
        for place, forms in enumerate(self.words):
            for form in forms:
                found[form] = (*found.get(form, ()), place)
        return found

    @cached_property
    def _shares(self) -> list[float]:
        return (self.weights / self.weights.sum()).tolist() if self.words else []

    def coverage(self, terms: frozenset[str]) -> float:
        """The share of the question's words that a text of these terms has, each word counted alike, 0 to 1."""
        return len(self._held(terms)) / max(1, len(self.words))

    def weighed(self, terms: frozenset[str]) -> float:
        """The same with each word weighed by its rarity."""
        return self.share_of(self._held(terms))

    def share_of(self, places: set[int]) -> float:
        """The share of those of its words among all, each weighed by its rarity."""
        return sum(self._shares[place] for place in sorted(places))

    def _held(self, terms: frozenset[str]) -> set[int]:
        return {place for form in terms & self.places.keys() for place in self.places[form]}


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of a search, each by its row id in the version of the table that is searched. `keyword` is BM25
    (0: no hit), `passage_cosine` NaN where there is no vector."""

    row_ids: RowIds
    keyword: Scores
    passage_cosine: Scores

    @property
    def leading(self) -> NDArray[np.int64]:
        """Where the TOP keyword hits are, the best first."""
        best = np.argsort(-self.keyword, kind="stable")[:TOP]
        return best[self.keyword[best] > 0]

    def take(self, places: NDArray[np.int64]) -> "Pool":
        return Pool(self.row_ids[places], self.keyword[places], self.passage_cosine[places])


@dataclass(frozen=True, slots=True)
class Contenders:
    """The best of a pool, read: `rows` as they are kept, what they were ranked by first, and `sentences`, None where
    they have no vectors yet."""

    rows: pa.Table
    score: Scores
    keyword: Scores
    passage_cosine: Scores
    sentences: Sequence[SentenceCosines | None]

    def take(self, places: NDArray[np.int64]) -> "Contenders":
        return Contenders(
            self.rows.take(places),
            self.score[places],
            self.keyword[places],
            self.passage_cosine[places],
            [self.sentences[place] for place in places],
        )

    @property
    def best_sentence(self) -> Scores:
        """The cosine of each row's best sentence, NaN where there is none."""
        return best_of(self.sentences)

    @property
    def cosine(self) -> Scores:
        return joined_cosine(self.passage_cosine, self.best_sentence)


def best_of(sentences: Sequence[SentenceCosines | None]) -> Scores:
    return np.array([np.nan if one is None else one.best for one in sentences], np.float64)


def joined_cosine(passage: Scores, best_sentence: Scores) -> Scores:
    """Half the passage's, half its best sentence's: a passage about the matter, and one that says it."""
    return np.where(np.isnan(best_sentence), passage, (passage + best_sentence) / 2)


def candidates(keyword: Scores, cosine: Scores, size: int) -> NDArray[np.int64]:
    """The best by each of the two, each once, in their order in the table."""
    by_keyword = _first(-keyword, size)
    by_vector = _first(np.where(np.isnan(cosine), np.inf, -cosine), size)
    chosen = np.concatenate([by_keyword[keyword[by_keyword] > 0], by_vector[~np.isnan(cosine[by_vector])]])
    return np.unique(chosen)


def _first(cost: Scores, size: int) -> NDArray[np.int64]:
    """Where the `size` least are, in any order."""
    return np.argpartition(cost, size)[:size] if size < cost.size else np.arange(cost.size)


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


def cosines(vectors: Vectors, question: Vectors) -> NDArray[np.float32]:
    """Of each unit vector with the question's. Not by BLAS: its threads spin where the processor is busy, and a product
    of many rows rounds otherwise than that of few, so that a cell would depend on what it is asked with."""
    found: NDArray[np.float32] = np.einsum("ij,j->i", vectors, question)
    return found


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
