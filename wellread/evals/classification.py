"""Measures of a classifier, by their definitions: how well scores separate, and how well they hold as probabilities."""

from collections.abc import Sequence

import numpy as np


def roc_area(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """The area under the ROC curve: how often a positive's score is above a negative's, ties counting half. None where
    one of the two is missing."""
    values, is_positive = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    above, below = values[is_positive], np.sort(values[~is_positive])
    if not len(above) or not len(below):
        return None
    lower = np.searchsorted(below, above, side="left")
    not_higher = np.searchsorted(below, above, side="right")
    return float((lower + not_higher).mean() / 2 / len(below))


def calibration_error(
    probabilities: Sequence[float], happened: Sequence[bool], bins: int = 10
) -> float | None:
    """The expected calibration error: over bins of equal width (the last one with 1), the distance of the mean
    probability to the share that happened, weighted by the bins' sizes. None without any."""
    if not probabilities:
        return None
    given, came = np.asarray(probabilities, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    bin_of = np.minimum((given * bins).astype(int), bins - 1)
    distances = np.bincount(bin_of, weights=given - came, minlength=bins)  # of the sums, so weighted already
    return float(np.abs(distances).sum() / len(given))


def accuracy(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """The share that is predicted as it is; there has to be one at least."""
    return sum(one == other for one, other in zip(truth, predicted, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """The mean over all classes, true or predicted, of twice the hits through the sum of both; each class counts as
    much as any other."""
    pairs = list(zip(truth, predicted, strict=True))
    classes = sorted({*truth, *predicted})

    def f1(name: str) -> float:
        hits = sum(one == other == name for one, other in pairs)
        return 2 * hits / sum((one == name) + (other == name) for one, other in pairs)

    return sum(map(f1, classes)) / len(classes)
