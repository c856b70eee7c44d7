"""How the statements of an answer compare with what they cite, counted."""

from collections import Counter
from collections.abc import Sequence

from wellread.events import Statement, VerdictName

_SAID: dict[VerdictName, str] = {
    "quoted": "quoted",
    "supported": "supported by what they cite",
    "partly": "partly supported",
    "unsupported": "not supported",
    "general": "without a source",
}


def verdict_counts(statements: Sequence[Statement]) -> dict[VerdictName, int]:
    """How many statements have each verdict, without those that none has, best first."""
    counted = Counter(statement.verdict for statement in statements)
    return {verdict: counted[verdict] for verdict in _SAID if counted[verdict]}


def verdict_line(counts: dict[VerdictName, int]) -> str:
    """The counts in one line."""
    told = ", ".join(f"{number} {_SAID[verdict]}" for verdict, number in counts.items())
    return f"Statements: {told} (by comparing words)."
