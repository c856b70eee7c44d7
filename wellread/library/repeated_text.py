"""Texts that say the same: a section printed twice, an edition beside the one it was made of."""

import re
import unicodedata
from collections.abc import Iterable

_RUN = 4  # words that are compared together
_SAME = 0.8  # the share of a text's runs that an earlier one has
_WORD = re.compile(r"\w+")


class SeenTexts:
    """Texts seen so far, by their runs of words: Broder's shingles ("On the resemblance and containment of documents",
    1997)."""

    def __init__(self) -> None:
        self._seen: list[frozenset[tuple[str, ...]]] = []

    def is_new(self, text: str) -> bool:
        """Whether no text before said nearly all of it; if so, it counts as seen from now on."""
        runs = frozenset(_runs(_WORD.findall(unicodedata.normalize("NFKC", text).casefold())))
        repeated = any(len(runs & other) >= _SAME * len(runs) for other in self._seen)
        if not repeated:
            self._seen.append(runs)
        return not repeated


def _runs(words: list[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[start : start + _RUN]) for start in range(max(1, len(words) - _RUN + 1)))
