"""How the statements of an answer compare with what they rest on, counted, and those that a reader should not trust."""

from collections import Counter
from collections.abc import Sequence

from wellread.events import Statement, VerdictName
from wellread.run_values import QUOTATION, WORDS

_SAID: dict[VerdictName, str] = {
    "quoted": "quoted",
    "supported": "supported",
    "partly": "partly supported",
    "contradicted": "contradicted",
    "unsupported": "not supported",
    "conflict": "in conflict with the passages",
    "not checked": "not checked",
    "general": "without a source",
}
DOUBTFUL: frozenset[VerdictName] = frozenset({"contradicted", "unsupported", "conflict"})
UNBORNE: frozenset[VerdictName] = frozenset({"contradicted", "unsupported"})
_UNCOUNTED = frozenset({"general", "not checked"})  # of which nobody knows
_SHOWN = 160  # code points of a statement


def verdict_counts(statements: Sequence[Statement]) -> dict[VerdictName, int]:
    """How many statements have each verdict, without those that none has, best first."""
    counted = Counter(statement.verdict for statement in statements)
    return {verdict: counted[verdict] for verdict in _SAID if counted[verdict]}


def mostly_unsupported(statements: Sequence[Statement]) -> bool:
    """Whether more of what an answer claims is without support than with it."""
    claimed = [statement for statement in statements if statement.verdict not in _UNCOUNTED]
    return sum(statement.verdict in UNBORNE for statement in claimed) * 2 > len(claimed)


def judge_of(statements: Sequence[Statement]) -> str:
    """Who judged what is no quotation."""
    judges = (statement.judge for statement in statements if statement.judge not in ("", QUOTATION, WORDS))
    return next(judges, WORDS)


def verdict_line(counts: dict[VerdictName, int], judge: str = WORDS) -> str:
    """The counts in one line, and who judged."""
    told = ", ".join(f"{number} {_SAID[verdict]}" for verdict, number in counts.items())
    return f"Statements: {told} ({'words compared, no model asked' if judge == WORDS else f'judged by {judge}'})."


def doubtful_lines(statements: Sequence[Statement]) -> list[str]:
    """A line for each statement that a reader should not trust: what is wrong, its words, what the passage says."""
    lines = []
    for statement in statements:
        if statement.verdict not in DOUBTFUL:
            continue
        said = " ".join(statement.text.split())
        said = said if len(said) <= _SHOWN else said[: said.rfind(" ", 0, _SHOWN)] + " …"
        why = f" {statement.why}" if statement.why else ""
        evidence = statement.evidence
        if statement.verdict == "contradicted" and evidence and not why:
            why = f" The passage: “{evidence[:_SHOWN]}{'…' if len(evidence) > _SHOWN else ''}”"
        lines.append(f"{_SAID[statement.verdict].capitalize()}: “{said}”{why}")
    return lines
