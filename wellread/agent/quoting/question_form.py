"""What kind of answer a question asks for, and the heading under which it is answered."""

import re
from dataclasses import dataclass
from enum import StrEnum


class AnswerForm(StrEnum):
    DEFINITION = "definition"
    COMPARISON = "comparison"
    STEPS = "steps"
    REASON = "reason"
    AMOUNT = "amount"
    TIME = "time"
    OTHER = "other"


_BETWEEN = r"(?:differen\w+|distinction|distinguish|relation\w*|trade-?offs?|choose|choosing|comparison)"
_COMPARISONS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b{_BETWEEN}\s+(?:is\s+there\s+)?(?:between|of)\s+(?P<a>.+?)\s+(?:and|or)\s+(?P<b>.+)",
        r"\bcompar(?:e|es|ed|ing)\s+(?P<a>.+?)\s+(?:and|with|to|against|versus|vs\.?)\s+(?P<b>.+)",
        r"\bchang\w+\s+(?:when|as|if)\s+(?P<a>.+?)\s+(?:becomes?|turns?\s+into)\s+(?P<b>.+)",
        r"\bdistinguish(?:es|ing)?\s+(?P<a>.+?)\s+from\s+(?P<b>.+)",
        r"\bhow\s+(?:does|do|is|are)\s+(?P<a>.+?)\s+(?:differ(?:s|ent)?|different)\s+from\s+(?P<b>.+)",
        r"(?:\b(?:is|of|about|should\s+\w+\s+\w+|on)\s+|^)(?P<a>[^,?]+?)\s+(?:vs\.?|versus)\s+(?P<b>.+)",
    )
)
_LIMIT = re.compile(
    r"\s+(?:in|for|when|within|on|at|as|with|according|if|while)\s+.*|[?.!,;:].*", re.I | re.S
)
_FILLING = re.compile(
    r"^(?:the|a|an|being|my|our|your|both|roles?\s+of|(?:concepts?|notions?|ideas?)\s+of)\s+", re.I
)
_DEFINITION = re.compile(
    r"^(?:so\s+)?(?:what(?:'s|’s|\s+is|\s+are|\s+does|\s+do)\s+(?!the\s+(?:best|right|most)\b)|define\b|explain\s+what|who\s+(?:is|was)\b|"
    r"what\s+exactly)",
    re.I,
)
_STEPS = re.compile(
    r"\bhow\s+(?:to|do|does|can|could|should|would|might|best\s+to)\b|\bsteps?\b|^what\s+(?:should|can|could|must|do)\s+"
    r"(?:i|we|you|one|a)\b|\b(?:tips|advice|ways?)\b",
    re.I,
)
_AMOUNT = re.compile(
    r"\bhow\s+(?:many|much|long|often|big|large|small|far|old|fast)\b|^(?:which|what)\s+size\b", re.I
)
_BROAD = re.compile(
    r"\bhow\s+(?:to|can|could|should|do\s+(?:i|we|you))\b|\b(?:tips|advice|explain|overview|summar\w+|guide|ways|"
    r"best\s+practices?|tell\s+me|compare|differen\w+|versus|vs|pros|mentor|help\s+me|discuss|describe|everything)\b"
    r"|^what\s+(?:should|can|could|must)\s+(?:i|we|you|one|a|an|the)\b",
    re.I,
)
_HOW = re.compile(
    r"^how\s+(?:(?:to)|(?:(?:can|could|should|would|do|does|must|might)\s+(?:i|we|you|one|a\s+(?:new\s+)?\w+|an\s+\w+|the\s+\w+|"
    r"\w+s|teams?|leads?)))\s+(?:best\s+)?(?P<rest>.+)$",
    re.I,
)
_WHAT = re.compile(r"^what(?:'s|’s|\s+is|\s+are)\s+(?P<rest>.+)$", re.I)
_VOWELS = "aeiou"
_STRESSED_AT_END = frozenset(
    (
        "begin",
        "refer",
        "admit",
        "commit",
        "permit",
        "submit",
        "omit",
        "control",
        "prefer",
        "occur",
        "transfer",
    )
)


@dataclass(frozen=True, slots=True)
class Compared:
    """The two things that a question compares, as it calls them."""

    first: str
    second: str


def form_of(question: str) -> AnswerForm:
    """The kind of answer that fits; OTHER for what is not recognised, as in languages other than English."""
    asked = question.strip()
    if compared(asked):
        return AnswerForm.COMPARISON
    if _AMOUNT.search(asked):
        return AnswerForm.AMOUNT
    if re.match(r"^why\b|.*\breasons?\b", asked, re.I):
        return AnswerForm.REASON
    if _STEPS.search(asked):
        return AnswerForm.STEPS
    if re.match(r"^when\b|^at\s+what\b", asked, re.I):
        return AnswerForm.TIME
    return AnswerForm.DEFINITION if _DEFINITION.match(asked) else AnswerForm.OTHER


def is_broad(question: str) -> bool:
    """Whether a question asks for advice or an account, and not for one fact."""
    return bool(_BROAD.search(question))


def compared(question: str) -> Compared | None:
    """The two things compared in a question, or None."""
    for pattern in _COMPARISONS:
        if match := pattern.search(question.strip()):
            first, second = _thing(match["a"]), _thing(match["b"])
            if first and second and first.casefold() != second.casefold():
                return Compared(first, second)
    return None


def theme(question: str) -> str:
    """A heading for what answers the question: a short theme where the wording allows, else the question."""
    asked = " ".join(question.split())
    pair = compared(asked)
    if pair and len(f"{pair.first}{pair.second}".split()) <= 8:
        return capital(f"{pair.first} and {pair.second}: the difference")
    bare = asked.rstrip("?.! ")
    if match := _HOW.match(bare):
        return capital(_gerund(match["rest"]))
    if (match := _WHAT.match(bare)) and len(match["rest"].split()) <= 6:
        return capital(re.sub(r"^(?:a|an)\s+", "", match["rest"], flags=re.I))
    return capital(asked)


def _thing(words: str) -> str:
    thing = _LIMIT.sub("", words.strip())
    while (shorter := _FILLING.sub("", thing)) != thing:
        thing = shorter
    return thing.strip(" \"'“”‘’*_") if len(thing.split()) <= 6 else ""


def _gerund(clause: str) -> str:
    """ "balance both roles" → "balancing both roles"; adverbs before the verb stay where they are."""
    words = clause.split()
    for index, word in enumerate(words):
        if word.lower().endswith("ly") or word.lower() in ("not", "also", "both"):
            continue
        words[index] = _ing(word)
        break
    return " ".join(words)


def _ing(verb: str) -> str:
    low = verb.lower()
    if not low.isalpha() or low.endswith("ing"):
        return verb
    if low.endswith("ie"):
        return verb[:-2] + "ying"
    if low.endswith("e") and not low.endswith(("ee", "oe", "ye")) and len(low) > 2:
        return verb[:-1] + "ing"
    closed = len(low) > 2 and low[-1] not in _VOWELS + "wxy" and low[-2] in _VOWELS and low[-3] not in _VOWELS
    one_syllable = len(re.findall(r"[aeiouy]+", low)) == 1
    if closed and (one_syllable or low in _STRESSED_AT_END):
        return verb + verb[-1] + "ing"
    return verb + "ing"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
