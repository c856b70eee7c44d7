"""From a pool of candidates to hits: fusion, the second look, relevance."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wellread.content import Passage
from wellread.index.fusion import TOP, QueryTraits, Scores, fuse, keyword_weight, lead
from wellread.index.passages import Hit
from wellread.index.pool import Pool, SearchedQuestion
from wellread.index.relevance import relevance
from wellread.index.second_look import LOOKED_AT, Ranges, second_look
from wellread.index.sentence_ranges import sentence_ranges
from wellread.index.telling import telling_sentences

PASSAGE = ("passage_id", "product_id", "section_id", "start", "end", "text", "heading", "language")


class Ranking(StrEnum):
    KEYWORD = "keyword"
    VECTOR = "vector"
    FUSED = "fused"
    SECOND_LOOK = "second look"


def ranked(pool: Pool, question: SearchedQuestion, limit: int, ranking: Ranking) -> list[Hit]:
    """The best `limit` of a pool as hits."""
    score, eligible = _first(pool, question, ranking)
    order = np.argsort(-score, kind="stable")
    best = order[eligible[order]][: max(limit, LOOKED_AT)]
    chosen, score = pool.take(best), score[best]
    ranges = _ranges(chosen)
    if ranking is Ranking.SECOND_LOOK and len(best):
        score = _looked_at(chosen, score, question, ranges)
    rows = chosen.rows.to_pylist()
    cosine = chosen.cosine
    return [
        _hit(
            rows[row],
            chosen,
            row,
            question,
            score=float(score[row]),
            cosine=None if np.isnan(cosine[row]) else float(cosine[row]),
            ranges=ranges[row],
        )
        for row in np.argsort(-score, kind="stable")[:limit].tolist()
    ]


def passage(row: Mapping[str, object]) -> Passage:
    return Passage(**{name: row[name] for name in PASSAGE})  # type: ignore[arg-type]  # its columns


def _first(pool: Pool, question: SearchedQuestion, ranking: Ranking) -> tuple[Scores, NDArray[np.bool_]]:
    if ranking is Ranking.KEYWORD:
        return pool.keyword, pool.keyword > 0
    cosine = pool.cosine
    if ranking is Ranking.VECTOR:
        return cosine, ~np.isnan(cosine)
    fused = fuse(pool.keyword, cosine, _weight(pool, question))
    return fused, (pool.keyword > 0) | ~np.isnan(cosine)


def _looked_at(chosen: Pool, score: Scores, question: SearchedQuestion, ranges: list[Ranges]) -> Scores:
    """The scores after the second look, which lifts the first LOOKED_AT above the rest."""
    first = np.arange(min(len(score), LOOKED_AT))
    looked = second_look(chosen.take(first), score[first], question, ranges[: len(first)])
    last = score[len(first)] if len(score) > len(first) else 0.0
    return np.concatenate([last + (1 - last) * looked, score[len(first) :]])


def _hit(
    values: Mapping[str, object],
    pool: Pool,
    row: int,
    question: SearchedQuestion,
    *,
    score: float,
    cosine: float | None,
    ranges: Ranges,
) -> Hit:
    found = passage(values)
    held = question.held(frozenset(str(values["terms"]).split(" ")))
    return Hit(
        found,
        score=score,
        relevance=relevance(cosine, question.weighed(held), len(question.words), question.fragmentation),
        keyword=float(pool.keyword[row]),
        cosine=cosine,
        telling=telling_sentences(found.text, found.language, ranges, pool.sentences[row], question),
    )


def _weight(pool: Pool, question: SearchedQuestion) -> float:
    top = np.argsort(-pool.keyword, kind="stable")[:TOP]
    coverage = _coverage(pool.rows.take(top[pool.keyword[top] > 0]), question)
    traits = QueryTraits(question.fragmentation, coverage.max(initial=0.0), lead(pool.keyword))
    return keyword_weight(traits)


def _coverage(rows: pa.Table, question: SearchedQuestion) -> Scores:
    """For each row the share of the question's words that it has."""
    held = [question.held(frozenset(terms.split(" "))) for terms in rows["terms"].to_pylist()]
    return np.array([some.sum() / max(1, len(some)) for some in held], np.float64)


def _ranges(pool: Pool) -> list[Ranges]:
    """The sentences of each row: as they were embedded, else as they would be."""
    texts = pool.rows["text"].to_pylist()
    return [
        _cut(text) if sentences is None else tuple(map(tuple, sentences.ranges.tolist()))
        for text, sentences in zip(texts, pool.sentences, strict=True)
    ]


@lru_cache(maxsize=2048)
def _cut(text: str) -> Ranges:
    return tuple(sentence_ranges(text))
