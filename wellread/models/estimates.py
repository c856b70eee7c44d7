"""How many tokens a text has where no tokenizer can be asked."""

import re

from wellread.text.words import UNSPACED

_UNSPACED = re.compile(f"[{UNSPACED}]")
_PIECE = re.compile(r"\w{1,5}|[^\w\s]")


def estimated_tokens(text: str) -> int:
    """An estimate that is seldom too low: a token for each mark, for every five letters of a word, and for each
    character of a script that does not separate words."""
    unspaced = len(_UNSPACED.findall(text))
    return unspaced + len(_PIECE.findall(_UNSPACED.sub(" ", text) if unspaced else text))
