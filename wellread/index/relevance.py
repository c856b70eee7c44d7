"""How likely a passage answers a question: a number between 0 and 1 that means the same everywhere.

A ranking score only orders the hits of one search; the best hit of a title that has nothing on the question
gets 1 as well. Relevance is a logistic function of the cosine (half the passage's, half its best sentence's), and
of the number of the question's words and the share of them that the passage has, each weighed by its rarity in the
library. It is fitted on judged passages against the best hits of titles about something else, with even odds: .5
means as likely as not, before anything is known about how many titles have an answer.
"""

import math

FLOOR = 0.35
"""Below it, a cell of the matrix found nothing. Measured as in benchmarks/fit_retrieval.py, with each group of sets
left out in turn: of the questions that a title answers 2.8 % fall below; of those put to a title about something
else 1.7 % do not. By words alone it is 4.9 % and 4.2 %."""

# With a vector: the cosine counts as far as the embedder knows the question's language.
_BIAS = -4.66
_COSINE = 4.96
_MATCH = 3.0
_FRAGMENTATION = 1.82

# A question of a single word ("conffiles") is as telling as one of two: it is a name more often than not.
_FEWEST_WORDS = 2

# By words alone; the bias is .3 lower than fitted, so that the same floor divides best.
_WORDS_BIAS = -3.45
_WORDS_MATCH = 3.81


def relevance(cosine: float | None, coverage: float, words: int, fragmentation: float) -> float:
    """Of a passage that has the share `coverage` (0 to 1, each weighed by its rarity) of the question's `words` words.

    `cosine` is None when the passage or the question has no vector; `fragmentation` is Embedder.fragmentation
    of the question, and does not matter then.
    """
    match = coverage * math.log1p(max(words, _FEWEST_WORDS))
    if cosine is None:
        return _logistic(_WORDS_BIAS + _WORDS_MATCH * match)
    known = cosine * (1 - fragmentation)
    return _logistic(_BIAS + _COSINE * known + _MATCH * match + _FRAGMENTATION * fragmentation)


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
