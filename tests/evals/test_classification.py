"""Measures of a classifier, against values worked out by hand."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellread.evals.classification import accuracy, calibration_error, macro_f1, roc_area


@pytest.mark.parametrize(
    ("scores", "positive", "area"),
    [
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 3 / 4),  # .35 > .1, .8 > .1, .8 > .4
        ([0.9, 0.8, 0.1], [True, True, False], 1),
        ([0.1, 0.9], [True, False], 0),
        ([0.5, 0.5, 0.5], [True, False, False], 1 / 2),
        ([0.5, 0.5, 0.2, 0.7], [True, False, False, True], (1 / 2 + 1 + 1 + 1) / 4),
        ([0.3, 0.4], [True, True], None),
        ([], [], None),
    ],
)
def test_the_area_under_the_roc_curve(scores, positive, area):
    assert roc_area(scores, positive) == (None if area is None else pytest.approx(area))


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=30))
def test_the_area_is_the_share_of_pairs_in_order(scored):
    scores, positive = [score for score, _ in scored], [is_positive for _, is_positive in scored]
    above = [score for score, is_positive in scored if is_positive]
    below = [score for score, is_positive in scored if not is_positive]
    pairs = [(a > b) + (a == b) / 2 for a, b in itertools.product(above, below)]
    assert roc_area(scores, positive) == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


@pytest.mark.parametrize(
    ("probabilities", "happened", "error"),
    [
        ([0.95, 0.95, 0.95, 0.95], [True, True, True, False], 0.2),  # .95 said, .75 happened
        ([0.05, 0.95], [False, True], 0.05),
        ([0.0, 1.0], [False, True], 0),
        ([0.0, 1.0], [True, False], 1),
        # bin .2–.3: mean .25, happened .5, half of all; bin .8–.9: mean .85, happened 1, half of all
        ([0.21, 0.29, 0.81, 0.89], [True, False, True, True], 0.25 / 2 + 0.15 / 2),
        ([], [], None),
    ],
)
def test_the_expected_calibration_error(probabilities, happened, error):
    assert calibration_error(probabilities, happened) == (None if error is None else pytest.approx(error))


def test_accuracy_and_the_mean_f1_of_classes():
    truth = ["a", "a", "a", "b", "b", "c"]
    predicted = ["a", "a", "b", "b", "c", "b"]
    assert accuracy(truth, predicted) == pytest.approx(3 / 6)
    # a: 2 hits of 3 true, 2 predicted; b: 1 of 2 and 3; c: none
    assert macro_f1(truth, predicted) == pytest.approx((4 / 5 + 2 / 5 + 0) / 3)
    assert macro_f1(["a"], ["a"]) == 1
    assert macro_f1(["a"], ["b"]) == 0
