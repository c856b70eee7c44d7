"""How keyword and vector scores become one."""

import numpy as np
import pytest

from wellread.index.fusion import QueryTraits, fuse, keyword_weight, lead
from wellread.index.relevance import FLOOR, relevance


def test_the_weight_follows_what_the_question_is_like():
    plain = keyword_weight(QueryTraits(fragmentation=0.1, coverage=0.7, lead=0.4))
    assert 0.3 < plain < 0.6
    assert (
        keyword_weight(QueryTraits(fragmentation=1.0, coverage=0.8, lead=0.8)) > 0.7
    )  # the model is at a loss
    assert (
        keyword_weight(QueryTraits(fragmentation=0.1, coverage=0.2, lead=0.2)) < 0.2
    )  # the words are elsewhere


def test_each_list_decides_where_the_other_is_silent():
    keyword = np.array([0.0, 12.0, 6.0])
    cosine = np.array([0.8, 0.1, 0.7])
    assert np.argmax(fuse(keyword, cosine, 0.0)) == 0
    assert np.argmax(fuse(keyword, cosine, 1.0)) == 1
    assert np.argmax(fuse(keyword, cosine, 0.5)) == 2
    assert fuse(np.zeros(3), cosine, 0.9).argsort().tolist() == [1, 2, 0]
    assert fuse(keyword, np.full(3, np.nan), 0.1).argsort().tolist() == [0, 2, 1]


def test_a_passage_without_vector_competes_by_its_words():
    scores = fuse(np.array([10.0, 10.0, 1.0]), np.array([np.nan, 0.2, 0.9]), 0.5)
    assert scores[0] == pytest.approx(1.0)
    assert scores[0] > scores[1]


def test_scores_stay_between_0_and_1_for_every_input():
    for keyword, cosine in (([], []), ([0.0], [0.3]), ([3.0], [np.nan]), ([2.0, 2.0], [0.5, 0.5])):
        scores = fuse(np.array(keyword, float), np.array(cosine, float), 0.4)
        assert ((scores >= 0) & (scores <= 1)).all()
    assert lead(np.array([])) == 0
    assert lead(np.zeros(4)) == 0
    assert lead(np.array([1.0, 4.0])) == pytest.approx(0.75)


def test_relevance_grows_with_every_kind_of_evidence():
    assert relevance(0.7, 0.8, 5, 0.1) > relevance(0.3, 0.8, 5, 0.1)
    assert relevance(0.5, 0.9, 5, 0.1) > relevance(0.5, 0.3, 5, 0.1)
    assert relevance(None, 0.9, 6, 0.0) > FLOOR > relevance(None, 0.2, 6, 0.0)
    # One word of one is less than six of six.
    assert relevance(None, 1.0, 6, 0.0) > relevance(None, 1.0, 1, 0.0)


def test_a_cosine_counts_for_nothing_in_a_language_the_model_does_not_know():
    assert relevance(0.9, 0.0, 8, 1.0) == pytest.approx(relevance(0.1, 0.0, 8, 1.0))
    assert relevance(0.9, 0.0, 8, 1.0) < FLOOR
