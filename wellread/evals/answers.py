"""How good answers are, by judged questions: what was found, what was chosen, what was said, and silence."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from wellread.agent.state.knowledge import Knowledge, fold_events
from wellread.engine import Wellread
from wellread.errors import BadRequestError, NotFoundError
from wellread.evals.facts import Fact
from wellread.evals.points import QuotedPoint, own_words, quoted_points
from wellread.evals.questions import JudgedQuestion
from wellread.events import AnswerStarted, AnyEvent, RunCompleted, RunFailed, RunStarted, answer_of
from wellread.store.catalog.title_index import fold_title
from wellread.text.folded import FoldedText, distance
from wellread.text.words import count_words
from wellread.wire.runs import AskOptions

BESIDE = 100  # words of a section between a quotation and a fact beside which it stands

_SEARCH = "search_inside_books"
_CALLER = ""  # whoever needs no login, as on the command line


class FactFigures(BaseModel):
    """A fact of `must`, and where it stands."""

    model_config = ConfigDict(frozen=True)

    fact: str
    found: bool  # in a snippet that was found
    evidence: bool  # in a snippet that was chosen for the answer
    answer: bool


class AnswerFigures(BaseModel):
    """What came of a judged question."""

    model_config = ConfigDict(frozen=True)

    type: Literal["question"] = "question"
    id: str
    kind: str
    question: str
    after: str
    unanswerable: bool
    score: int  # a proxy, 0 to 3; `score_of` says how
    answered: bool
    title_found: bool | None  # all the titles expected; None when none is
    facts: tuple[FactFigures, ...]
    points: int  # quoted
    bearing: int  # of them, those that hold a fact or stand beside one
    titles: tuple[str, ...]  # that the answer cites or was given to rest on
    scope: tuple[str, ...]
    searched: tuple[str, ...]  # the questions of the searches, as they were put
    evidence_words: int
    seconds: float
    tokens: int
    written_by: str
    markdown: str
    failure: str  # why there is no answer


async def measured(
    library: Wellread, questions: Iterable[JudgedQuestion], options: AskOptions
) -> AsyncGenerator[AnswerFigures, None]:
    """Ask each question over the library, and say what came of it. The conversations are deleted.

    Raises as `Wellread.roles` does, before the first; a question that fails is a figure, too.
    """
    await library.roles(options)
    for question in questions:
        conversation = ""
        events: list[AnyEvent] = []
        failure = ""
        try:
            for asked in filter(None, (question.after, question.question)):
                events = []
                following = options.model_copy(update={"conversation_id": conversation})
                async with aclosing(library.ask(asked, following)) as stream:
                    async for event in stream:
                        events.append(event)
                        if isinstance(event, RunStarted):
                            conversation = event.conversation_id
        except BadRequestError as error:  # too long, or nothing that could be asked
            failure = error.message
        finally:
            if conversation:
                await asyncio.to_thread(library.conversations.delete, conversation, _CALLER)
        yield await _figures(library, question, [] if failure else events, failure)


def answered(events: Sequence[AnyEvent]) -> bool:
    """Whether a run answers its question: from the titles, with citations, or directly where no search is needed.

    An answer that was given no knowledge to rest on does not count, whatever it shows: it says that nothing answers,
    or lists what lies nearest.
    """
    start = next((event for event in events if isinstance(event, AnswerStarted)), None)
    end = answer_of(events)
    if start is None or end is None:
        return False
    if start.flags.needs_no_search:
        return bool(end.markdown.strip())
    return bool(start.knowledge) and any(statement.citations for statement in end.statements)


def score_of(
    question: JudgedQuestion,
    facts: Sequence[FactFigures],
    bearing: float,
    *,
    answers: bool,
    title_found: bool | None,
) -> int:
    """A proxy for what a reader would give, 0 (wrong) to 3 (very good). `bearing` is a share.

    With facts: 3 when the answer holds all of them and .6 of its points bear on them; 2 for all of them, or for half
    and .5 of the points; 1 for any. Without: 3 for an answer from the titles expected. Unanswerable: 3 for silence.
    """
    if question.unanswerable:
        return 0 if answers else 3
    if not answers:
        return 0
    if not facts:
        return 0 if title_found is False else 3
    held = sum(fact.answer for fact in facts)
    if held == len(facts):
        return 3 if bearing >= 0.6 else 2
    if held * 2 >= len(facts) and bearing >= 0.5:
        return 2
    return 1 if held else 0


async def _figures(
    library: Wellread, question: JudgedQuestion, events: Sequence[AnyEvent], failure: str
) -> AnswerFigures:
    knowledge = fold_events(events) if events else None
    answer = answer_of(events)
    start = next((event for event in events if isinstance(event, AnswerStarted)), None)
    failed = next((event for event in events if isinstance(event, RunFailed)), None)
    ended = next((event for event in events if isinstance(event, RunCompleted | RunFailed)), None)
    answers = answered(events)
    found = knowledge.snippets if knowledge else ()
    chosen = [snippet for snippet in found if start and snippet.number in start.knowledge]
    points = quoted_points(answer) if answer and answers else []
    titles = dict.fromkeys(
        [*(c.title for c in (answer.citations if answer else ())), *(snippet.title for snippet in chosen)]
    )
    said = [FoldedText.of(own_words(answer.markdown))] if answer and answers else []
    read = [FoldedText.of(snippet.text) for snippet in chosen]
    read_over = [FoldedText.of(snippet.text) for snippet in found]
    facts = tuple(
        FactFigures(
            fact=str(fact),
            found=fact.held_by(read_over),
            evidence=fact.held_by(read),
            answer=fact.held_by(said),
        )
        for fact in question.facts
    )
    bearing = sum([await _bears(library, point, question.facts) for point in points])
    title_found = all(_among(title, titles) for title in question.titles) if question.titles else None
    share = bearing / len(points) if points else 1.0
    return AnswerFigures(
        id=question.name,
        kind=question.kind,
        question=question.question,
        after=question.after,
        unanswerable=question.unanswerable,
        score=score_of(question, facts, share, answers=answers, title_found=title_found),
        answered=answers,
        title_found=title_found,
        facts=facts,
        points=len(points),
        bearing=bearing,
        titles=tuple(titles),
        scope=tuple(entry.title for entry in knowledge.scope) if knowledge else (),
        searched=_searched(knowledge),
        evidence_words=round(sum(count_words(snippet.text) for snippet in chosen)),
        seconds=ended.seconds if ended else 0.0,
        tokens=ended.usage.input_tokens + ended.usage.output_tokens if ended else 0,
        written_by=answer.written_by if answer else "",
        markdown=answer.markdown if answer else "",
        failure=failure or (failed.message if failed else ""),
    )


async def _bears(library: Wellread, point: QuotedPoint, facts: Sequence[Fact]) -> bool:
    """Whether a point holds a fact, or cites a place that stands beside one."""
    if any(fact.spans(FoldedText.of(point.text)) for fact in facts):
        return True
    for citation in point.citations:
        try:
            place = await library.read(citation.anchor)
        except NotFoundError:  # removed meanwhile
            continue
        section = _section_words(place.section.text)
        quoted = section.within(place.anchor.start, place.anchor.end)
        if any(distance(quoted, span) <= BESIDE for fact in facts for span in fact.spans(section)):
            return True
    return False


@lru_cache(maxsize=64)
def _section_words(text: str) -> FoldedText:
    return FoldedText.of(text)


def _searched(knowledge: Knowledge | None) -> tuple[str, ...]:
    """The questions of every search in their order."""
    searches = [action for action in knowledge.actions if action.action == _SEARCH] if knowledge else []
    asked = [action.parameters.get("askBookQuestions") for action in searches]
    return tuple(str(one) for questions in asked if isinstance(questions, list) for one in questions)


def _among(expected: str, titles: Iterable[str]) -> bool:
    """Whether a title is one of `titles`, each with or without its subtitle."""
    names = {fold_title(expected).strip(), fold_title(expected.partition(":")[0]).strip()}
    whole = fold_title(expected).strip()
    for title in titles:
        folded, main = fold_title(title).strip(), fold_title(title.partition(":")[0]).strip()
        if folded in names or main == whole:
            return True
    return False
