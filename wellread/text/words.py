"""How long a text is, in words, for scripts with spaces and without."""

import re
from collections.abc import Sequence

# Chinese and Japanese characters, Thai, Lao, Myanmar, Khmer: written without spaces between words.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
CHARACTERS_PER_WORD = 1.7

# A "word" of more than 30 characters is a URL, a hash or base64: it weighs as much as several.
UNITS = re.compile(rf"[^\s{UNSPACED}]{{1,30}}|(?P<unspaced>[{UNSPACED}])")
_ASCII_UNIT = re.compile(r"\S{1,30}")
_UNSPACED_UNIT = re.compile(f"[{UNSPACED}]")


def count_words(text: str) -> float:
    """The number of words in `text`; characters of unspaced scripts count 1/1.7 each."""
    if text.isascii():
        return len(_ASCII_UNIT.findall(text))
    unspaced = len(_UNSPACED_UNIT.findall(text))
    return len(UNITS.findall(text)) - unspaced + unspaced / CHARACTERS_PER_WORD


def unit_weight(unit: re.Match[str]) -> float:
    """What a match of UNITS adds to the count."""
    return 1.0 if unit["unspaced"] is None else 1 / CHARACTERS_PER_WORD


def listed(items: Sequence[str], joint: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {joint} {items[-1]}"
