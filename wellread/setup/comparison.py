"""One question answered both ways: by quoting, and by a model."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.events import AnswerChecked, AnswerCompleted, ModelFailed, RunCompleted, RunFailed, Statement
from wellread.models.resolve import EXTRACTIVE
from wellread.wire.runs import AskOptions


@dataclass(frozen=True, slots=True)
class ComparedAnswer:
    """An answer, who wrote it, and what it took. `problem` says why a model, or the run, failed: for good or in one of
    its calls."""

    model: str
    written_by: str  # "" when there is no answer
    markdown: str
    statements: tuple[Statement, ...]
    seconds: float
    cost: float | None  # US dollars, of the calls whose price is known; None when a price is not
    problem: str


async def question_to_compare(library: Wellread) -> str:
    """The best that the library suggests. Raises NotFoundError when it suggests none."""
    for offered in library.titles.to_begin_with():
        return offered.question
    raise NotFoundError(
        "The library suggests no question yet.", hint="Add titles (`wellread add PATH`), or say a question."
    )


async def both_ways(library: Wellread, question: str, model: str) -> AsyncGenerator[ComparedAnswer, None]:
    """The answer by quoting, then the model's. Both are kept among the conversations. Raises as `Wellread.ask` does."""
    await library.roles(
        AskOptions(model=model)
    )  # a model that cannot be had is said before anything is asked
    for name in (EXTRACTIVE, model):
        yield await _answered(library, question, name)


async def _answered(library: Wellread, question: str, model: str) -> ComparedAnswer:
    markdown, author, problem, seconds = "", "", "", 0.0
    statements: tuple[Statement, ...] = ()
    cost: float | None = None
    async with aclosing(library.ask(question, AskOptions(model=model))) as events:
        async for event in events:
            match event:
                case AnswerCompleted():
                    markdown, author, statements = event.markdown, event.written_by, event.statements
                case AnswerChecked():
                    statements = event.statements
                case ModelFailed() | RunFailed():
                    problem = event.message
                case RunCompleted(usage=usage):
                    seconds = event.seconds
                    cost = None if usage.unpriced_calls else usage.cost
                case _:
                    pass
    return ComparedAnswer(model, author, markdown, statements, seconds, cost, problem)
