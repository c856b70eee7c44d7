"""What words alone tell against a statement: a number, a date, a unit or a name that its sources do not hold, and a
negation, or the opposite word, on one side only.

Words never tell that a source bears a statement: similarity says whether a passage speaks to it and hardly whether it
agrees. So the absence of a conflict is no support.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from wellread.grounding.quantities import claimed, held
from wellread.grounding.wording import ClosestSentence
from wellread.text.languages import languages, pattern_of, word_list_of
from wellread.text.terms import language_of, term

_SPEAKS_TO_IT = 0.75  # share of a statement's words that a sentence holds which says the same or the opposite
_NAME = re.compile(r"(?<![.!?:…]\s)(?<!^)(?<![\"“„«‘(\[–—|•]\s)(?<![\"“„«‘(\[|])\b[A-Z][\w-]*\w")
_WORD = re.compile(r"[\w-]*\w")
_LONGER = 1.6
_CLAUSE = 30  # code points
_ACRONYM = re.compile(r"[A-Z]{2,5}s?")
_PARTS = re.compile(r"[-_]")


@dataclass(frozen=True, slots=True)
class Conflict:
    """What tells against a statement; `why` says it to a reader, and `kind` is "number", "name" or "negation"."""

    kind: str
    why: str


def conflict_of(claim: str, sources: Sequence[str], closest: ClosestSentence | None) -> Conflict | None:
    """The first conflict of a claim with all of its `sources` together, and with the sentence that is `closest`."""
    known = [held(source) for source in sources]
    for quantity in claimed(claim):
        if not any(quantity.stands_in(one) for one in known):
            return Conflict("number", f"“{quantity.written}” does not stand in the passages.")
    if name := next((name for name in names_in(claim) if not _is_named(name, sources)), ""):
        return Conflict("name", f"“{name}” is not named in the passages.")
    if closest is not None and closest.coverage >= _SPEAKS_TO_IT and _as_long(claim, closest.text):
        if negates(claim) != negates(closest.text):
            return Conflict("negation", "Only one of the statement and the passage says “not”.")
        if pair := opposed(claim, closest.text):
            return Conflict("negation", f"It says “{pair[0]}” where the passage says “{pair[1]}”.")
    return None


def names_in(text: str) -> tuple[str, ...]:
    """The words of a text that are names for certain: written with a capital where that is not the language's rule."""
    language = language_of(text)
    if languages().get(language, {}).get("capitals") == "nouns":
        return ()
    months = set(str(languages().get(language, {}).get("talk", {}).get("months", "")).split())
    found = (match[0] for match in _NAME.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name.casefold() not in months))


def negates(text: str) -> bool:
    """Whether a sentence has a word of its language that negates, or an odd number of them."""
    negation = pattern_of(language_of(text), "wording", "negation")
    return negation is not None and len(negation.findall(text)) % 2 == 1


def opposed(claim: str, sentence: str) -> tuple[str, str] | None:
    """A word of the claim and its opposite, which stands in the sentence instead."""
    language = language_of(claim)
    opposites = _opposites(language)
    said = {term(word.casefold(), language): word for word in _WORD.findall(claim)}
    source = {term(word.casefold(), language): word for word in _WORD.findall(sentence)}
    for stem, word in said.items():
        for other in opposites.get(stem, ()):
            if stem not in source and other in source and other not in said:
                return word, source[other]
    return None


def _as_long(claim: str, sentence: str) -> bool:
    """Whether a sentence says little else than the claim, so that its "not" is about that."""
    return len(sentence) <= _LONGER * len(claim) + _CLAUSE


def _is_named(name: str, sources: Sequence[str]) -> bool:
    folded = name.casefold()
    parts = [part.casefold() for part in _PARTS.split(name) if not part.islower()]
    for source in sources:
        words = _words(source)
        if folded in words or all(part in words or _stem(part) in words for part in parts):
            return True
        if _ACRONYM.fullmatch(name) and folded.removesuffix("s") in _initials(source):
            return True
    return False


def _stem(word: str) -> str:
    return term(word, "en")  # a name has no language; this takes the plural off


@lru_cache(maxsize=256)
def _words(source: str) -> frozenset[str]:
    """The words of a source, folded, those with hyphens also in parts, and stems."""
    words = {word for found in _WORD.findall(source.casefold()) for word in (found, *_PARTS.split(found))}
    return frozenset(words | {_stem(word) for word in words})


@lru_cache(maxsize=256)
def _initials(source: str) -> frozenset[str]:
    """What two to five words in a row may be shortened to."""
    letters = [word[0] for word in _WORD.findall(source.casefold())]
    return frozenset(
        "".join(letters[start : start + length]) for start in range(len(letters)) for length in range(2, 6)
    )


@cache
def _opposites(language: str) -> dict[str, frozenset[str]]:
    """The stems of words, and those of their opposites."""
    found: dict[str, set[str]] = {}
    for pair in word_list_of(language, "opposites"):
        one, other = (term(word, language) for word in pair.split("/"))
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}
