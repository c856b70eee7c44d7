"""A sample is spread over all cases, and the parts of a soak are all of them."""

import pytest

from support.soak import sampled

CASES = list(range(66))


def test_a_sample_is_spread_evenly_from_the_first_to_the_last():
    assert sampled(CASES, 6, "") == [0, 13, 26, 39, 52, 65]
    assert sampled(CASES, 1, "") == [0]
    assert sampled(CASES, 99, "") == sampled(CASES, 6, "all") == CASES


def test_the_parts_of_a_soak_are_all_of_it_and_none_twice():
    parts = [sampled(CASES, 6, f"{part}/8") for part in range(1, 9)]
    assert sorted(case for part in parts for case in part) == CASES
    assert {len(part) for part in parts} == {8, 9}


@pytest.mark.parametrize("wanted", ["0/8", "9/8", "1", "yes", "1/8/2"])
def test_a_part_that_is_none_is_refused(wanted):
    with pytest.raises(ValueError, match="as `2/8`"):
        sampled(CASES, 6, wanted)
