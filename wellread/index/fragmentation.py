"""How foreign a text is to a model, by what its tokenizer makes of it."""

import unicodedata

from tokenizers import Tokenizer

_UNKNOWN = "[UNK]"


def fragmentation(tokenizer: Tokenizer, text: str) -> float:
    """Which share (0 to 1) of the text's word pieces are no whole words: unknown, the continuation of a word, or one
    character of a writing without spaces. Punctuation is no word and does not count."""
    encoded = tokenizer.encode(encodable(text)).tokens[1:-1]
    pieces = [piece for piece in encoded if piece == _UNKNOWN or not _is_punctuation(piece)]
    if not pieces:
        return 1.0
    return sum(map(_is_fragment, pieces)) / len(pieces)


def encodable(text: str) -> str:
    """`text` without lone surrogates, which a command line can bring and no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_fragment(piece: str) -> bool:
    return piece == _UNKNOWN or piece.startswith("##") or (len(piece) == 1 and piece > "\u2e7f")


def _is_punctuation(piece: str) -> bool:
    return all(unicodedata.category(character)[0] in "PS" for character in piece.removeprefix("##"))
