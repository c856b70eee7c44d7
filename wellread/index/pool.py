"""The candidates of a search: rows with what is known of each before they are ranked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wellread.index.fusion import Scores
from wellread.index.passages import Vectors
from wellread.index.sentence_vectors import SentenceCosines


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
        return sum(self._shares[place] for place in self._held(terms))

    def _held(self, terms: frozenset[str]) -> set[int]:
        return {place for form in terms & self.places.keys() for place in self.places[form]}


@dataclass(frozen=True, slots=True)
class Pool:
    """Rows with their scores; `passage_cosine` is NaN where there is no vector, `sentences` None where they have
    none yet or were not read."""

    rows: pa.Table
    keyword: Scores
    passage_cosine: Scores
    sentences: Sequence[SentenceCosines | None]

    @classmethod
    def of(cls, rows: pa.Table, keyword: Scores, passage_cosine: Scores) -> "Pool":
        return cls(rows, keyword, passage_cosine, [None] * rows.num_rows)

    def take(self, indices: NDArray[np.int64]) -> "Pool":
        return replace(
            self,
            rows=self.rows.take(indices),
            keyword=self.keyword[indices],
            passage_cosine=self.passage_cosine[indices],
            sentences=[self.sentences[index] for index in indices],
        )

    @property
    def best_sentence(self) -> Scores:
        """The cosine of each row's best sentence, NaN where there is none."""
        return np.array([np.nan if one is None else one.best for one in self.sentences], np.float64)

    @property
    def cosine(self) -> Scores:
        """Half the passage's, half its best sentence's: a passage about the matter, and one that says it."""
        best = self.best_sentence
        return np.where(np.isnan(best), self.passage_cosine, (self.passage_cosine + best) / 2)


def candidates(keyword: Scores, cosine: Scores, size: int) -> NDArray[np.int64]:
    """The best by each of the two, each once, in their order in the table."""
    by_keyword = np.argsort(-keyword, kind="stable")[:size]
    by_vector = np.argsort(np.where(np.isnan(cosine), np.inf, -cosine), kind="stable")[:size]
    chosen = np.concatenate([by_keyword[keyword[by_keyword] > 0], by_vector[~np.isnan(cosine[by_vector])]])
    return np.unique(chosen)


def aligned(hits: pa.Table, column: str, ids: pa.Array, *, missing: float) -> Scores:
    """A column of `hits` in the order of `ids`."""
    scores = np.append(hits[column].to_numpy().astype(np.float64), missing)
    places = pc.fill_null(pc.index_in(ids, value_set=hits["passage_id"].combine_chunks()), len(scores) - 1)
    in_order: Scores = scores[places.to_numpy(zero_copy_only=False)]
    return in_order


def cosines(vectors: Vectors | None, question: SearchedQuestion, rows: int) -> Scores:
    """How near each row is to the question, NaN where one of the two has no vector."""
    if vectors is None or question.vector is None:
        return np.full(rows, np.nan)
    return (vectors @ question.vector).astype(np.float64)


def row_vectors(rows: pa.Table) -> Vectors | None:
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
