"""A question that leans on the conversation before it, made self-contained by a model."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wellread.agent.planning.inactive import inactive
from wellread.agent.planning.state_prompt import conversation
from wellread.agent.prompts import prompt
from wellread.agent.state.budget import Meter
from wellread.agent.state.knowledge import Knowledge, fold
from wellread.errors import BudgetSpentError, UnusableReplyError
from wellread.grounding.inline import defused
from wellread.models.language_model import Form, LanguageModel, Prompt, object_schema

_LONGEST = 400  # code points
_REPLY_TOKENS = 200
_FORM = Form(
    "question",
    "The question, complete in itself.",
    object_schema(asked={"type": "string", "minLength": 3, "maxLength": _LONGEST}),
)


@dataclass(slots=True)
class FollowUp:
    """Completes questions with the model that `open_model` gives."""

    name: str
    open_model: Callable[[], Awaitable[LanguageModel]]

    async def complete(self, knowledge: Knowledge, meter: Meter) -> str:
        """The question of a run in full; as the rules have it, when the reply cannot be used. Raises ModelError."""
        start = knowledge.start
        lines = [conversation(start.before), "", "<question>", inactive(start.question), "</question>"]
        allowance = meter.planning().replying(_REPLY_TOKENS)
        model = await self.open_model()
        try:
            draft = Prompt(prompt("follow-up"), "\n".join(lines))
            filled = await model.fill(draft, [_FORM], allowance, meter.tally)
        except (UnusableReplyError, BudgetSpentError):
            return start.asked
        asked = filled.values.get("asked")
        text = defused(" ".join(asked.split())) if isinstance(asked, str) else ""
        unchanged = fold(text) == fold(start.question)  # then the rules' completion is the better one
        return text if 0 < len(text) <= _LONGEST and not unchanged else start.asked
