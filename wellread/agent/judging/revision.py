"""The revision of a draft before it is shown: what its passages contradict or do not bear is rewritten or dropped, and
citations are moved to the passages that bear their statements."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from wellread.agent.judging.model_judge import statements_block
from wellread.agent.prompts import prompt
from wellread.agent.state.budget import Meter, in_budget
from wellread.errors import BudgetSpentError, ModelError
from wellread.events import Citation, Statement
from wellread.grounding.inline import inert, read_inline
from wellread.grounding.judgement import JudgedClaim
from wellread.grounding.tally import UNBORNE
from wellread.models.language_model import Form, LanguageModel, Prompt, object_schema

_LONGEST = 600  # code points of a rewritten statement
_TOKENS_A_STATEMENT = 120
_THOUGHT_TOKENS = 2_000
_EMPTY_ITEM = re.compile(r"^[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]*$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}")
_HEADING = re.compile(r"^#{1,6}\s")


def is_bad(statement: Statement) -> bool:
    """Whether a statement may not stand in an answer that is checked before it is shown."""
    return statement.verdict in UNBORNE


@dataclass(frozen=True, slots=True)
class Reviser:
    """Rewrites statements with the model that `open_model` gives."""

    open_model: Callable[[], Awaitable[LanguageModel]]

    async def rewritten(
        self, statements: Sequence[tuple[Statement, JudgedClaim]], meter: Meter
    ) -> dict[int, str]:
        """What to say in place of statements, by their start, from their sentences alone; nothing for those that are
        best dropped, or when the model cannot say."""
        try:
            model = await in_budget(self.open_model(), meter)
            if model.small:
                return {}  # it is trusted with no rewriting
            most = _TOKENS_A_STATEMENT * len(statements) + _THOUGHT_TOKENS
            asked = Prompt(prompt("reviser"), statements_block([claim for _, claim in statements]))
            filled = await model.fill(asked, [_FORM], meter.judging().replying(most), meter.tally)
        except (ModelError, BudgetSpentError):
            return {}  # then they are dropped
        given = filled.values.get("statements")
        texts: dict[int, str] = {}
        for entry in given if isinstance(given, list) else ():
            match entry:
                case {"statement": int(number), "text": str(text)} if 1 <= number <= len(statements):
                    line = inert(text)
                    if line and len(line) <= _LONGEST:
                        texts[statements[number - 1][0].start] = line
                case _:
                    pass
        return texts


_FORM = Form(
    "statements",
    "What to say instead of each statement.",
    object_schema(
        statements={
            "type": "array",
            "items": object_schema(
                statement={"type": "integer", "minimum": 1}, text={"type": "string", "maxLength": _LONGEST}
            ),
        }
    ),
)


def revised(markdown: str, statements: Sequence[Statement], texts: Mapping[int, str]) -> str:
    """The Markdown in which each bad statement is what `texts` has for its start, with its citations, or is dropped."""
    for statement in sorted(filter(is_bad, statements), key=lambda one: -one.start):
        written = markdown[statement.start : statement.end]
        text = texts.get(statement.start, "")
        if text:
            marks = "".join(written[mark.start : mark.end] for mark in read_inline(written).marks)
            markdown = (
                f"{markdown[: statement.start]}{text}{' ' if marks else ''}{marks}{markdown[statement.end :]}"
            )
        else:
            markdown = _without(markdown, statement.start, statement.end)
    return _without_empty_sections(markdown)


def with_moved_citations(
    markdown: str, statements: Sequence[Statement], citations: Sequence[Citation]
) -> str:
    """The Markdown in which the marks behind a statement whose citations do not bear it name those that do."""
    for statement in sorted(statements, key=lambda one: -one.start):
        if not statement.misplaced:
            continue
        written = markdown[statement.start : statement.end]
        numbers = dict.fromkeys(citations[position].number for position in statement.citations)
        marks = read_inline(written).marks
        for index, mark in reversed(list(enumerate(marks))):
            new = "".join(f"[{number}]" for number in numbers) if index == 0 else ""
            written = written[: mark.start] + new + written[mark.end :]
        markdown = markdown[: statement.start] + written + markdown[statement.end :]
    return markdown


def _without(markdown: str, start: int, end: int) -> str:
    """The Markdown without a range, and without the list marker or the line that it leaves empty."""
    while start and markdown[start - 1] == " " and markdown[end : end + 1] in ("", " ", "\n"):
        start -= 1
    before, after = markdown[:start], markdown[end:]
    line_start = before.rfind("\n") + 1
    rest, newline, further = after.partition("\n")
    line = before[line_start:]
    if not rest.strip() and (not line.strip() or _EMPTY_ITEM.match(line)):
        return before[:line_start] + further if newline else before[:line_start].rstrip("\n") + "\n"
    return before + after.lstrip(" ") if not line.strip() else before + after


def _without_empty_sections(markdown: str) -> str:
    """The Markdown without headings and tables that nothing is left of."""
    blocks = re.split(r"\n{2,}", markdown.strip("\n"))
    kept: list[str] = []
    for block in blocks:
        lines = block.split("\n")
        if len(lines) == 2 and _TABLE_RULE.match(lines[1]) and "|" in lines[0]:
            continue
        if _HEADING.match(block) and kept and _HEADING.match(kept[-1]) and _level(block) <= _level(kept[-1]):
            kept.pop()
        kept.append(block)
    while kept and _HEADING.match(kept[-1]):
        kept.pop()
    return "\n\n".join(filter(None, kept)) + "\n"


def _level(heading: str) -> int:
    return len(heading) - len(heading.lstrip("#"))
