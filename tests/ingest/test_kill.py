"""`kill -9` during an add, a few times; `python tests/support/kill_add.py` does it fifty times, with vectors."""

import pytest
from support.kill_add import kill_once, make_books, undisturbed
from support.soak import sampled


@pytest.mark.soak
def test_a_killed_add_loses_nothing_and_doubles_nothing(tmp_path):
    paths = [make_books(tmp_path / "books", number=6, sections=3)]
    seconds, expected = undisturbed(paths, "none")
    assert len(expected) == 6
    for share in sampled((0.8, 0.3, 0.5, 0.65, 0.9, 0.95), 1):
        kill_once(paths, "none", seconds * share, expected)
