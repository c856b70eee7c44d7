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
_SENSITIVE = re.compile(
    r"\b(?:abortion|gun control|immigration policy|death penalty|euthanasia|genocide|racis[mt]|suicide|self-harm|"
    r"religio(?:n|us) (?:belief|war|conflict)s?|politic(?:s|al party|ians?)|election|"
    r"vaccin(?:e|ation) mandates?|terroris[mt]|controversial)\b",
    re.IGNORECASE,
)


def flags_of(question: str, scope: Sequence[ScopeEntry] = ()) -> Flags:
    """The flags of a question. A role-play needs a title whose author can be spoken for."""
    text = question.strip()
    sensitive = bool(_SENSITIVE.search(text))
    return Flags(
        is_role_play_request=bool(_ROLE_PLAY.search(text)) and bool(scope) and not sensitive,
        is_controversial_sensitive_topic=sensitive,
        is_greeting_or_simple_calculation=is_greeting(text) or is_calculation(text),
        is_who_are_you=is_who_are_you(text),
    )
