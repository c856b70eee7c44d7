"""The last part of a run: what follows its last step, from the draft's parameters to the judged answer."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from wellread.agent.planning.lookup import failed
from wellread.agent.quoting.brief import Brief
from wellread.agent.state.actions import AskClarifyingQuestion, CreateAnswerDraft
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import plays_author
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.language_gap import gap_of
from wellread.agent.state.questions import asked_questions
from wellread.agent.writing.writer import Writer
from wellread.errors import BudgetSpentError, ModelError, NotFoundError
from wellread.events import (
    AnswerCompleted,
    AnswerDelta,
    AnswerOutlined,
    AnswerStarted,
    AnyEvent,
    Citation,
    Flags,
    ModelFailed,
    Voice,
)
from wellread.grounding.inline import inert
from wellread.grounding.statements import claims
from wellread.grounding.verdicts import judge
from wellread.library.offered_questions import to_go_on
from wellread.library.open_anchor import open_anchor
from wellread.models.resolve import EXTRACTIVE
from wellread.store.catalog.catalog import Catalog

_TOGETHER = 0.12  # seconds within which pieces of an answer are one event


async def ask_back(action: AskClarifyingQuestion, meter: Meter) -> AsyncGenerator[AnyEvent, None]:
    markdown = "\n".join([inert(action.question), "", *(f"- {inert(option)}" for option in action.options)])
    yield AnswerStarted(flags=Flags(), knowledge=(), voice="wellread", usage=meter.usage)
    yield AnswerDelta(text=markdown)
    yield AnswerCompleted(markdown=markdown, citations=(), statements=(), usage=meter.usage)


@dataclass(slots=True)
class Answering:
    """Writes with the first of `writers` that does not fail; the last of them never does."""

    catalog: Catalog
    writers: Sequence[Writer]
    knowledge: Knowledge
    meter: Meter
    text: str = field(default="", init=False)

    async def events(self, action: CreateAnswerDraft) -> AsyncGenerator[AnyEvent, None]:
        numbers = action.relevant_knowledge_indices
        snippets = tuple(self.knowledge.snippet(number) for number in numbers)
        voice: Voice = (
            "author" if snippets and plays_author(action.flags, self.knowledge.scope) else "wellread"
        )
        yield AnswerStarted(
            flags=action.flags,
            knowledge=numbers,
            voice=voice,
            usage=self.meter.usage,
        )
        authors: list[str] = []
        brief = brief_for(action.flags, numbers, self.knowledge)
        if voice == "author":
            brief = replace(brief, further=await asyncio.to_thread(self._further, brief))
        async with aclosing(self._written(brief, authors)) as events:
            async for event in events:
                yield event
        statements, citations = judge(self.text, snippets, voice=voice)
        if not snippets and not action.flags.needs_no_search:
            statements = ()  # Wellread's own lines on what was not found claim nothing
        citations = await asyncio.to_thread(lambda: tuple(map(self._placed, citations)))
        yield AnswerCompleted(
            markdown=self.text,
            citations=citations,
            statements=statements,
            usage=self.meter.usage,
            written_by=" + ".join(authors),
            dropped_citations=self.meter.dropped_citations,
            left_out=self.meter.left_out,
        )

    async def _written(
        self, brief: Brief, authors: list[str]
    ) -> AsyncGenerator[AnswerDelta | AnswerOutlined | ModelFailed, None]:
        writers = [w for w in self.writers if ("writer", w.name) not in self.knowledge.failed]
        while writers:
            writer = writers.pop(0)
            before = self.text
            try:
                async with aclosing(
                    _gathered(writer.write(replace(brief, written=before), self.meter))
                ) as pieces:
                    async for piece in pieces:
                        yield piece if isinstance(piece, AnswerOutlined) else self._said(piece)
            except BudgetSpentError as error:
                if self.text:
                    yield self._said(_broken_off(f"The answer of {writer.name} ends here: {error.message}"))
                if any(claim.numbers for claim in claims(self.text)):
                    return
                writers = [w for w in writers if w.name == EXTRACTIVE]  # it costs nothing
                if not self.text:
                    yield failed(error, "writer", writer.name, 0, EXTRACTIVE)
            except ModelError as error:
                instead = writers[0].name
                yield failed(error, "writer", writer.name, 0, instead)
                if self.text:
                    yield self._said(_broken_off(f"{writer.name} broke off here."))
            else:
                return
            finally:
                author = writer.name if writer.wrote else EXTRACTIVE
                if self.text != before and author not in authors:
                    authors.append(author)

    def _further(self, brief: Brief) -> tuple[str, ...]:
        asked = (brief.question, *brief.questions)
        offered = to_go_on(self.catalog, asked, [snippet.anchor for snippet in brief.snippets])
        return tuple(one.question for one in offered)

    def _said(self, text: str) -> AnswerDelta:
        self.text += text
        return AnswerDelta(text=text)

    def _placed(self, citation: Citation) -> Citation:
        """The citation with the page or second of its own words: a snippet may begin a page earlier."""
        try:
            place = open_anchor(self.catalog, citation.anchor)
        except NotFoundError:
            return citation  # the title was removed meanwhile
        return citation.model_copy(update={"place": place.label})


async def _gathered(
    pieces: AsyncGenerator[str | AnswerOutlined, None],
) -> AsyncGenerator[str | AnswerOutlined, None]:
    """The pieces of an answer, those that come quicker than anybody reads in one: each is stored before it is shown.
    What was gathered before an error is given out."""
    held, shown = "", 0.0
    try:
        async with aclosing(pieces) as writing:
            async for piece in writing:
                if isinstance(piece, str) and time.monotonic() - shown < _TOGETHER:
                    held += piece
                    continue
                if held and not isinstance(piece, str):
                    yield held
                    held = ""
                yield held + piece if isinstance(piece, str) else piece
                held, shown = "", time.monotonic()
    except ModelError:
        if held:
            yield held
        raise
    if held:
        yield held


def brief_for(flags: Flags, numbers: Sequence[int], knowledge: Knowledge) -> Brief:
    questions = tuple(dict.fromkeys(cell.question for cell in knowledge.cells))
    asked = asked_questions(knowledge.question, knowledge.mentions)
    parts = tuple(part for part in asked.parts if part in questions)
    return Brief(
        question=knowledge.start.question,
        questions=questions,
        parts=parts or questions or asked.parts,
        form=knowledge.form,
        described=frozenset(n for event in knowledge.described for n in event.knowledge),
        telling=knowledge.telling,
        ranks=knowledge.ranks,
        absent=knowledge.absent,
        flags=flags,
        scope=knowledge.scope,
        snippets=tuple(knowledge.snippet(number) for number in numbers),
        asked=knowledge.asked,
        open_cells=tuple(cell for cell in knowledge.cells if not cell.knowledge or cell.absent),
        elsewhere=knowledge.elsewhere,
        gap=gap_of(knowledge),
        by_model=knowledge.start.roles.planner != EXTRACTIVE,
        deep=knowledge.start.mode == "deep",
        spent=knowledge.spent,
        before=knowledge.start.before,
    )


def _broken_off(why: str) -> str:
    """A note below a text that ends in the middle."""
    return f"\n\n_{inert(why)}_\n\n"
