"""From a pool of candidates to hits: fusion, the second look, relevance."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wellread.content import Passage
from wellread.index.fusion import TOP, QueryTraits, Scores, fuse, keyword_weight, lead
from wellread.index.passages import Hit
from wellread.index.pool import Pool, SearchedQuestion
from wellread.index.relevance import relevance
from wellread.index.second_look import LOOKED_AT, SentenceTerms, second_look
from wellread.index.sentence_ranges import sentence_ranges
from wellread.index.telling import Ranges, telling_sentences
from wellread.text.terms import passage_terms

_COMPARED = 40  # candidates of a search whose sentences are compared with the question
PASSAGE = ("passage_id", "product_id", "section_id", "start", "end", "text", "heading", "language")

_Sentences = tuple[Ranges, SentenceTerms]


class Ranking(StrEnum):
    KEYWORD = "keyword"
    VECTOR = "vector"
    FUSED = "fused"
    SECOND_LOOK = "second look"


def worth_comparing(
    pool: Pool, question: SearchedQuestion, limit: int, ranking: Ranking
) -> NDArray[np.int64]:
    """The rows of a pool whose sentences should be compared with the question: the best of a ranking without them."""
    score, eligible = _first(pool, question, ranking)
    order = np.argsort(-score, kind="stable")
    return order[eligible[order]][: max(limit, _COMPARED)]


def ranked(pool: Pool, question: SearchedQuestion, limit: int, ranking: Ranking) -> list[Hit]:
    """The best `limit` of a pool as hits."""
    score, eligible = _first(pool, question, ranking)
    order = np.argsort(-score, kind="stable")
    best = order[eligible[order]][: max(limit, LOOKED_AT)]
    chosen, score = pool.take(best), score[best]
    sentences = _sentences(chosen)
    if ranking is Ranking.SECOND_LOOK and len(best):
        score = _looked_at(chosen, score, question, [terms for _, terms in sentences])
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
            sentences=sentences[row],
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


def _looked_at(
    chosen: Pool, score: Scores, question: SearchedQuestion, by_sentence: Sequence[SentenceTerms]
) -> Scores:
    """The scores after the second look, which lifts the first LOOKED_AT above the rest."""
    first = np.arange(min(len(score), LOOKED_AT))
    looked = second_look(chosen.take(first), score[first], question, by_sentence[: len(first)])
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
    sentences: _Sentences,
) -> Hit:
    found = passage(values)
    covered = question.weighed(frozenset(str(values["terms"]).split(" ")))
    return Hit(
        found,
        score=score,
        relevance=relevance(cosine, covered, len(question.words), question.fragmentation),
        keyword=float(pool.keyword[row]),
        cosine=cosine,
        telling=telling_sentences(*sentences, pool.sentences[row], question),
    )


def _weight(pool: Pool, question: SearchedQuestion) -> float:
    top = np.argsort(-pool.keyword, kind="stable")[:TOP]
    hits = pool.rows["terms"].take(top[pool.keyword[top] > 0]).to_pylist()
    coverage = max((question.coverage(frozenset(terms.split(" "))) for terms in hits), default=0.0)
    traits = QueryTraits(question.fragmentation, coverage, lead(pool.keyword))
    return keyword_weight(traits)


def _sentences(pool: Pool) -> list[_Sentences]:
    """The ranges of each row's sentences and their terms: as they are kept with the vectors, else made now."""
    columns = (pool.rows[name].to_pylist() for name in ("text", "language", "terms"))
    found: list[_Sentences] = []
    for text, language, terms, known in zip(*columns, pool.sentences, strict=True):
        ranges = _cut(text) if known is None else tuple((start, end) for start, end in known.ranges.tolist())
        if known is None or not known.term_ranges.any():
            found.append((ranges, _terms(text, ranges, language)))
        else:
            own = terms.split(" ")
            found.append((ranges, [frozenset(own[start:end]) for start, end in known.term_ranges.tolist()]))
    return found


@lru_cache(maxsize=2048)
def _cut(text: str) -> Ranges:
    return tuple(sentence_ranges(text))


@lru_cache(maxsize=2048)
def _terms(text: str, ranges: Ranges, language: str) -> SentenceTerms:
    return [frozenset(passage_terms(text[start:end], "", language)) for start, end in ranges]
