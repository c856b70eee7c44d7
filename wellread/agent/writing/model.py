"""A writer that streams the answer of a language model, from the chosen knowledge and nothing else."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from wellread.agent.planning.inactive import inactive
from wellread.agent.prompts import prompt
from wellread.agent.quoting.brief import Brief
from wellread.agent.state.budget import Meter, in_budget, least
from wellread.agent.state.intent import plays_author
from wellread.agent.writing import persona
from wellread.agent.writing.direct_answers import Facts, direct_answer, is_known_direct
from wellread.agent.writing.filters.answer_language import Opening, OtherLanguageError, language_name
from wellread.agent.writing.filters.citation_filter import filter_for
from wellread.agent.writing.filters.first_person import FirstPerson
from wellread.agent.writing.filters.repetition import Unrepeated
from wellread.agent.writing.nothing_found import left_open, nothing_found
from wellread.agent.writing.outline import heading_of, outline
from wellread.agent.writing.small_model import GuidedAnswer
from wellread.agent.writing.writer import OwnWords, Remark
from wellread.agent.writing.writing_prompt import assignment, length_for
from wellread.errors import BudgetSpentError, ModelError, PromptTooLongError, UnusableReplyError
from wellread.events import AnswerOutlined, OutlineSection, Snippet
from wellread.models.language_model import Allowance, LanguageModel, Prompt

_DETAIL = (None, 200, 120, 60, 30)  # words of each piece of knowledge that a model is given, from all to few
_SLOW_DETAIL = 1  # where a model that reads slowly begins in it
_TOKENS_A_WORD = 3  # at most, citations and Markdown included
_SPARE_TOKENS = 250
_OUTLINED_FROM = 4  # snippets from which a deep answer gets an outline
_DIRECT_TOKENS = 150


@dataclass(slots=True)
class ModelWriter:
    """Writes with the model that `open_model` gives. What needs no model is written without one: arithmetic,
    greetings, what Wellread is, and that nothing was found."""

    name: str
    open_model: Callable[[], Awaitable[LanguageModel]]
    facts: Facts
    wrote: bool = field(default=False, init=False)

    async def write(self, brief: Brief, meter: Meter) -> AsyncGenerator[str | AnswerOutlined, None]:
        if brief.flags.needs_no_search:
            pieces = self._directly(brief, meter)
        elif brief.snippets:
            pieces = self._from_knowledge(brief, meter)
        else:
            pieces = _from_nothing(brief)
        async with aclosing(pieces) as writing:
            async for piece in writing:
                yield piece

    async def _directly(self, brief: Brief, meter: Meter) -> AsyncGenerator[str | AnswerOutlined, None]:
        if is_known_direct(brief.question, brief.flags):
            yield direct_answer(brief.question, brief.flags, self.facts) or ""
            return
        model = await in_budget(self.open_model(), meter)
        allowance = meter.writing().replying(_DIRECT_TOKENS)
        draft = Prompt(prompt("direct"), f"<question>\n{inactive(brief.question)}\n</question>")
        async with aclosing(_Stream(model, draft, allowance, meter, ()).pieces()) as pieces:
            async for piece in pieces:
                self.wrote = True
                yield piece

    async def _from_knowledge(self, brief: Brief, meter: Meter) -> AsyncGenerator[str | AnswerOutlined, None]:
        model = await in_budget(self.open_model(), meter)
        sections: tuple[OutlineSection, ...] = ()
        if brief.deep and not brief.written and len(brief.snippets) >= _OUTLINED_FROM and not model.small:
            sections = await outline(model, brief, meter)
        if sections:
            yield AnswerOutlined(sections=sections)
        yielded = ""
        guided = GuidedAnswer(model, brief, meter) if model.small and not brief.written else None
        writing = guided.pieces() if guided else self._sections(model, brief, sections, meter)
        async with aclosing(writing) as pieces:
            async for piece in pieces:
                if not yielded and not brief.written:
                    yield OwnWords(_opening(brief))  # not before the model says something: it may fail
                yielded += piece
                self.wrote = guided is None or guided.wrote
                yield piece
        if guided is None and not yielded.strip():
            raise UnusableReplyError("Nothing of what the model wrote may be shown.")
        gap = "\n" if yielded.endswith("\n") else "\n\n"
        if remarks := await brief.remarks():
            yield Remark(gap + remarks)
            gap = ""
        if opened := "".join(left_open(brief)):
            yield OwnWords(gap + opened)

    async def _sections(
        self, model: LanguageModel, brief: Brief, sections: Sequence[OutlineSection], meter: Meter
    ) -> AsyncGenerator[str, None]:
        """The text, section by section where there is an outline."""
        seen = brief.written
        heading = ""  # until something stands below it
        for section in sections or (None,):
            numbers = None if section is None else section.knowledge
            snippets = [s for s in brief.snippets if numbers is None or s.number in numbers]
            if section is not None:
                heading = ("\n\n" if seen else "") + heading_of(section)
                seen += heading
            async with aclosing(self._written(model, brief, snippets, section, seen, meter)) as pieces:
                async for piece in pieces:
                    yield heading + piece
                    seen += piece
                    heading = ""

    async def _written(
        self,
        model: LanguageModel,
        brief: Brief,
        snippets: Sequence[Snippet],
        section: OutlineSection | None,
        seen: str,
        meter: Meter,
    ) -> AsyncGenerator[str, None]:
        """One call's text, with as much of the knowledge as the model can read."""
        length = length_for(brief, slow=model.reads_slowly, section=section is not None)
        most = length * _TOKENS_A_WORD + _SPARE_TOKENS
        details = _DETAIL[_SLOW_DETAIL:] if model.reads_slowly else _DETAIL
        for words in details:
            user = assignment(brief, snippets, length=length, words=words, section=section, seen=seen)
            allowance = meter.writing()
            allowance = allowance.replying(most)
            read = await model.count(prompt("writer") + user)
            fits = read + most <= model.context_tokens and read <= least(allowance.input_tokens, read)
            if words != details[-1] and not fits:
                continue
            opening = Opening(brief.question)
            held = tuple(snippets) if plays_author(brief.flags, brief.scope) else None
            stream = _Stream(
                model,
                Prompt(prompt("writer"), user),
                allowance,
                meter,
                snippets,
                brief.written,
                opening,
                held,
            )
            try:
                async with aclosing(stream.pieces()) as pieces:
                    async for piece in pieces:
                        yield piece
            except OtherLanguageError:  # once more, told so; then it is shown as it is
                told = Prompt(prompt("writer"), f"{user} Write in {language_name(brief.question)}.")
                allowance = meter.writing().replying(most)
                again = _Stream(model, told, allowance, meter, snippets, brief.written, speaks_from=held)
                async with aclosing(again.pieces()) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except PromptTooLongError:  # the provider counts otherwise than we do
                if words == details[-1] or stream.wrote:
                    raise
            except BudgetSpentError:
                if not stream.wrote or not meter.can_write:
                    raise
                return  # this part reached its own length, and the run goes on
            else:
                return


@dataclass(slots=True)
class _Stream:
    """The text of one call, its citations put right."""

    model: LanguageModel
    draft: Prompt
    allowance: Allowance
    meter: Meter
    given: Sequence[Snippet]
    before: str = ""
    opening: Opening | None = None
    speaks_from: Sequence[Snippet] | None = None  # in an author's voice: what he may tell of himself
    wrote: bool = field(default=False, init=False)

    async def pieces(self) -> AsyncGenerator[str, None]:
        citations = filter_for(self.given)
        unrepeated = Unrepeated(self.before)
        spoken = None if self.speaks_from is None else FirstPerson(self.speaks_from)
        failure: ModelError | None = None
        try:
            async with aclosing(self.model.write(self.draft, self.allowance, self.meter.tally)) as texts:
                async for text in texts:
                    begun = text if self.opening is None else self.opening.feed(text)
                    cited = unrepeated.feed(citations.feed(begun))
                    if shown := cited if spoken is None else spoken.feed(cited):
                        self.wrote = True
                        yield shown
            held = "" if self.opening is None else self.opening.close()
        except ModelError as error:
            failure, held = error, ""
        rest = citations.feed(held) + citations.close()
        if failure is None or self.wrote:  # what was held back belongs to what was said
            cited = unrepeated.feed(rest) + unrepeated.close()
            if shown := cited if spoken is None else spoken.feed(cited) + spoken.close():
                self.wrote = True
                yield shown
        self.meter.dropped_citations += citations.dropped
        self.meter.left_out += 0 if spoken is None else spoken.dropped
        if failure is not None:
            raise failure


async def _from_nothing(brief: Brief) -> AsyncGenerator[str | AnswerOutlined, None]:
    if not brief.written:
        for piece in nothing_found(brief):
            yield OwnWords(piece)


def _opening(brief: Brief) -> str:
    if plays_author(brief.flags, brief.scope):
        return persona.simulated(brief.scope, brief.question)
    if brief.flags.is_role_play_request:
        return persona.declined(brief)
    return ""
