"""A second look at the best of a search: where the question's words stand, and what its best sentence says.

The first ranking sees a passage as a bag of words and one vector. What it puts first, at most LOOKED_AT of them, is
looked at again: has the heading the question's words, has one sentence many of them, do neighbours of the question
stand side by side, and how near does the best sentence come? docs/decisions/020-second-look.md has the measurements.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from wellread.index.fusion import Scores, spanned
from wellread.index.pool import Pool, SearchedQuestion
from wellread.text.terms import passage_terms

LOOKED_AT = 30

_SENTENCE = 0.3  # the share of the best sentence's cosine, for a question that the embedder can read
_WORDS = 0.2  # what the question's words add at most by the heading, by a sentence, and by the pairs kept

SentenceTerms = Sequence[frozenset[str]]


def second_look(
    pool: Pool, fused: Scores, question: SearchedQuestion, by_sentence: Sequence[SentenceTerms]
) -> Scores:
    """One score a row, 0 to 1, of rows that were `fused`; `by_sentence` has the terms of each one's
    sentences."""
    share = _SENTENCE * (1 - question.fragmentation)
    by_score = spanned(fused)
    best = pool.best_sentence
    by_cosine = np.where(np.isnan(best), by_score, spanned(best))
    looked: Scores = (1 - share) * by_score + share * by_cosine
    looked += _WORDS * _by_words(pool, question, by_sentence)
    return looked / (1 + 3 * _WORDS)


def _by_words(pool: Pool, question: SearchedQuestion, by_sentence: Sequence[SentenceTerms]) -> Scores:
    """The sum of the shares of the question's words in the heading and in the sentence that has most, and of its
    pairs kept. A heading says less the more of the passages it stands over."""
    if not question.words:
        return np.zeros(pool.rows.num_rows)
    headings, languages = pool.rows["heading"].to_pylist(), pool.rows["language"].to_pylist()
    terms = [own.split(" ") for own in pool.rows["terms"].to_pylist()]
    standing = Counter(headings)
    by_heading = {
        key: question.weighed(_heading_terms(*key)) / standing[key[0]] ** 0.5
        for key in set(zip(headings, languages, strict=True))
    }
    return np.array(
        [
            by_heading[heading, language]
            + max(map(question.weighed, sentences), default=0.0)
            + _pairs_kept(question, own)
            for heading, language, own, sentences in zip(headings, languages, terms, by_sentence, strict=True)
        ]
    )


def _pairs_kept(question: SearchedQuestion, terms: Sequence[str]) -> float:
    """The share of the question's neighbouring words that stand side by side in a text, in that order."""
    met = [question.places.get(term, ()) for term in terms]
    kept = {
        place for here, following in pairwise(met) if following for place in here if place + 1 in following
    }
    return len(kept) / max(1, len(question.words) - 1)


@lru_cache(maxsize=512)
def _heading_terms(heading: str, language: str) -> frozenset[str]:
    return frozenset(passage_terms("", heading, language))
