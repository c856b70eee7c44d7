"""Sentences that are said again: by a model that runs in circles, and by one that goes on where another broke off."""

import re
from collections import Counter

from wellread.errors import UnusableReplyError

_END = re.compile(r"(?<=[.!?。！？])(?=\s)|(?<=[。！？])|(?<=\n)")
_CIRCLES = 3  # times that a sentence is said before the model runs in circles
_FEWEST = 24  # code points of a sentence that counts: table rules and short items may recur
_LONGEST = 2_000  # code points without an end that are held back


class Unrepeated:
    """Feed it the pieces of a text. It gives them back; after `before`, sentence by sentence and without those that
    stand there already. Raises UnusableReplyError when a sentence comes for the third time."""

    def __init__(self, before: str = "") -> None:
        self._said = Counter(filter(None, map(_key, _END.split(before))))
        self._holds = bool(self._said)
        self._pending = ""
        self._before = set(self._said)

    def feed(self, piece: str) -> str:
        self._pending += piece
        *whole, self._pending = _END.split(self._pending)
        if len(self._pending) > _LONGEST:
            whole, self._pending = [*whole, self._pending], ""
        kept = "".join(sentence for sentence in whole if self._counts(sentence))
        return kept if self._holds else piece

    def close(self) -> str:
        rest, self._pending = self._pending, ""
        return rest if self._holds and self._counts(rest) else ""

    def _counts(self, sentence: str) -> bool:
        key = _key(sentence)
        if not key:
            return True
        self._said[key] += 1
        if self._said[key] >= _CIRCLES and key not in self._before:
            raise UnusableReplyError("The model began to repeat itself.")
        return key not in self._before


def _key(sentence: str) -> str:
    """A sentence as it is compared: its words alone; "" for one too short to count."""
    words = " ".join(re.findall(r"\w+", re.sub(r"\[\d+\]", "", sentence.casefold())))
    return words if len(words) >= _FEWEST else ""
