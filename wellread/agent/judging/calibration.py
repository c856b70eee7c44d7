"""From what a small model says, and how sure it is of it, to probabilities that hold.

The weights are fitted by `benchmarks/fit_judge.py` on WiCE and SciFact (their `train` parts).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from wellread.grounding.judgement import JudgedClaim, Judgement

_FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one logistic regression: what each signal adds to the log-odds."""

    bias: float
    entailment: float  # log-odds of the word
    contradiction: float
    coverage: float
    conflict: float

    def probability(self, shares: Mapping[str, float], claim: JudgedClaim) -> float:
        z = (
            self.bias
            + self.entailment * _log_odds(shares.get("entailment", 0.0))
            + self.contradiction * _log_odds(shares.get("contradiction", 0.0))
            + self.coverage * claim.coverage
            + self.conflict * bool(claim.conflict)
        )
        return 1 / (1 + math.exp(-z))


ENTAILED = Weights(bias=0.2, entailment=0.4, contradiction=-0.65, coverage=2.0, conflict=-0.7)
CONTRADICTED = Weights(bias=-2.2, entailment=-0.2, contradiction=1.0, coverage=0.4, conflict=-0.9)


def calibrated(shares: Mapping[str, float], claim: JudgedClaim) -> Judgement:
    """`shares`: the probability of each word as a model's first. The sentence is the closest by words, the first."""
    entailed, against = (weights.probability(shares, claim) for weights in (ENTAILED, CONTRADICTED))
    total = max(1.0, entailed + against)
    return Judgement(entailed / total, against / total, claim.closest)


def _log_odds(probability: float) -> float:
    probability = min(max(probability, _FLOOR), 1 - _FLOOR)
    return math.log(probability / (1 - probability))
