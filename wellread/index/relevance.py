"""How likely a passage answers a question: a number between 0 and 1 that means the same everywhere.

A ranking score only orders the hits of one search; the best hit of a title that has nothing on the question
gets 1 as well. Relevance is a logistic function of the cosine and of the number and share of the question's
words that the passage has, fitted on judged passages against the best hits of titles about something else, with even
odds: .5 means as likely as not, before anything is known about how many titles have an answer.
"""

import math

FLOOR = 0.35
"""Below it, a cell of the matrix found nothing. Measured by benchmarks/fit_retrieval.py with each group of sets
left out in turn: of the questions that a title answers 3.9 % fall below; of those put to a title about something
else 3.2 % do not. By words alone it is 8.4 % and 7.2 %."""

# With a vector: the cosine counts as far as the embedder knows the question's language.
_BIAS = -4.26
_COSINE = 4.72
_MATCH = 2.72
_FRAGMENTATION = 1.47

# A question of a single word ("conffiles") is as telling as one of two: it is a name more often than not.
_FEWEST_WORDS = 2

# By words alone; the bias is .58 lower than fitted, so that the same floor divides best.
_WORDS_BIAS = -3.63
_WORDS_MATCH = 3.49


def relevance(cosine: float | None, coverage: float, words: int, fragmentation: float) -> float:
    """Of a passage that has the share `coverage` (0 to 1) of the question's `words` words.

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
