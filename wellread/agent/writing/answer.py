"""The last part of a run: what follows its last step, from the draft's parameters to the judged answer."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import filterfalse

from wellread.agent.judging.checking import ByModel, Check, OpenJudge, Range, asserted_in, remarked_in, within
from wellread.agent.judging.remarks import Remarks
from wellread.agent.judging.revision import Reviser, is_bad, revised, with_moved_citations
from wellread.agent.planning.lookup import failed
from wellread.agent.quoting.brief import Brief
from wellread.agent.state.actions import AskClarifyingQuestion, CreateAnswerDraft
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import plays_author
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.language_gap import gap_of
from wellread.agent.state.questions import asked_questions
from wellread.agent.writing.writer import OwnWords, Remark, Writer
from wellread.errors import BudgetSpentError, ModelError, NotFoundError
from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnswerDrafted,
    AnswerOutlined,
    AnswerRevised,
    AnswerStarted,
    AnyEvent,
    Citation,
    Flags,
    ModelFailed,
    RevisedStatement,
    Voice,
)
from wellread.grounding.inline import inert
from wellread.grounding.statements import claims
from wellread.grounding.tally import mostly_unsupported
from wellread.grounding.verdicts import Comparison, Verdicts
from wellread.library.offered_questions import to_go_on
from wellread.library.open_anchor import open_anchor
from wellread.models.resolve import EXTRACTIVE
from wellread.run_values import WORDS
from wellread.store.catalog.catalog import Catalog

_NOT_BORNE = "_Most of what {} wrote is not borne by the passages, so these are the passages themselves._\n\n"
_TOGETHER = 0.12  # seconds within which pieces of an answer are one event


async def ask_back(action: AskClarifyingQuestion, meter: Meter) -> AsyncGenerator[AnyEvent, None]:
    markdown = "\n".join([inert(action.question), "", *(f"- {inert(option)}" for option in action.options)])
    yield AnswerStarted(flags=Flags(), knowledge=(), voice="wellread", usage=meter.usage)
    yield AnswerDelta(text=markdown)
    yield AnswerCompleted(markdown=markdown, citations=(), statements=(), usage=meter.usage)


@dataclass(slots=True)
class Answering:
    """Writes with the first of `writers` that does not fail; the last of them never does. In DeepSearch what a model
    wrote is checked by `open_judge`, and mended by `reviser`, before it is shown."""

    catalog: Catalog
    writers: Sequence[Writer]
    knowledge: Knowledge
    meter: Meter
    open_judge: OpenJudge | None = None
    reviser: Reviser | None = None
    text: str = field(default="", init=False)
    own: list[Range] = field(default_factory=list, init=False)  # of `text`, what Wellread itself says
    remarks: list[Range] = field(default_factory=list, init=False)  # and of that, its remarks on the titles

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
        check = Check(snippets, voice, self.open_judge, self.meter)
        open_model = self.reviser.open_model if self.reviser else None
        brief = replace(brief, remarks=Remarks(self.catalog, self.knowledge, check, open_model).text)
        checked_first = (
            brief.deep and self.open_judge is not None and len(self.writers) > 1 and bool(snippets)
        )
        async with aclosing(self._written(brief, authors)) as events:
            async for event in events:
                if not (checked_first and isinstance(event, AnswerDelta)):
                    yield event
        comparison = self._compared(check)
        verdicts = comparison.by_words()
        if checked_first:
            async with aclosing(self._revised(comparison, check, brief, authors)) as revising:
                async for change in revising:
                    yield change
            verdicts = await check.verdicts(self._compared(check))
            for paragraph in _paragraphs(self.text):
                yield AnswerDelta(text=paragraph)
        if not snippets and not action.flags.needs_no_search:
            verdicts = Verdicts((), ())  # Wellread's own lines on what was not found claim nothing
        verdicts = await asyncio.to_thread(placed, self.catalog, verdicts)
        yield AnswerCompleted(
            markdown=self.text,
            citations=verdicts.citations,
            statements=verdicts.statements,
            usage=self.meter.usage,
            written_by=" + ".join(authors),
            dropped_citations=self.meter.dropped_citations,
            left_out=self.meter.left_out,
        )
        if checked_first and verdicts.statements:
            yield checked(verdicts, check)

    async def _revised(
        self, comparison: Comparison, check: Check, brief: Brief, authors: list[str]
    ) -> AsyncGenerator[AnyEvent, None]:
        """The draft made into a text whose statements hold, as far as a judge can tell: what does not is rewritten or
        dropped once, and what then still does not is dropped."""
        words, claimed = len(self.text.split()), len(comparison.questions())
        yield AnswerDrafted(words=words, statements=claimed)
        verdicts = await check.verdicts(comparison)
        if check.failure is not None:
            yield failed(check.failure, "judge", self.knowledge.start.roles.judge, 0, WORDS)
            return
        told: list[RevisedStatement] = []
        drafted = list(filterfalse(within(self.remarks), verdicts.statements))
        bad = [statement for statement in drafted if is_bad(statement)]
        if bad and mostly_unsupported(drafted):
            told = [RevisedStatement(text=one.text, verdict=one.verdict, became="") for one in bad]
            yield AnswerRevised(statements=tuple(told))
            await self._quoted_instead(brief, authors)
            return
        questions = comparison.questions_by_start()
        texts = {}
        if bad and self.reviser is not None:
            pairs = [(one, questions[one.start]) for one in bad if one.start in questions]
            texts = await self.reviser.rewritten(pairs, self.meter)
        for statement in bad:
            became = texts.get(statement.start, "")
            told.append(RevisedStatement(text=statement.text, verdict=statement.verdict, became=became))
        if told:
            yield AnswerRevised(statements=tuple(told))
        self._change(revised(self.text, verdicts.statements, texts))
        if texts:  # what was rewritten is judged, too
            verdicts = await check.verdicts(self._compared(check))
            self._change(revised(self.text, verdicts.statements, {}))
        verdicts = await check.verdicts(self._compared(check))
        self._change(with_moved_citations(self.text, verdicts.statements, verdicts.citations))

    def _compared(self, check: Check) -> Comparison:
        return check.compared(self.text, ByModel.of(self.knowledge, self.own), within(self.remarks))

    async def _quoted_instead(self, brief: Brief, authors: list[str]) -> None:
        """The passages themselves in place of a draft that they mostly do not bear."""
        drafted = " and ".join(authors)
        authors.clear()
        self.text, self.own, self.remarks = "", [], []
        self._say(_NOT_BORNE.format(inert(drafted)), own=True)
        writer = self.writers[-1]
        async with aclosing(writer.write(brief, self.meter)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    self._say(piece, own=True)
        authors.append(writer.name)

    def _change(self, text: str) -> None:
        """Another text in place of the draft, in which Wellread's own lines are found again."""
        self.own, self.remarks = (
            [
                (at, at + len(line))
                for start, end in ranges
                if (line := self.text[start:end].strip("\n")) and (at := text.find(line)) >= 0
            ]
            for ranges in (self.own, self.remarks)
        )
        self.text = text

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
                        own = writer.name == EXTRACTIVE or isinstance(piece, OwnWords)
                        yield piece if isinstance(piece, AnswerOutlined) else self._say(piece, own=own)
            except BudgetSpentError as error:
                if self.text:
                    yield self._say(
                        _broken_off(f"The answer of {writer.name} ends here: {error.message}"), own=True
                    )
                if any(claim.numbers for claim in claims(self.text)):
                    return
                writers = [w for w in writers if w.name == EXTRACTIVE]  # it costs nothing
                if not self.text:
                    yield failed(error, "writer", writer.name, 0, EXTRACTIVE)
            except ModelError as error:
                instead = writers[0].name
                yield failed(error, "writer", writer.name, 0, instead)
                if self.text:
                    yield self._say(_broken_off(f"{writer.name} broke off here."), own=True)
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

    def _say(self, text: str, *, own: bool) -> AnswerDelta:
        place = (len(self.text), len(self.text) + len(text))
        if own and text:
            self.own.append(place)
        if isinstance(text, Remark):
            self.remarks.append(place)
        self.text += text
        return AnswerDelta(text=str(text))


async def check_events(
    catalog: Catalog,
    knowledge: Knowledge,
    answer: AnswerCompleted,
    open_judge: OpenJudge | None,
    meter: Meter,
) -> AsyncGenerator[AnyEvent, None]:
    """The check of an answer that is shown already. Without a judge it is that by words, which the answer has."""
    if open_judge is None:
        yield AnswerChecked(
            statements=answer.statements, citations=answer.citations, judge=WORDS, usage=meter.usage
        )
        return
    action = CreateAnswerDraft.model_validate(knowledge.actions[-1].parameters)
    snippets = tuple(knowledge.snippet(number) for number in action.relevant_knowledge_indices)
    voice: Voice = "author" if snippets and plays_author(action.flags, knowledge.scope) else "wellread"
    check = Check(snippets, voice, open_judge, meter)
    verdicts = await check.verdicts(check.compared(answer.markdown, asserted_in(answer), remarked_in(answer)))
    if check.failure is not None:
        yield failed(check.failure, "judge", knowledge.start.roles.judge, 0, WORDS)
    yield checked(await asyncio.to_thread(placed, catalog, verdicts), check)


def checked(verdicts: Verdicts, check: Check) -> AnswerChecked:
    return AnswerChecked(
        statements=verdicts.statements,
        citations=verdicts.citations,
        judge=check.judge,
        usage=check.meter.usage,
    )


def placed(catalog: Catalog, verdicts: Verdicts) -> Verdicts:
    """With the page or second of each citation's own words: a snippet may begin a page earlier."""

    def place(citation: Citation) -> Citation:
        try:
            opened = open_anchor(catalog, citation.anchor)
        except NotFoundError:
            return citation  # the title was removed meanwhile
        return citation.model_copy(update={"place": opened.label})

    return replace(verdicts, citations=tuple(map(place, verdicts.citations)))


def _paragraphs(text: str) -> Iterator[str]:
    """A text in pieces of a paragraph each."""
    while text:
        piece, gap, text = text.partition("\n\n")
        yield piece + gap


async def _gathered(
    pieces: AsyncGenerator[str | AnswerOutlined, None],
) -> AsyncGenerator[str | AnswerOutlined, None]:
    """The pieces of an answer, those that come quicker than anybody reads in one: each is stored before it is shown.
    What was gathered before an error is given out."""
    held, shown = "", 0.0
    try:
        async with aclosing(pieces) as writing:
            async for piece in writing:
                if isinstance(piece, OwnWords | AnswerOutlined):
                    if held:
                        yield held
                    yield piece
                elif time.monotonic() - shown < _TOGETHER:
                    held += piece
                    continue
                else:
                    yield held + piece
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
