"""How far each snippet helps with the question, as a model reads it: a score and a summary, many at once.

After PaperQA's evidence step: the score and the summary help to choose; what is cited is the snippet itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from wellread.agent.planning.inactive import inactive, on_one_line
from wellread.agent.planning.state_prompt import block
from wellread.agent.prompts import prompt
from wellread.agent.state.budget import Meter
from wellread.errors import BudgetSpentError, UnusableReplyError
from wellread.events import EvidenceScored, Snippet
from wellread.grounding.inline import defused
from wellread.models.language_model import Allowance, Form, LanguageModel, Prompt, object_schema

_SUMMARY = 300  # code points
_REPLY_TOKENS = 200
_THOUGHT_TOKENS = 1_000  # besides, of a hosted model that thinks before it replies
_FORM = Form(
    "evidence",
    "What the passage says on the question, and how far that helps.",
    object_schema(
        summary={"type": "string", "minLength": 1, "maxLength": _SUMMARY},
        score={"type": "integer", "enum": list(range(11))},
    ),
)


@dataclass(slots=True)
class EvidenceJudge:
    """Scores with the model that `open_model` gives."""

    name: str
    open_model: Callable[[], Awaitable[LanguageModel]]

    async def score(
        self, question: str, snippets: Sequence[Snippet], step: int, meter: Meter
    ) -> AsyncGenerator[EvidenceScored, None]:
        """An event for each snippet, in their order; none for one whose reply cannot be used, or for which the budget
        does not suffice. Raises ModelError when the model fails."""
        model = await self.open_model()
        at_once = asyncio.Semaphore(model.calls_at_once)

        async def judged(snippet: Snippet) -> EvidenceScored | None:
            async with at_once:  # all that run at once share what is left
                allowance = meter.planning().shared(min(len(snippets), model.calls_at_once))
                return await _judged(model, question, snippet, step, allowance, meter)

        tasks = [asyncio.create_task(judged(snippet)) for snippet in snippets]
        try:
            for task in tasks:
                event = await task
                if event is not None:
                    yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _judged(
    model: LanguageModel,
    question: str,
    snippet: Snippet,
    step: int,
    allowance: Allowance,
    meter: Meter,
) -> EvidenceScored | None:
    allowance = allowance.replying(_REPLY_TOKENS + (0 if model.reads_slowly else _THOUGHT_TOKENS))
    user = f"<question>\n{inactive(question)}\n</question>\n\n{block(snippet)}"
    try:
        filled = await model.fill(Prompt(prompt("evidence"), user), [_FORM], allowance, meter.tally)
    except (UnusableReplyError, BudgetSpentError):
        return None
    score, summary = filled.values.get("score"), filled.values.get("summary")
    if not isinstance(score, int) or not 0 <= score <= 10 or not isinstance(summary, str):
        return None
    return EvidenceScored(
        step=step, number=snippet.number, score=score, summary=on_one_line(defused(summary))[:_SUMMARY]
    )
