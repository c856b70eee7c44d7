"""Which of the encodings before UTF-8 a text is in, by the letters that come out of its bytes.

Every encoding reads every file, and most give letters. In the right one they are those of one language, the frequent
ones more often than the rare, and of one script within a word. docs/decisions/018-replaced-libraries.md says how often
that is right, beside charset-normalizer.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SAMPLE = 32_768  # bytes
_C1 = re.compile("[\x80-\x9f]")
_USUAL = ("cp1252", 0.05)  # what most such files are in is preferred by that
_SYMBOLS = range(0xA1, 0xA4)  # the rows of punctuation and full-width letters
_PUNCTUATION = frozenset("«»“”„’‘–—…\xa0°§·•№©®½€、。，．・：；？！「」『』《》（）ー\u3000\u200e\u200f")
_MIXED_SCRIPTS = re.compile(r"[A-Za-z][^\W\d_A-Za-z]|[^\W\d_A-Za-z][A-Za-z]")


@dataclass(frozen=True, slots=True)
class _Encoding:
    """An encoding, as `legacy_encodings.toml` describes it. `rows` is empty for one of single bytes."""

    codec: str
    name: str
    letters: tuple[str, ...]  # of each of its languages
    latin: bool = False
    standard: str = ""
    rows: range = range(0)


@cache
def _encodings() -> tuple[_Encoding, ...]:
    table = tomllib.loads((files("wellread.text") / "legacy_encodings.toml").read_text(encoding="utf-8"))
    return tuple(
        _Encoding(
            **row
            | {"letters": tuple(table["letters"][row["letters"]]), "rows": range(*row.get("rows", (0,)))}
        )
        for row in table["encodings"]
    )


def decode_legacy(content: bytes) -> tuple[str, str]:
    """The text of bytes that are not Unicode, and what its likeliest encoding is called."""
    sample = content[:_SAMPLE]
    best = max(_encodings(), key=lambda one: _fit(sample.decode(one.codec, errors="replace"), one))
    # What means nothing in the encodings of Windows is a control character in those of ISO.
    return _C1.sub("\ufffd", content.decode(best.codec, errors="replace")), best.name


def _fit(text: str, encoding: _Encoding) -> float:
    """How well the characters beyond ASCII are those of a language of the encoding: 1 is the most."""
    beyond = Counter(char for char in text if not char.isascii())
    if not beyond:
        return 0.0
    total = max(_weight(beyond, letters, encoding) for letters in encoding.letters)
    if not encoding.latin:
        total -= 2 * len(_MIXED_SCRIPTS.findall(text))
    usual, advantage = _USUAL
    return total / beyond.total() + advantage * (encoding.codec == usual)


def _weight(beyond: Mapping[str, int], letters: str, encoding: _Encoding) -> float:
    ranks = {letter: rank for rank, letter in enumerate(letters)}
    total = 0.0
    for char, times in beyond.items():
        rank = ranks.get(char.lower())
        if char in _PUNCTUATION:
            weight = 0.5
        elif encoding.rows:
            weight = 1.0 if rank is not None else _commonness(char, encoding)
        elif rank is None:
            weight = -1.0
        else:  # capitals are few: KOI8 read as Windows-1251 is all capitals
            weight = (1 - 0.6 * rank / len(letters)) / (1 if char.islower() or not char.isupper() else 2)
        total += weight * times
    return total


def _commonness(char: str, encoding: _Encoding) -> float:
    encoded = char.encode(encoding.standard, errors="ignore")
    if len(encoded) != 2:
        return -1.0
    if encoded[0] in encoding.rows:
        return 0.6
    return 0.5 if encoded[0] in _SYMBOLS else -0.5
