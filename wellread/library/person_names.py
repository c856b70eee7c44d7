"""Names of authors as a bibliography sorts them: given and family name, where that is certain enough.

A wrong split is worse than none, so whatever may be an organisation or several people, is one word only, or stands
in a script in which the family name comes first, stays whole.
"""

import re
import unicodedata
from dataclasses import dataclass

from wellread.text.languages import word_list

_SUFFIX = re.compile(r"(?:jr|sr)\.?|ii|iii|iv", re.I)
_DEGREES = frozenset("phd md mba msc mphil dphil edd jd".split())
# Of the family name itself.
_CAPITAL_PARTICLES = frozenset("Da De Del Della Den Der Di Du La Le Van Von".split())
_SPLIT_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
_MARKS = frozenset(".,'’-\u2010\u2011")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in its parts, or a name that stays whole as `literal`, the parts being "" then."""

    family: str = ""
    given: str = ""
    particle: str = ""  # "van" of "Ludwig van Beethoven"
    suffix: str = ""
    literal: str = ""


def person_name(text: str) -> PersonName:
    """The parts of "Given Family", "Given Family, Jr." or "Family, Given"."""
    whole = unicodedata.normalize("NFC", " ".join(text.split()))
    if _stays_whole(whole):
        return PersonName(literal=whole)
    pieces = [piece.split() for piece in whole.split(",")]
    suffix = ""
    if pieces[-1] and sum(map(len, pieces)) > 2 and _SUFFIX.fullmatch(pieces[-1][-1]):
        suffix = pieces[-1].pop()
        pieces = pieces if pieces[-1] else pieces[:-1]
    match pieces:
        case [[_, _, *_] as words]:
            first = _family_begins(words)
            return _divided(words[:first], words[first:], suffix)
        case [[_, *_] as family, [_, *_] as given]:
            divided = _divided(given, family, suffix)
            # "Jane Roe, John Doe" are two people.
            return divided if len(given) == 1 or " " not in divided.family else PersonName(literal=whole)
        case _:
            return PersonName(literal=whole)


def _stays_whole(name: str) -> bool:
    words = [word.strip(",").replace(".", "").casefold() for word in name.split()]
    if any(word in word_list("corporate") or word in _DEGREES for word in words):
        return True
    return not all(
        character.isspace()
        or character in _MARKS
        or (character.isalpha() and unicodedata.name(character, "").startswith(_SPLIT_SCRIPTS))
        for character in name
    )


def _family_begins(words: list[str]) -> int:
    """The index of the first word that belongs to the family name or to the particle before it."""
    for index, word in enumerate(words[1:-1], 1):
        if word in word_list("name_particles"):
            return index
        if word == "y":
            return max(1, index - 1)
    first = len(words) - 1
    while first > 1 and words[first - 1] in _CAPITAL_PARTICLES:
        first -= 1
    return first


def _divided(given: list[str], family: list[str], suffix: str) -> PersonName:
    particles = 0
    while particles < len(family) - 1 and family[particles] in word_list("name_particles"):
        particles += 1
    return PersonName(
        family=" ".join(family[particles:]),
        given=" ".join(given),
        particle=" ".join(family[:particles]),
        suffix=suffix,
    )
