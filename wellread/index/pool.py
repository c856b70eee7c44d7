"""The candidates of a search: rows with what is known of each before they are ranked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wellread.index.fusion import Scores
from wellread.index.passages import Vectors
from wellread.index.sentence_vectors import SentenceCosines


@dataclass(frozen=True, slots=True)
class SearchedQuestion:
    """A question as the titles of a cell are asked it. `words` has the forms of each word that it searches for, and
    `weights` how rare each is in the library; no `vector` when there is no embedder."""

    words: list[tuple[str, ...]]
    weights: Scores
    vector: Vectors | None
    fragmentation: float

    @property
    def terms(self) -> str:
        return " ".join(dict.fromkeys(form for forms in self.words for form in forms))

    def held(self, terms: frozenset[str]) -> NDArray[np.bool_]:
        """Which of the words are among the terms of a text."""
        return np.array([not terms.isdisjoint(forms) for forms in self.words], np.bool_)

    def weighed(self, held: NDArray[np.bool_]) -> float:
        """The share of the words, by rarity, 0 to 1."""
        return float(self.weights @ held / self.weights.sum()) if len(self.words) else 0.0


@dataclass(frozen=True, slots=True)
class Pool:
    """Rows with their scores; `passage_cosine` is NaN where there is no vector, `sentences` None where they have
    none yet."""

    rows: pa.Table
    keyword: Scores
    passage_cosine: Scores
    sentences: Sequence[SentenceCosines | None]

    def take(self, indices: NDArray[np.int64]) -> "Pool":
        sentences = [self.sentences[index] for index in indices]
        return Pool(self.rows.take(indices), self.keyword[indices], self.passage_cosine[indices], sentences)

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
