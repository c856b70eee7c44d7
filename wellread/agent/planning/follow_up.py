"""A question that leans on the conversation before it, made self-contained by a model."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from wellread.agent.planning.state_prompt import conversation, inactive
from wellread.agent.prompts import prompt
from wellread.agent.state.budget import Meter, least
from wellread.agent.state.knowledge import Knowledge, fold
from wellread.errors import BudgetSpentError, UnusableReplyError
from wellread.models.language_model import Form, LanguageModel, Prompt

_LONGEST = 400  # code points
_REPLY_TOKENS = 200
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"asked": {"type": "string", "minLength": 3, "maxLength": _LONGEST}},
    "required": ["asked"],
    "additionalProperties": False,
}


class FollowUp:
    """Completes questions with the model that `open_model` gives."""

    def __init__(self, name: str, open_model: Callable[[], Awaitable[LanguageModel]]) -> None:
        self.name = name
        self._open = open_model

    async def complete(self, knowledge: Knowledge, meter: Meter) -> str:
        """The question of a run in full; as the rules have it, when the reply cannot be used. Raises ModelError."""
        start = knowledge.start
        lines = [conversation(start.before), "", "<question>", inactive(start.question), "</question>"]
        allowance = meter.planning()
        allowance = replace(allowance, output_tokens=least(allowance.output_tokens, _REPLY_TOKENS))
        model = await self._open()
        try:
            filled = await model.fill(
                Prompt(prompt("follow-up"), "\n".join(lines)),
                [Form("question", "The question, complete in itself.", _SCHEMA)],
                allowance,
                meter.tally,
            )
        except (UnusableReplyError, BudgetSpentError):
            return start.asked
        asked = filled.values.get("asked")
        text = " ".join(asked.split()) if isinstance(asked, str) else ""
        unchanged = fold(text) == fold(start.question)  # then the rules' completion is the better one
        return text if 0 < len(text) <= _LONGEST and not unchanged else start.asked
