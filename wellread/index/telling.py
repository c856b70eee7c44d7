"""Which sentences of a passage tell what was asked."""

from wellread.events import TellingSentence
from wellread.index.pool import SearchedQuestion
from wellread.index.second_look import SentenceTerms
from wellread.index.sentence_vectors import SentenceCosines

Ranges = tuple[tuple[int, int], ...]

MOST = 6  # of a passage

_COSINE = 0.6  # its share in the score; the rest is that of the question's words, by rarity


def telling_sentences(
    ranges: Ranges, terms: SentenceTerms, cosines: SentenceCosines | None, question: SearchedQuestion
) -> tuple[TellingSentence, ...]:
    """The best MOST sentences of a passage with their scores, best first."""
    share = _COSINE * (1 - question.fragmentation) if cosines is not None else 0.0
    near = cosines.cosines.tolist() if cosines is not None else [0.0] * len(ranges)
    scores = [
        share * max(0.0, cosine) + (1 - share) * question.weighed(own)
        for cosine, own in zip(near, terms, strict=True)
    ]
    best = sorted(zip(scores, ranges, strict=True), key=lambda scored: -scored[0])[:MOST]
    return tuple(
        TellingSentence(start=start, end=end, score=round(min(score, 1.0), 3)) for score, (start, end) in best
    )
