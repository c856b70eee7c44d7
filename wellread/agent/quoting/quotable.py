"""Whether a sentence can be quoted without what stands around it, and what kind of thing it says."""

import re

from wellread.text.words import count_words

FEWEST_WORDS = 5
FEWEST_WHOLE = 3
MOST_WORDS = 48

_LEANING = re.compile(
    r"[\"“‘'(]*(?:this|that|these|those|it|its|they|them|their|he|him|his|she|her|hers|such|here|there(?!\s+(?:is|are|was|were)\b)"
    r"|however|but|and|so(?!\s+(?:that|far)\b)|or|nor|yet|then|thus|therefore|hence|consequently|accordingly|also|moreover"
    r"|furthermore|instead|otherwise|similarly|likewise|conversely|nevertheless|nonetheless|still|again|meanwhile"
    r"|afterwards|besides|additionally|indeed|finally|both|neither|either|another|others|one\s+of\s+(?:them|these)|some\s+of\s+(?:them|these)|none\s+of"
    r"|for\s+(?:this|that|these|example|instance)|in\s+(?:this|that|these|other|such|contrast|addition|both|either|turn)\b"
    r"|as\s+(?:a\s+result|such|before|above|well)|by\s+(?:then|contrast)|on\s+(?:the\s+other|that|this)|because\s+of\s+(?:this|that)"
    r"|after\s+(?:that|this|which)|to\s+(?:do|achieve)\s+(?:so|this|that)|doing\s+(?:so|this|that)|without\s+(?:it|them|this|that)"
    r"|with\s+(?:it|this|that|these)|at\s+(?:that|this)|unlike\s+(?:this|that|these)"
    r"|the\s+(?:first|second|third|fourth|fifth|last|other|others|former|latter|same|next|rest|previous|above|following"
    r"|opposite|two|three|four|five|row|answer|result|sum|reason|strongest|exception|question|objection|point|arrangement|list|case)\b|we\s+(?:agree|disagree|think\s+so)"
    r"|which|whose|whom|yes|no|well|right|exactly|sure|okay|ok|yeah|hm+|oh|same|only\s+then|all\s+of\s+(?:them|these|this|that)"
    r"|dies(?:e[rsmn]?)?|er|sie|es|aber|doch|auch|daher|deshalb|dann|jedoch|außerdem|dabei|damit|dort|hier|und|oder)"
    r"(?![\w'’-])|[\"“‘'(]*(?:it|that|they|he|she|there|here|this)['’]\w+",
    re.I,
)
_POINTING = re.compile(
    r"\b(?:see|cf\.?|in|read|of|from|by)\s+(?:the\s+)?(?:next\s+|previous\s+|last\s+|following\s+)?"
    r"(?:chapters?|sections?|appendix|figures?|tables?|pages?|part)\b"
    r"|\b(?:next|previous|last|following|this)\s+(?:chapter|section|page|book|part)\b|\b(?:as\s+)?(?:shown|seen|described|mentioned|discussed|noted)\s+"
    r"(?:above|below|earlier|later|in)\b|\b(?:above|below)[.:,]|\bfollowing\b|\b(?:figure|table|chapter|section)\s+\d|\bsiehe\b",
    re.I,
)
_NARRATING = re.compile(
    r"(?:take|imagine|consider|suppose|picture|look\s+at|here\s+is|here\s+are|let\s+us|let['’]s)\b", re.I
)
# A view that is reported, often to be rejected: quoted alone it would be put into the author's mouth.
_REPORTING = re.compile(
    r"(?:there\s+(?:is|are)\s+.{0,40}\b(?:say|says|think|claim|believe|argue)\b|some\s+(?:people\s+|leads\s+|managers\s+|authors\s+|teams\s+)?"
    r"(?:say|claim|argue|think|believe|would)\b|(?:the|a|an|one)\s+(?:\w+\s+)?(?:popular|common|usual|conventional|standard|best|familiar|obvious)\s+"
    r"(?:story|account|objection|advice|recommendation|view|compromise|argument|wisdom|belief|complaint|excuse|misconception|mistake)\b"
    r"|(?:many|most)\s+(?:people\s+|leads\s+|managers\s+)?(?:say|believe|think|claim|assume)\b|people\s+(?:often\s+)?(?:say|think|believe)\b"
    r"|it\s+is\s+(?:often|sometimes|commonly|usually)\s+(?:said|claimed|believed|argued)\b|critics\b|opponents\b)",
    re.I,
)
_END = re.compile(r"[.!。！…][\"'”’»)\]*]*$")
_QUESTION_END = re.compile(r"[?？][\"'”’»)\]*]*$")
_AROUND = ".,;:!?…。！？\"'“”‘’«»()[]—–-"
_PLAIN_WORD = re.compile(r"[^\W_]+(?:['’.，、：；·-][^\W_]+)*|%?")
_PERSON = re.compile(r"\b(?:he|she|him|his|her|hers)\b", re.I)
_PAIRS = (("“", "”"), ("(", ")"), ("[", "]"), ("«", "»"))

_IMPERATIVE_WORDS = """
    accept add admit agree aim allow announce answer apply ask assign assume avoid balance be become begin
    block book bring build call cancel change check choose clarify clear close collect come communicate
    compare confirm count create cut decide define delegate delete deliver describe discuss divide do
    document draw drop encourage end ensure establish expect explain fill find finish fix focus follow
    forget get give go grant handle have help hire hold ignore improve include install introduce invite
    invest join keep know learn leave let limit listen look make mark measure meet mention move name never
    note observe offer open order pair pay pick place plan practice praise prefer prepare protect prioritize
    put raise read recognize record reduce remember remove repeat replace reply report resist respect
    restart review reward run save say schedule see select send separate set share shift show sit solicit
    spend split start state stay stop store take talk teach tell test thank think time treat trust try turn
    type update use verify visit wait walk watch work write don't
"""
_IMPERATIVES = frozenset(_IMPERATIVE_WORDS.split())
_OBJECT_UNKNOWN = re.compile(r"[\"“]?\w+\s+(?:it|them|him|her|this|that|those|these)\b", re.I)
_OUGHT = re.compile(
    r"\b(?:should|must|need(?:s)?\s+to|ought\s+to|has\s+to|have\s+to|had\s+better)\b|^never\b|^always\b", re.I
)
_CONTRAST = re.compile(
    r"\b(?:while|whereas|unlike|rather\s+than|differ\w*|in\s+contrast|compared|more\s+than|less\s+than|but|instead\s+of|"
    r"on\s+the\s+other\s+hand|neither|both)\b|;\s",
    re.I,
)
_REASON = re.compile(
    r"\b(?:because|since|reasons?|so\s+that|therefore|in\s+order\s+to|prevents?|causes?|as\s+a\s+result|due\s+to)\b",
    re.I,
)
_AMOUNT = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred|thousand"
    r"|half|third|quarter|fifth|once|twice|daily|weekly|monthly|yearly|minutes?|hours?|days?|weeks?|months?|years?|percent)\b",
    re.I,
)
_TIME = re.compile(r"\b(?:when|whenever|if|until|before|after|once|during|as\s+soon\s+as|unless)\b|\d", re.I)
_COPULA = re.compile(
    r"\b(?:is|are|was|were|means?|refers?\s+to|describes?|denotes?|consists?\s+of|stands?\s+for)\b", re.I
)


_STUB = re.compile(
    r"\W*(?:please\s+)?(?:see|refer to|check out|consult)\b|\W*this \w+ (?:has|was) moved\b", re.IGNORECASE
)
_STUB_WORDS = 14


def is_quotable(text: str) -> bool:
    """Whether a sentence is whole, says something, and points to no other place in its source."""
    if not FEWEST_WORDS <= count_words(text) <= MOST_WORDS or _REPORTING.match(text):
        return False
    return is_whole(text) and not _POINTING.search(text) and not _is_stub(text)


def _is_stub(text: str) -> bool:
    """ "See Main building script: debian/rules.": a short sentence that only sends the reader elsewhere."""
    return bool(_STUB.match(text)) and count_words(text) <= _STUB_WORDS


def is_whole(text: str) -> bool:
    """Whether a text is a full sentence, from its first letter to its full stop, with all its brackets and
    quotation marks, and is mostly words."""
    if not _END.search(text):
        return False
    first = text.lstrip("\"“‘'([«„—- ")
    if (
        not first
        or not first[0].isalnum()
        or first[0].islower()
        or any(text.count(one) != text.count(other) for one, other in _PAIRS)
    ):
        return False
    if text.count('"') % 2:
        return False
    spaced = [word.strip(_AROUND) for word in text.split()]
    return count_words(text) >= FEWEST_WHOLE and sum(
        bool(_PLAIN_WORD.fullmatch(word)) for word in spaced
    ) >= 0.7 * len(spaced)


def continues(text: str, before: str) -> bool:
    """Whether a sentence may be quoted together with what stands before it."""
    if names_nobody(text) and not names_nobody(before):
        return False
    return is_whole(text) and not _POINTING.search(text) and not narrates(text) and not _REPORTING.match(text)


def leans_back(text: str) -> bool:
    """Whether a sentence begins in a way that needs the one before it."""
    return bool(_LEANING.match(text))


def narrates(text: str) -> bool:
    """Whether a sentence opens a story or an example, which means little without what follows."""
    return bool(_NARRATING.match(text))


def names_nobody(text: str) -> bool:
    """Whether a text speaks of a "he" or "she" at all, who was named before it."""
    return bool(_PERSON.search(text))


def asks(text: str) -> bool:
    return bool(_QUESTION_END.search(text))


def is_imperative(text: str) -> bool:
    """Whether a sentence tells the reader to do something."""
    first = re.match(r"[\"“‘'(]*([A-Za-z'’]+)(?:\s+(\w+))?", text)
    if not first:
        return False
    word = first[1].lower().replace("’", "'")
    follows = (first[2] or "").lower()
    if follows in (
        "is",
        "are",
        "was",
        "were",
        "of",
        "has",
        "can",
        "will",
        "should",
        "and",
        "in",
        "by",
        "that",
    ):
        return False  # "Work is …", "Time of …": a noun
    return word in _IMPERATIVES


def is_advice(text: str) -> bool:
    """Whether a sentence tells the reader what to do and what to do it with ("Tell them" does not)."""
    if _OBJECT_UNKNOWN.match(text):
        return False
    return is_imperative(text) or bool(_OUGHT.search(text))


def contrasts(text: str) -> bool:
    return bool(_CONTRAST.search(text))


def gives_reason(text: str) -> bool:
    return bool(_REASON.search(text))


def gives_amount(text: str) -> bool:
    return bool(_AMOUNT.search(text))


def gives_time(text: str) -> bool:
    return bool(_TIME.search(text))


def subject_of(text: str) -> str:
    """What stands before the first "is", "means" and the like, if that comes early; "" otherwise."""
    copula = _COPULA.search(text)
    subject = text[: copula.start()].strip() if copula else ""
    return subject if 0 < len(subject.split()) <= 5 else ""
