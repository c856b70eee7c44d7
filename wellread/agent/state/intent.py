"""What kind of request a question is, by rules: role-play, greeting, arithmetic, "who are you", sensitive."""

from collections.abc import Sequence

from wellread.agent.state.arithmetic import calculation
from wellread.agent.state.questions import marked
from wellread.events import Flags, ScopeEntry
from wellread.text.languages import found

_MOST_CHARACTERS = 200  # of a greeting, or a question about Wellread itself


def is_greeting(question: str) -> bool:
    return len(question) <= _MOST_CHARACTERS and bool(found("intent", "greeting", question))


def is_who_are_you(question: str) -> bool:
    """Whether the reader asks about Wellread itself, and about nothing else."""
    return len(question) <= _MOST_CHARACTERS and bool(found("intent", "who", question))


def is_in_distress(question: str) -> bool:
    """Whether the reader may need help that no book gives."""
    return bool(found("intent", "distress", question))


def flags_of(question: str, mentions: Sequence[tuple[int, int]] = ()) -> Flags:
    """The flags of a question, in which `mentions` (code points) name titles or authors. What is asked for is not
    always done: see `plays_author`."""
    text = question.strip()
    return Flags(
        is_role_play_request=bool(found("intent", "role_play", marked(question, mentions))),
        is_controversial_sensitive_topic=bool(found("intent", "sensitive", text)),
        is_greeting_or_simple_calculation=is_greeting(text) or calculation(text) is not None,
        is_who_are_you=is_who_are_you(text),
    )


def plays_author(flags: Flags, scope: Sequence[ScopeEntry]) -> bool:
    """Whether the answer speaks as the author: on request, as the author of titles that the reader named or
    picked, and on no sensitive topic."""
    meant = bool(scope) and all(entry.found in ("named", "picked") for entry in scope)
    return flags.is_role_play_request and meant and not flags.is_controversial_sensitive_topic
