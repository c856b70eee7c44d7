"""How a small model writes: one question at a time, from the sentences that answer it best.

Chosen for it are the sentences (by the extractive writer's choice), the form, the tables and the tips; the model joins
and words. What it says is held against the snippets before it is shown, and where nothing of it holds, the sentences
themselves are shown.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from wellread.agent.planning.state_prompt import on_one_line
from wellread.agent.prompts import prompt
from wellread.agent.quoting.arrangement import Arrangement
from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.candidates import Candidate, candidates
from wellread.agent.quoting.question_form import AnswerForm, form_of, theme
from wellread.agent.quoting.sentence_choice import SentenceEmbedder, weigh
from wellread.agent.state.budget import Meter
from wellread.agent.writing import persona
from wellread.agent.writing.filters.attribution import Held, attributed
from wellread.agent.writing.filters.repetition import Unrepeated
from wellread.errors import BudgetSpentError, UnusableReplyError
from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.library.editions import works
from wellread.models.language_model import LanguageModel, Prompt

_NOTES = 6  # sentences that answer one question, at most
# Sentences that must hold, else the titles' own are shown.
_FEWEST = {AnswerForm.AMOUNT: 1, AnswerForm.TIME: 1, AnswerForm.DEFINITION: 1}
_MOST_TOKENS = 260
_LONGEST = 1_200  # code points of a line that is waited for


async def guided(
    model: LanguageModel, brief: Brief, meter: Meter, embedder: SentenceEmbedder | None
) -> AsyncGenerator[str, None]:
    """The body of the answer. Raises ModelError as a call does."""
    questions = brief.questions or (brief.question,)
    choice = await asyncio.to_thread(
        weigh, questions, candidates(brief.snippets), embedder, works(brief.scope)
    )
    arrangement = Arrangement(brief, questions, choice)
    for question in questions:
        snippets = arrangement.snippets_for(question)
        if not snippets:
            continue
        heading = f"## {inert(theme(question))}\n\n" if len(questions) > 1 else ""
        notes = _notes(question, arrangement, snippets)
        needed = min(_FEWEST.get(form_of(question), 2), len(notes))
        waiting, sentences = heading, 0
        async with aclosing(_worded(model, question, notes, snippets, meter)) as lines:
            async for line in lines:
                waiting += line.text
                sentences += line.sentences
                if sentences >= needed:
                    yield waiting
                    waiting = ""
        if sentences >= needed > 0:
            arrangement.quoted += [note.quote.snippet for note in notes]
            yield "\n"
            pieces = arrangement.table(question)
        else:
            arrangement.choice.give_back(notes)
            pieces = arrangement.section(question)
            first = next(pieces, None)
            if first is None:
                continue
            yield heading + first
        for piece in pieces:
            yield piece
    if brief.flags.is_role_play_request:
        for piece in arrangement.tips():
            yield piece
        yield persona.closing_offer(brief, arrangement.quoted)


def _notes(question: str, arrangement: Arrangement, snippets: tuple[Snippet, ...]) -> list[Candidate]:
    numbers = frozenset(snippet.number for snippet in snippets)
    return arrangement.choice.take(question, numbers, max(_NOTES, arrangement.points(question, snippets)))


async def _worded(
    model: LanguageModel,
    question: str,
    notes: list[Candidate],
    snippets: tuple[Snippet, ...],
    meter: Meter,
) -> AsyncGenerator[Held, None]:
    """The model's lines on one question, as far as the snippets hold them."""
    if not notes:
        return
    listed = "\n".join(f"[{note.quote.snippet.number}] {on_one_line(note.text)}" for note in notes)
    task = f"<knowledge>\n{listed}\n</knowledge>\n\nQuestion: {on_one_line(question)}\n\n{_form(question)}"
    allowance = meter.writing().replying(_MOST_TOKENS)
    pending, unrepeated = "", Unrepeated()
    writing = model.write(Prompt(prompt("small-writer"), task), allowance, meter.tally)
    async with aclosing(writing) as pieces:
        try:
            async for piece in pieces:
                unrepeated.feed(piece)
                *whole, pending = (pending + piece).split("\n")
                for line in whole:
                    yield _held(line, snippets, meter)
                if len(pending) > _LONGEST:
                    pending = ""
                    break
        except UnusableReplyError:
            pending = ""  # it runs in circles: what it said before that stays
        except BudgetSpentError:
            if not meter.can_write:
                raise
            pending = ""  # the run goes on; only this part had its tokens
    yield _held(pending, snippets, meter)


def _held(line: str, snippets: tuple[Snippet, ...], meter: Meter) -> Held:
    held = attributed(line, snippets)
    meter.left_out += held.left_out
    return held


def _form(question: str) -> str:
    match form_of(question):
        case AnswerForm.STEPS:
            task = (
                "Give the reader up to five numbered pieces of advice from the notes, close to their words."
            )
        case AnswerForm.AMOUNT | AnswerForm.TIME:
            task = "Answer in one or two sentences, close to the words of the notes."
        case _:
            task = (
                "Join the notes that answer the question into one paragraph of at most five sentences, close to their "
                "words. Begin with the most important one."
            )
    return f"{task} Leave out notes that do not answer the question. Keep the number behind each sentence."
