"""What kind of request a question is, by rules: role-play, greeting, arithmetic, "who are you", sensitive."""

import re
from collections.abc import Sequence

from wellread.agent.direct import is_calculation, is_greeting, is_who_are_you
from wellread.events import Flags, ScopeEntry

_ROLE_PLAY = re.compile(
    r"\b(?:pretend (?:that )?(?:you|to be)|imagine (?:that )?you(?:'re| are)|act(?:ing)? (?:as|like)\b|role-?play|"
    r"play the role|as if you were|speak (?:as|like) the|answer (?:as|like) the|take the role|"
    r"in the (?:voice|words) of the author|be my mentor|you are the author)",
    re.IGNORECASE,
)
# Controversies of public life, and these only: books on software hold elections and abort transactions.
_SENSITIVE = re.compile(
    r"\b(?:(?<!transaction )(?<!process )(?<!mission )(?<!launch )abortions?"
    r"(?! of (?:an? |the )?(?:transaction|process|mission|launch))|gun control(?! (?:unit|board|panel|circuit))|"
    r"death penalty|capital punishment|euthanasia|assisted suicide|genocides?|"
    r"presidential (?:elections?|candidates?|campaigns?)|(?:rigged|stolen) elections?|"
    r"elections? (?:\w+ ){0,3}(?:rigged|stolen)|"
    r"(?:whom?|which (?:party|candidate)) (?:should|would|do|did) (?:i|we|you|people) vote for|"
    r"should (?:i|we|you|people) vote for)\b",
    re.IGNORECASE,
)


def flags_of(question: str) -> Flags:
    """The flags of a question. What is asked for is not always done: see `plays_author`."""
    text = question.strip()
    return Flags(
        is_role_play_request=bool(_ROLE_PLAY.search(text)),
        is_controversial_sensitive_topic=bool(_SENSITIVE.search(text)),
        is_greeting_or_simple_calculation=is_greeting(text) or is_calculation(text),
        is_who_are_you=is_who_are_you(text),
    )


def plays_author(flags: Flags, scope: Sequence[ScopeEntry]) -> bool:
    """Whether the answer speaks as the author: on request, as the author of titles that the reader named or
    picked, and on no sensitive topic."""
    meant = bool(scope) and all(entry.found in ("named", "picked") for entry in scope)
    return flags.is_role_play_request and meant and not flags.is_controversial_sensitive_topic
