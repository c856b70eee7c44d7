"""Two speeds of what is tested by repetition: `make test` runs a sample that is always the same, `make soak` all of it.

    @pytest.mark.soak
    @pytest.mark.parametrize("path", sampled(PATHS, 5))
    def test_…

WELLREAD_TEST_SOAK is what `make soak` sets: `all`, or a part such as `2/8`, every eighth case from the second on; soaks
of the eight parts are together one of all. The mark is for what is sampled, and `make soak` runs nothing else.
"""

import os
import re
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

Case = TypeVar("Case")


def sampled(cases: Sequence[Case], most: int, wanted: str | None = None) -> list[Case]:
    """All cases or a part of them when they are soaked, else `most`, evenly spread from the first to the last.

    `wanted` is what WELLREAD_TEST_SOAK says."""
    wanted = soaked() if wanted is None else wanted
    if wanted == "all":
        return list(cases)
    if wanted:
        part, parts = _part(wanted)
        return list(cases[part - 1 :: parts])
    if most >= len(cases):
        return list(cases)
    return [cases[round(n * (len(cases) - 1) / max(1, most - 1))] for n in range(most)]


def examples(whole: int, most: int) -> settings:
    """Settings of a test by Hypothesis: `whole` examples when they are soaked, or a part of so many, else `most`."""
    return settings(max_examples=len(sampled(range(whole), most)))


def soaked() -> str:
    return os.environ.get("WELLREAD_TEST_SOAK", "")


def _part(wanted: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", wanted)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ValueError(f"WELLREAD_TEST_SOAK is {wanted!r}: it may be `all` or a part, as `2/8`.")
    return int(found[1]), int(found[2])
