"""From a pool of candidates to hits: fusion, the second look, relevance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellread.content import Passage
from wellread.index.fusion import QueryTraits, Scores, fuse, keyword_weight, lead
from wellread.index.matching import Matched
from wellread.index.passages import Hit
from wellread.index.pool import Contenders, Pool, SearchedQuestion, best_of, joined_cosine
from wellread.index.relevance import relevance
from wellread.index.second_look import LOOKED_AT, second_look
from wellread.index.sentence_ranges import sentence_ranges
from wellread.index.sentence_vectors import SentenceCosines
from wellread.index.telling import Ranges, telling_sentences
from wellread.text.terms import passage_terms

_COMPARED = 40  # candidates of a search whose sentences are compared with the question
PASSAGE = ("passage_id", "product_id", "section_id", "start", "end", "text", "heading", "language")


class Ranking(StrEnum):
    KEYWORD = "keyword"
    VECTOR = "vector"
    FUSED = "fused"
    SECOND_LOOK = "second look"


@dataclass(frozen=True, slots=True)
class FirstRanking:
    """The order of a pool before a second look. `weight` is the keyword score's share in the sum."""

    pool: Pool
    weight: float
    ranking: Ranking

    @classmethod
    def of(
        cls, pool: Pool, question: SearchedQuestion, leading_terms: Iterable[str], ranking: Ranking
    ) -> "FirstRanking":
        """`leading_terms`: the terms of each of `pool.leading`, with spaces between them."""
        found = (question.coverage(frozenset(terms.split(" "))) for terms in leading_terms)
        traits = QueryTraits(question.fragmentation, max(found, default=0.0), lead(pool.keyword))
        return cls(pool, keyword_weight(traits), ranking)

    def best(self, limit: int) -> NDArray[np.int64]:
        """Where in the pool the rows are that are read, best first: those whose sentences are compared."""
        score, eligible = self.scores(self.pool.passage_cosine)
        order = np.argsort(-score, kind="stable")
        return order[eligible[order]][: max(limit, _COMPARED)]

    def scores(self, cosine: Scores) -> tuple[Scores, NDArray[np.bool_]]:
        """By the ranking's own score, and which rows it has any for."""
        keyword = self.pool.keyword
        if self.ranking is Ranking.KEYWORD:
            return keyword, keyword > 0
        if self.ranking is Ranking.VECTOR:
            return cosine, ~np.isnan(cosine)
        return fuse(keyword, cosine, self.weight), (keyword > 0) | ~np.isnan(cosine)

    def contenders(
        self, best: NDArray[np.int64], rows: pa.Table, sentences: Sequence[SentenceCosines | None]
    ) -> Contenders:
        """The `best` with their rows, scored anew by their sentences."""
        cosine = self.pool.passage_cosine.copy()
        cosine[best] = joined_cosine(cosine[best], best_of(sentences))
        chosen = self.pool.take(best)
        return Contenders(
            rows, self.scores(cosine)[0][best], chosen.keyword, chosen.passage_cosine, sentences
        )


def ranked(contenders: Contenders, question: SearchedQuestion, limit: int, ranking: Ranking) -> list[Hit]:
    """The best `limit` as hits."""
    order = np.argsort(-contenders.score, kind="stable")
    chosen = contenders.take(order[: max(limit, LOOKED_AT)])
    score = chosen.score
    rows = chosen.rows.to_pylist()
    matched = [Matched.of(question, row["terms"]) for row in rows]
    sentences = [
        _sentences(row, one, known) for row, one, known in zip(rows, matched, chosen.sentences, strict=True)
    ]
    if ranking is Ranking.SECOND_LOOK:
        score = _looked_at(chosen, matched, [shares for _, shares in sentences])
    cosine = chosen.cosine
    return [
        Hit(
            passage(rows[row]),
            score=float(score[row]),
            relevance=relevance(
                None if np.isnan(cosine[row]) else float(cosine[row]),
                matched[row].share,
                len(question.words),
                question.fragmentation,
            ),
            keyword=float(chosen.keyword[row]),
            cosine=None if np.isnan(cosine[row]) else float(cosine[row]),
            telling=telling_sentences(
                sentences[row][0], sentences[row][1], chosen.sentences[row], question.fragmentation
            ),
        )
        for row in np.argsort(-score, kind="stable")[:limit].tolist()
    ]


def passage(row: Mapping[str, object]) -> Passage:
    return Passage(**{name: row[name] for name in PASSAGE})  # type: ignore[arg-type]  # its columns


def _looked_at(chosen: Contenders, matched: Sequence[Matched], shares: Sequence[Sequence[float]]) -> Scores:
    """The scores after the second look, which lifts the first LOOKED_AT above the rest."""
    first = np.arange(min(len(chosen.score), LOOKED_AT))
    looked = second_look(chosen.take(first), matched[: len(first)], shares[: len(first)])
    last = chosen.score[len(first)] if len(chosen.score) > len(first) else 0.0
    return np.concatenate([last + (1 - last) * looked, chosen.score[len(first) :]])


def _sentences(
    row: Mapping[str, Any], matched: Matched, known: SentenceCosines | None
) -> tuple[Ranges, list[float]]:
    """The ranges of a row's sentences, as they are kept with the vectors, else made now; and what each has of the
    question's words."""
    ranges = (
        _cut(row["text"]) if known is None else tuple((start, end) for start, end in known.ranges.tolist())
    )
    if known is not None and known.term_ranges.any():
        return ranges, matched.shares(known.term_ranges.tolist())
    terms = _terms(row["text"], ranges, row["language"])
    return ranges, [matched.question.weighed(one) for one in terms]


@lru_cache(maxsize=2048)
def _cut(text: str) -> Ranges:
    return tuple(sentence_ranges(text))


@lru_cache(maxsize=2048)
def _terms(text: str, ranges: Ranges, language: str) -> list[frozenset[str]]:
    return [frozenset(passage_terms(text[start:end], "", language)) for start, end in ranges]
