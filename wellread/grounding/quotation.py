"""Quotations: whether a source says words as they stand, and where."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from wellread.text.words import UNSPACED, count_words

FEWEST_WORDS = 3  # a shorter run of words is found in any text
FRAMING = 0.4  # share of a statement's words that may stand around what it quotes

_SAME = str.maketrans(
    "“”„«»‘’‚‹›–—‑−\u00a0\u202f", "\"\"\"\"\"'''''----  "
)  # one for one, so that offsets stay
_IN_SPACED_WORD = re.compile(rf"[^\W{UNSPACED}]")
_OUTER = "\"' "
_LAST = ".,;:!?…"
_LEFT_OUT = re.compile(r"\s*(?:\[(?:…|\.{3})\]|…|\.{3})\s*")
_IN_MARKS = re.compile(
    r"“([^”“]+)”|„([^“”„]+)[“”]|«([^»«]+)»|»([^«»]+)«|\"([^\"]+)\"|「([^」「]+)」|『([^』『]+)』"
)

Span = tuple[int, int]  # code points


def find_verbatim(text: str, source: str) -> Span | None:
    """The range of `source` that says `text` word for word, or None.

    White space, the style of quotation marks and dashes, the case of letters and the last punctuation mark may differ,
    `text` may itself stand within quotation marks, and may leave words out where it says so (`…`); nothing else may.
    """
    wanted = _folded(unicodedata.normalize("NFC", text))
    searched = _folded(source)
    for form in dict.fromkeys((wanted, wanted.strip(_OUTER), wanted.strip(_OUTER).rstrip(_LAST))):
        parts = [part.split() for part in _LEFT_OUT.split(form) if part.strip(_OUTER + _LAST)]
        if parts and (span := _in_order(parts, searched)):
            return span
    return None


def quotations(text: str) -> Iterator[Span]:
    """The ranges within quotation marks that are long enough to be a source's own words."""
    for match in _IN_MARKS.finditer(text):
        group = match.lastindex or 0
        if count_words(match[group]) >= FEWEST_WORDS:
            yield match.span(group)


def is_a_line(text: str, source: str) -> bool:
    """Whether a short text is a whole line of the source, as a heading or the item of a list is."""
    return any(text == " ".join(line.split()) for line in source.split("\n"))


def _folded(text: str) -> str:
    folded = text.translate(_SAME)
    lower = folded.lower()
    return lower if len(lower) == len(folded) else folded


def _in_order(parts: Sequence[Sequence[str]], source: str) -> Span | None:
    start, end = -1, 0
    for words in parts:
        pattern = r"\s+".join(map(re.escape, words))
        before = r"(?<!\w)" if _IN_SPACED_WORD.match(words[0][0]) else ""
        after = r"(?!\w)" if _IN_SPACED_WORD.match(words[-1][-1]) else ""
        match = re.compile(before + pattern + after).search(source, end)
        if match is None:
            return None
        start, end = (match.start() if start < 0 else start), match.end()
    return start, end
