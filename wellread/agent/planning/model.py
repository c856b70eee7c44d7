"""A planner that asks a language model: one structured call a step, repaired once when the reply cannot be used."""

from collections.abc import Awaitable, Callable

from wellread.agent.planning.action_forms import choice_of, forms
from wellread.agent.planning.gate import objection
from wellread.agent.planning.inactive import quoted
from wellread.agent.planning.rules import Planned, RulePlanner
from wellread.agent.planning.state_prompt import state
from wellread.agent.prompts import prompt
from wellread.agent.state.actions import ActionName
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import flags_of
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.language_gap import gap_of
from wellread.agent.state.questions import asked_questions
from wellread.errors import PromptTooLongError, UnusableReplyError
from wellread.models.language_model import Allowance, Filled, Form, LanguageModel, Prompt
from wellread.text.words import count_words

_DETAIL = (None, 60, 20, 6)  # words of each piece of knowledge that are shown, from all to a few
_FRUGAL = 3  # where a model that reads slowly begins in it
_REPLY_TOKENS = 700  # that a reply may take
_THOUGHT_TOKENS = 2_000  # besides, of a hosted model that thinks before it replies
_PLAIN_WORDS = 40
_LOOKING = frozenset(("find_products", "search_inside_books", "describe_library"))


class ModelPlanner:
    """Chooses with the model that `open` gives. The rules take the steps that need no thought: what needs no search,
    and the first search of a plain question, so that such a question costs two calls, this one and the writer's."""

    def __init__(self, name: str, open_model: Callable[[], Awaitable[LanguageModel]]) -> None:
        self.name = name
        self._open = open_model
        self._rules = RulePlanner()

    async def choose(self, knowledge: Knowledge, allowed: frozenset[ActionName], meter: Meter) -> Planned:
        """Raises UnusableReplyError when two replies cannot be used, and what a call raises."""
        if flags_of(knowledge.start.question, knowledge.start.mentions).needs_no_search or _opens_plainly(
            knowledge, allowed
        ):
            return await self._rules.choose(knowledge, allowed, meter)
        model = await self._open()
        offered = forms(knowledge, allowed, small=model.small)
        wrong = ""
        for _ in range(2):
            try:
                filled = await self._fill(model, knowledge, offered, meter, wrong)
                choice = choice_of(filled, offered)
            except (UnusableReplyError, ValueError) as error:
                wrong = str(error)
                continue
            wrong = objection(choice, knowledge)
            if not wrong:
                return Planned(choice, self.name)
        raise UnusableReplyError(wrong)

    async def _fill(
        self, model: LanguageModel, knowledge: Knowledge, offered: list[Form], meter: Meter, wrong: str
    ) -> Filled:
        """A reply, with as much of the knowledge shown as the model can read."""
        system = prompt("planner-deep" if knowledge.start.mode == "deep" else "planner")
        thought = 0 if model.reads_slowly else _THOUGHT_TOKENS
        allowance = meter.planning().replying(_REPLY_TOKENS + thought)
        details = _DETAIL[_FRUGAL:] if model.reads_slowly else _DETAIL
        for words in details:
            user = state(knowledge, (form.name for form in offered), words=words)
            if wrong:
                user += f"\n\nYour last reply could not be used: {quoted(wrong)}. Reply again."
            if words != details[-1] and not await _fits(model, system + user, allowance):
                continue
            try:
                return await model.fill(Prompt(system, user), offered, allowance, meter.tally)
            except PromptTooLongError:  # the provider counts otherwise than we do
                if words == details[-1]:
                    raise
        raise AssertionError("the last detail was tried")


async def _fits(model: LanguageModel, text: str, allowance: Allowance) -> bool:
    tokens = await model.count(text)
    within = allowance.input_tokens is None or tokens <= allowance.input_tokens
    return within and tokens + _REPLY_TOKENS <= model.context_tokens


def _opens_plainly(knowledge: Knowledge, allowed: frozenset[ActionName]) -> bool:
    """Whether a quick run begins with one question of its own, for which the rules find titles and search as well as
    any model."""
    start = knowledge.start
    if start.mode != "quick" or start.before or knowledge.cells or "ask_clarifying_question" in allowed:
        return False
    flags = flags_of(start.question, start.mentions)
    if flags.is_role_play_request or flags.is_controversial_sensitive_topic or not _LOOKING & allowed:
        return False
    if gap_of(knowledge) is not None:  # the rules search in the words of the question
        return False
    return (
        count_words(start.question) <= _PLAIN_WORDS
        and len(asked_questions(start.asked, start.mentions).rows) == 1
    )
