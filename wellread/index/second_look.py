"""A second look at the best of a search: where the question's words stand, and what its best sentence says.

The first ranking sees a passage as a bag of words and one vector. What it puts first, at most LOOKED_AT of them, is
looked at again: has the heading the question's words, has one sentence many of them, do neighbours of the question
stand side by side, and how near does the best sentence come? docs/decisions/020-second-look.md has the measurements.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa

from wellread.index.fusion import Scores, spanned
from wellread.index.matching import Matched
from wellread.index.pool import Contenders, SearchedQuestion
from wellread.text.terms import passage_terms

LOOKED_AT = 30

_SENTENCE = 0.3  # the share of the best sentence's cosine, for a question that the embedder can read
_WORDS = 0.2  # what the question's words add at most by the heading, by a sentence, and by the pairs kept


def second_look(
    contenders: Contenders, matched: Sequence[Matched], shares: Sequence[Sequence[float]]
) -> Scores:
    """One score a row, 0 to 1. `matched` has where the question's words stand in each, `shares` what each of its
    sentences has of them."""
    if not matched:
        return np.array([])
    question = matched[0].question
    share = _SENTENCE * (1 - question.fragmentation)
    by_score = spanned(contenders.score)
    best = contenders.best_sentence
    by_cosine = np.where(np.isnan(best), by_score, spanned(best))
    looked: Scores = (1 - share) * by_score + share * by_cosine
    if question.words:
        best_shares = np.array([max(of_row, default=0.0) for of_row in shares])
        pairs = np.array([one.pairs_kept for one in matched])
        looked += _WORDS * (_by_heading(contenders.rows, question) + best_shares + pairs)
    return looked / (1 + 3 * _WORDS)


def _by_heading(rows: pa.Table, question: SearchedQuestion) -> Scores:
    """The share of the question's words in each row's heading. It says less the more of the rows it stands over."""
    keys = list(zip(rows["heading"].to_pylist(), rows["language"].to_pylist(), strict=True))
    standing = Counter(heading for heading, _ in keys)
    by_heading = {key: question.weighed(_heading_terms(*key)) / standing[key[0]] ** 0.5 for key in set(keys)}
    return np.array([by_heading[key] for key in keys])


@lru_cache(maxsize=512)
def _heading_terms(heading: str, language: str) -> frozenset[str]:
    return frozenset(passage_terms("", heading, language))
