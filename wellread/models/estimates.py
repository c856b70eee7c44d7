"""How many tokens a text has where no tokenizer can be asked."""

import re

from wellread.ingest.words import UNSPACED

_UNSPACED = re.compile(f"[{UNSPACED}]")
_WORD = re.compile(r"\w+|[^\w\s]")
_LETTERS_A_TOKEN = 5


def estimated_tokens(text: str) -> int:
    """An estimate that is seldom too low: a token for each mark, for every five letters of a word, and for each
    character of a script that does not separate words."""
    unspaced = len(_UNSPACED.findall(text))
    rest = _UNSPACED.sub(" ", text) if unspaced else text
    return unspaced + sum(1 + (len(word) - 1) // _LETTERS_A_TOKEN for word in _WORD.findall(rest))
