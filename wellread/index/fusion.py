"""Keyword and vector scores made one: a convex sum whose weight follows the query.

No fixed weight is safe. Where the asker used the author's words BM25 is right; where other words were used,
it ranks by accident and the vectors are right; and a question in a language that the embedder was not
taught has
vectors that mean nothing. What tells these cases apart is seen before anything is judged: how much of the
question the best keyword hits contain, how far the first of them stands out, and how the embedder's own
tokenizer takes the question. docs/decisions/ has the measurements.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# Logistic weights, rounded from a fit on all questions of the sets. benchmarks/fit_retrieval.py, on samples of
# 400 questions, ends near -3.2, 3.5 and 1.6, with nDCG@10 within .005 of these (.012 on the technical book).
_BIAS = -3.35
_COVERAGE = 3.0
_LEAD = 1.75

TOP = 10  # the keyword hits that are looked at


@dataclass(frozen=True, slots=True)
class QueryTraits:
    """What the weight follows, each 0 to 1.

    `fragmentation`: see Embedder.fragmentation. `coverage`: the largest share of the question's words that
    one of the TOP keyword hits has. `lead`: how much of the first keyword hit's score the TOP-th lacks.
    """

    fragmentation: float
    coverage: float
    lead: float


def keyword_weight(traits: QueryTraits) -> float:
    """The share of the keyword score in the sum, 0 to 1: an embedder has no say on what it cannot read."""
    logit = _BIAS + _COVERAGE * traits.coverage + _LEAD * traits.lead
    by_words = float(1 / (1 + np.exp(-logit)))
    return 1 - (1 - by_words) * (1 - traits.fragmentation**2)


def lead(keyword: Scores) -> float:
    """`QueryTraits.lead` of the keyword scores of all candidates, in any order."""
    ranked = np.sort(keyword)[::-1]
    if not ranked.size or ranked[0] <= 0:
        return 0.0
    return float((ranked[0] - ranked[min(TOP, ranked.size) - 1]) / ranked[0])


def fuse(keyword: Scores, cosine: Scores, weight: float) -> Scores:
    """One score a candidate, 0 to 1. `keyword` is BM25 (0: no hit), `cosine` is NaN where there is no
    vector yet.

    BM25 is taken relative to the best, the cosine relative to the span of the candidates. A passage without
    vector keeps its keyword score alone, so one that was added a second ago competes with the others.
    """
    by_keyword = _relative(keyword)
    by_vector = np.where(np.isnan(cosine), by_keyword, spanned(cosine))
    return weight * by_keyword + (1 - weight) * by_vector


def _relative(keyword: Scores) -> Scores:
    best = keyword.max(initial=0.0)
    return keyword / best if best > 0 else np.zeros_like(keyword)


def spanned(scores: Scores) -> Scores:
    """The lowest of the scores at 0, the highest at 1; NaN stays."""
    known = scores[~np.isnan(scores)]
    if not known.size:
        return np.zeros_like(scores)
    span = known.max() - known.min()
    # All alike (one candidate, say): nothing to tell them apart by, and none is bad.
    return (scores - known.min()) / span if span > 1e-9 else np.ones_like(scores)
