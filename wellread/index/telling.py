"""Which sentences of a passage tell what was asked."""

from collections.abc import Sequence

from wellread.index.passages import TellingRange
from wellread.index.sentence_vectors import SentenceCosines

Ranges = tuple[tuple[int, int], ...]

MOST = 6  # of a passage

_COSINE = 0.6  # its share in the score; the rest is that of the question's words, by rarity


def telling_sentences(
    ranges: Ranges, shares: Sequence[float], cosines: SentenceCosines | None, fragmentation: float
) -> tuple[TellingRange, ...]:
    """The best MOST sentences of a passage with their scores, best first. `shares`: what each has of the question's
    words; `fragmentation` is the question's."""
    share = _COSINE * (1 - fragmentation) if cosines is not None else 0.0
    near = cosines.cosines.tolist() if cosines is not None else [0.0] * len(ranges)
    scores = [share * max(0.0, cosine) + (1 - share) * own for cosine, own in zip(near, shares, strict=True)]
    best = sorted(zip(scores, ranges, strict=True), key=lambda scored: -scored[0])[:MOST]
    return tuple(TellingRange(start, end, round(min(score, 1.0), 3)) for score, (start, end) in best)
