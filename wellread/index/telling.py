"""Which sentences of a passage tell what was asked."""

from wellread.events import TellingSentence
from wellread.index.pool import SearchedQuestion
from wellread.index.second_look import Ranges, sentence_terms
from wellread.index.sentence_vectors import SentenceCosines

MOST = 6  # of a passage

_COSINE = 0.6  # its share in the score; the rest is that of the question's words, by rarity


def telling_sentences(
    text: str, language: str, ranges: Ranges, cosines: SentenceCosines | None, question: SearchedQuestion
) -> tuple[TellingSentence, ...]:
    """The best MOST sentences of a passage with their scores, best first."""
    share = _COSINE * (1 - question.fragmentation**2) if cosines is not None else 0.0
    words = [question.weighed(question.held(terms)) for terms in sentence_terms(text, ranges, language)]
    near = cosines.cosines.tolist() if cosines is not None else [0.0] * len(words)
    scores = [
        share * max(0.0, cosine) + (1 - share) * held for cosine, held in zip(near, words, strict=False)
    ]
    best = sorted(zip(scores, ranges, strict=False), key=lambda scored: -scored[0])[:MOST]
    return tuple(
        TellingSentence(start=start, end=end, score=round(min(score, 1.0), 3)) for score, (start, end) in best
    )
