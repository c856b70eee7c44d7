"""How a small model writes: one question at a time, from the excerpts that answer it best and fit what it can read.

It words and cites freely; what it says is held against the snippets before it is shown, and where nothing of it holds,
the excerpts themselves are shown.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from wellread.agent.planning.inactive import on_one_line, quoted
from wellread.agent.prompts import prompt
from wellread.agent.quoting.body import QuotedBody
from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.excerpt import Excerpt
from wellread.agent.quoting.excerpt_choice import ExcerptChoice
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import plays_author
from wellread.agent.state.question_form import QuestionForm, form_of
from wellread.agent.writing import persona
from wellread.agent.writing.filters.attribution import Held, attributed
from wellread.agent.writing.filters.citation_filter import filter_for
from wellread.agent.writing.filters.first_person import FirstPerson
from wellread.agent.writing.filters.repetition import Unrepeated
from wellread.errors import BudgetSpentError, UnusableReplyError
from wellread.events import Snippet
from wellread.grounding.inline import inert
from wellread.models.language_model import LanguageModel, Prompt
from wellread.text.words import count_words

_NOTES = 6  # excerpts that it is shown for one question, at most
_READ_WORDS = 450  # of them: some ten seconds of reading on two cores
_FACTS = (
    QuestionForm.AMOUNT,
    QuestionForm.TIME,
    QuestionForm.DEFINITION,
    QuestionForm.PERSON,
    QuestionForm.YES_NO,
)
_FEWEST = 2  # sentences that must hold, else the titles' own are shown; of a fact one
_MOST_TOKENS = 260
_LONGEST = 1_200  # code points of a line that is waited for


@dataclass(slots=True)
class GuidedAnswer:
    """The body of an answer by a small model. `wrote` tells afterwards whether any of its sentences was shown."""

    model: LanguageModel
    brief: Brief
    meter: Meter
    wrote: bool = field(default=False, init=False)

    async def pieces(self) -> AsyncGenerator[str, None]:
        """Raises ModelError as a call does."""
        body = QuotedBody.of(self.brief)
        for question in self.brief.parts:
            snippets = body.snippets_for(question)
            if not snippets:
                continue
            heading = f"## {inert(question)}\n\n" if len(self.brief.parts) > 1 else ""
            notes = _notes(question, self.brief, snippets)
            needed = 1 if form_of(question) in _FACTS else min(_FEWEST, len(notes))
            waiting, sentences = heading, 0
            async with aclosing(self._worded(question, notes, snippets)) as lines:
                async for line in lines:
                    waiting += line.text
                    sentences += line.sentences
                    if sentences >= needed:
                        self.wrote = True
                        yield waiting
                        waiting = ""
            if sentences >= needed > 0:
                body.quoted += [note.snippet for note in notes]
                yield "\n"
                pieces = body.table(question, snippets)
            else:
                pieces = body.section(question)
                first = next(pieces, None)
                if first is None:
                    continue
                yield heading + first
            for piece in pieces:
                yield piece
        if plays_author(self.brief.flags, self.brief.scope):
            yield persona.closing_offer(self.brief)

    async def _worded(
        self, question: str, notes: Sequence[Excerpt], snippets: Sequence[Snippet]
    ) -> AsyncGenerator[Held, None]:
        """The model's lines on one question, as far as the snippets hold them."""
        if not notes:
            return
        listed = "\n".join(f"[{note.snippet.number}] {on_one_line(note.text)}" for note in notes)
        task = f"<knowledge>\n{listed}\n</knowledge>\n\nQuestion: {quoted(question)}\n\n{_form(question)}"
        allowance = self.meter.writing().replying(_MOST_TOKENS)
        pending, unrepeated = "", Unrepeated()
        spoken = FirstPerson(snippets) if plays_author(self.brief.flags, self.brief.scope) else None
        writing = self.model.write(Prompt(prompt("small-writer"), task), allowance, self.meter.tally)
        async with aclosing(writing) as pieces:
            try:
                async for piece in pieces:
                    unrepeated.feed(piece)
                    shown = piece if spoken is None else spoken.feed(piece)
                    *whole, pending = (pending + shown).split("\n")
                    for line in whole:
                        yield self._held(line, snippets)
                    if len(pending) > _LONGEST:
                        pending = ""
                        break
            except UnusableReplyError:
                pending = ""  # it runs in circles: what it said before that stays
            except BudgetSpentError:
                if not self.meter.can_write:
                    raise
                pending = ""  # the run goes on; only this part had its tokens
            else:
                pending += "" if spoken is None else spoken.close()
        for line in pending.split("\n"):
            yield self._held(line, snippets)
        self.meter.left_out += 0 if spoken is None else spoken.dropped

    def _held(self, line: str, snippets: Sequence[Snippet]) -> Held:
        held = attributed(line, snippets)
        self.meter.left_out += held.left_out
        citations = filter_for(snippets)
        shown = citations.feed(held.text) + citations.close()
        return replace(held, text=shown)


def _notes(question: str, brief: Brief, snippets: Sequence[Snippet]) -> list[Excerpt]:
    """The best excerpts, as many as it has room for."""
    notes: list[Excerpt] = []
    words = 0.0
    for excerpt in ExcerptChoice(brief, worth=0.5).take(question, snippets, _NOTES):
        words += count_words(excerpt.text)
        if words > _READ_WORDS and notes:
            break
        notes.append(excerpt)
    return notes


def _form(question: str) -> str:
    form = form_of(question)
    if form is QuestionForm.STEPS:
        task = "Give the reader up to five numbered pieces of advice from the notes, close to their words."
    elif form in _FACTS:
        task = "Answer in one or two sentences, close to the words of the notes."
    else:
        task = (
            "Join the notes that answer the question into one paragraph of at most five sentences, close to their "
            "words. Begin with the most important one."
        )
    return f"{task} Leave out notes that do not answer the question. Keep the number behind each sentence."
