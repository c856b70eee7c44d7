"""What kind of request a question is, by rules: role-play, greeting, arithmetic, "who are you", sensitive."""

import re
from collections.abc import Sequence

from wellread.agent.state.arithmetic import calculation
from wellread.events import Flags, ScopeEntry

_MOST_CHARACTERS = 200  # of a greeting, or a question about Wellread itself
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|hiya|howdy|greetings|good\s+(?:morning|afternoon|evening|day)|hallo|guten\s+(?:morgen|tag|abend)"
    r"|thanks?(?:\s+you)?(?:\s+(?:so|very)\s+much)?|thx|danke|bye|goodbye|see\s+you)\b"
    r"(?:[\s,!.]*(?:there|everyone|all|again|wellread|you|how\s+are\s+you|how\s+do\s+you\s+do|and|a\s+lot)\b)*\W*$",
    re.I,
)


_WHO = re.compile(
    r"^\W*(?:(?:hi|hello|hey)\b\W*)?(?:so|and|but)?\W*"
    r"(?:(?:ignore|forget|disregard)\s+(?:all\s+|any\s+|your\s+|the\s+|previous\s+|prior\s+)*instructions\W+(?:and\s+)?)?"
    r"(?:(?:(?:who|what)\s+(?:exactly\s+|really\s+)?are\s+you|what(?:'s|’s|\s+is)\s+(?:your\s+name|wellread)"
    r"|what\s+can\s+you\s+do|(?:who|what)\s+(?:made|built|created)\s+you"
    r"|which\s+(?:language\s+)?model\s+(?:are\s+you|do\s+you\s+use)|introduce\s+yourself|tell\s+me\s+about\s+yourself"
    r"|(?:what(?:'s|’s|\s+is|\s+are)|show(?:\s+me)?|print|repeat|reveal|tell\s+me)\s+(?:me\s+)?your\s+(?:system\s+)?"
    r"(?:prompts?|instructions)|are\s+you\s+(?:an?\s+)?(?:ai|chatgpt|gpt|bot|robot|human|llm|real\s+person)|wer\s+bist\s+du)"
    r"\b(?:\s+(?:exactly|really|then|wellread|for\s+me|please))*\W*(?:\band\b\W*)?)+$",
    re.I,
)
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


def is_greeting(question: str) -> bool:
    return bool(_GREETING.match(question)) and len(question) <= _MOST_CHARACTERS


def is_who_are_you(question: str) -> bool:
    """Whether the reader asks about Wellread itself, and about nothing else."""
    return len(question) <= _MOST_CHARACTERS and bool(_WHO.match(question))


def flags_of(question: str) -> Flags:
    """The flags of a question. What is asked for is not always done: see `plays_author`."""
    text = question.strip()
    return Flags(
        is_role_play_request=bool(_ROLE_PLAY.search(text)),
        is_controversial_sensitive_topic=bool(_SENSITIVE.search(text)),
        is_greeting_or_simple_calculation=is_greeting(text) or calculation(text) is not None,
        is_who_are_you=is_who_are_you(text),
    )


def plays_author(flags: Flags, scope: Sequence[ScopeEntry]) -> bool:
    """Whether the answer speaks as the author: on request, as the author of titles that the reader named or
    picked, and on no sensitive topic."""
    meant = bool(scope) and all(entry.found in ("named", "picked") for entry in scope)
    return flags.is_role_play_request and meant and not flags.is_controversial_sensitive_topic
