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
_WORDS = 0.2  # what the question's words add at most

Ranges = tuple[tuple[int, int], ...]


def second_look(pool: Pool, fused: Scores, question: SearchedQuestion, ranges: Sequence[Ranges]) -> Scores:
    """One score a row, 0 to 1, of rows that were `fused`; `ranges` are those of the sentences of each."""
    share = _SENTENCE * (1 - question.fragmentation**2)
    by_score = spanned(fused)
    best = pool.best_sentence
    by_sentence = np.where(np.isnan(best), by_score, spanned(best))
    looked = (1 - share) * by_score + share * by_sentence
    looked += _WORDS * _by_words(pool, question, ranges)
    return looked / (1 + _WORDS)


def _by_words(pool: Pool, question: SearchedQuestion, ranges: Sequence[Ranges]) -> Scores:
    """The mean of the question's words in the heading, in the sentence that has most, and of its pairs kept."""
    if not question.words:
        return np.zeros(pool.rows.num_rows)
    columns = (pool.rows[name].to_pylist() for name in ("heading", "text", "language", "terms"))
    headings, texts, languages, terms = columns
    standing = Counter(headings)
    by_heading = {
        key: question.weighed(question.held(_heading_terms(*key))) / standing[key[0]] ** 0.5
        for key in set(zip(headings, languages, strict=True))
    }
    return np.array(
        [
            (
                by_heading[heading, language]
                + max(question.weighed(question.held(one)) for one in sentence_terms(text, some, language))
                + _pairs_kept(question, own.split(" "))
            )
            / 3
            for heading, text, language, own, some in zip(
                headings, texts, languages, terms, ranges, strict=True
            )
        ]
    )


def _pairs_kept(question: SearchedQuestion, terms: Sequence[str]) -> float:
    """The share of the question's neighbouring words that stand side by side in a text, in that order."""
    places = {form: place for place, forms in enumerate(question.words) for form in forms}
    met = [places.get(term, -2) for term in terms]
    kept = {first for first, second in pairwise(met) if second == first + 1}
    return len(kept) / max(1, len(question.words) - 1)


@lru_cache(maxsize=512)
def _heading_terms(heading: str, language: str) -> frozenset[str]:
    return frozenset(passage_terms("", heading, language))


@lru_cache(maxsize=2048)
def sentence_terms(text: str, ranges: Ranges, language: str) -> tuple[frozenset[str], ...]:
    """The terms of each sentence of a passage; of the whole text when there is none."""
    sentences = [text[start:end] for start, end in ranges] or [text]
    return tuple(frozenset(passage_terms(sentence, "", language)) for sentence in sentences)
