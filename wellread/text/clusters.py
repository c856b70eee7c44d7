"""The letters of a text in a writing that does not separate words, as a reader counts them.

A Chinese character or a Korean syllable is one. In the writings of Southeast Asia a consonant is one with everything
that is written around it: vowel signs before, above, below and behind, tone marks, consonants below it, and in Burmese
the consonant that closes the syllable. Single code points of these say next to nothing: Thai has some sixty.
"""

import re

# Thai and Lao, Burmese, Khmer, kana, Han, Hangul; without their digits and signs of punctuation.
UNSPACED = (
    "\u0e01-\u0e2e\u0e30-\u0e3a\u0e40-\u0e4e\u0e81-\u0eae\u0eb0-\u0ece\u0edc-\u0edf"
    "\u1000-\u103f\u104e-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f\u1780-\u17d3\u17dc-\u17dd"
    "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Written between words or letters, and not seen: zero width space and (non-)joiners.
UNSEEN = "\u200b-\u200d\u2060"

_THAI = "[\u0e40-\u0e44]?[\u0e01-\u0e2e][\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]*"
_LAO = "[\u0ec0-\u0ec4]?[\u0e81-\u0eae\u0edc-\u0edf][\u0eb0-\u0ebd\u0ec8-\u0ece]*"
_KHMER = "[\u1780-\u17b3](?:\u17d2[\u1780-\u17a2]|[\u17b4-\u17d1\u17d3\u17dd])*"
_CLOSED = "\u1039[\u1000-\u1021]|[\u102b-\u1038\u103a-\u103e\u1056-\u1059\u105e-\u1060]"
_BURMESE = f"[\u1000-\u102a\u103f\u1050-\u1055](?:{_CLOSED}|[\u1000-\u1021]\u103a)*"
_CLUSTER = re.compile(f"{_THAI}|{_LAO}|{_KHMER}|{_BURMESE}|.", re.DOTALL)
_UNSEEN = re.compile(f"[{UNSEEN}]+")


def clusters(run: str) -> list[str]:
    """The letters of a run of such writing, in their order; together they are the run without what is not seen."""
    return _CLUSTER.findall(_UNSEEN.sub("", run))
