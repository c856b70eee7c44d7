"""The words of a document, by which hyphens at line ends are judged."""

import re
from collections import Counter

_TOKEN = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_BROKEN = re.compile(r"[\w\u2010-]*(?:\ufffe|[-\u2010\u00ad][ \t]*\r?\n)\s*[\w\u2010-]*")
_LAST = re.compile(r"([^\W\d_]+(?:[-\u2010][^\W\d_]+)*)[-\u2010\u00ad]$")
_FIRST = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")


class Vocabulary:
    """Counts of the words that stand within lines, grown page by page."""

    def __init__(self) -> None:
        self._words = Counter[str]()
        self._compounds = Counter[str]()
        self._prefixes: dict[str, set[str]] = {}

    def add(self, text: str) -> None:
        """Count the words of a page's text; words broken at a line's end are left out."""
        for word in _TOKEN.findall(_BROKEN.sub(" ", text).lower()):
            if "-" in word or "\u2010" in word:
                compound = word.replace("\u2010", "-")
                self._compounds[compound] += 1
                self._prefixes.setdefault(compound.split("-")[0], set()).add(compound)
            else:
                self._words[word] += 1

    def join(self, before: str, after: str) -> str:
        """The text of two lines of which the first ends with a hyphen: with it or without, as the document
        itself writes the word elsewhere."""
        match, follow = _LAST.search(before), _FIRST.match(after)
        if before.endswith("\u00ad"):
            return before[:-1] + after
        if not match or not follow:
            return before + after
        head, tail = match[1], follow[0]
        whole = (head + tail).lower()
        compound = f"{head}-{tail}".lower().replace("\u2010", "-")
        closed, hyphened = self._words[whole] + self._compounds[whole], self._compounds[compound]
        if closed or hyphened:
            keep = hyphened > closed
        else:
            keep = tail[0].isupper() or self._two_words(head.lower().split("-")[-1], tail.lower())
        return before + after if keep else before[:-1] + after

    def _two_words(self, head: str, tail: str) -> bool:
        """Whether both halves are words here, or the first is one that begins compounds."""
        if not self._words[tail]:
            return False
        if len(self._prefixes.get(head, ())) >= (1 if len(head) > 3 else 3):
            return True
        return len(head) > 3 and len(tail) > 3 and self._words[head] > 1
