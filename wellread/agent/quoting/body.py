"""The body of an answer without a model: for each question the excerpts that answer it, under their titles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wellread.agent.quoting import comparison
from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.excerpt import Excerpt
from wellread.agent.quoting.excerpt_choice import ExcerptChoice
from wellread.agent.quoting.excerpt_markdown import markdown, table
from wellread.agent.state.question_form import compared
from wellread.events import Snippet
from wellread.grounding.inline import inert


@dataclass(slots=True)
class QuotedBody:
    """One answer in the making. After `pieces` has run, `quoted` holds the snippets quoted, in order, and `unanswered`
    the questions for which there were snippets with nothing to quote."""

    brief: Brief
    choice: ExcerptChoice
    quoted: list[Snippet] = field(default_factory=list)
    unanswered: tuple[str, ...] = ()

    @classmethod
    def of(cls, brief: Brief) -> "QuotedBody":
        return cls(brief, ExcerptChoice(brief))

    def pieces(self) -> Iterator[str]:
        """The body as Markdown, a block or a heading at a time."""
        questions = self.brief.parts
        for question in questions:
            body = list(self.section(question))
            if body and len(questions) > 1:
                yield f"## {inert(question)}\n\n"
            yield from body
            if not body and self.snippets_for(question):
                self.unanswered += (question,)

    def section(self, question: str) -> Iterator[str]:
        """What answers one of the questions: a table of what it compares, then excerpts, title by title."""
        snippets = self.snippets_for(question)
        taken = self.choice.take(question, snippets)
        groups = _by_title(taken)
        for group in groups:
            if self._titles > 1:
                yield f"**{inert(group[0].snippet.title)}**\n\n"
            for excerpt in group:
                self.quoted.append(excerpt.snippet)
                yield from markdown(excerpt)
        yield from self.table(question, snippets)

    def table(self, question: str, snippets: Sequence[Snippet]) -> Iterator[str]:
        """Where a question compares two things: the best table of them, the source's own, else one of parallel
        statements."""
        pair = compared(question)
        if pair is None:
            return
        whole = comparison.source_table(snippets, pair)
        if whole is not None:
            if not any(whole.overlaps(excerpt) for excerpt in self.choice.taken):
                self.quoted.append(whole.snippet)
                yield from table(whole, whole.ranges[0])
                yield "\n"
            return
        if pairs := comparison.parallels(snippets, pair):
            self.quoted += [sentence.snippet for two in pairs for sentence in two]
            yield from comparison.parallel_table(pair, pairs)

    def snippets_for(self, question: str) -> tuple[Snippet, ...]:
        """The snippets found for a part of the question or for it as a whole, and those that were read without asking
        one."""
        asked, parts = self.brief.asked, self.brief.parts

        def serves(snippet: Snippet) -> bool:
            own = asked.get(snippet.number, ())
            return question in own or not any(other in parts for other in own)

        described = self.brief.described
        return tuple(s for s in self.brief.snippets if s.number not in described and serves(s))

    @property
    def _titles(self) -> int:
        return len({snippet.product_id for snippet in self.brief.snippets})


def _by_title(taken: Sequence[Excerpt]) -> list[list[Excerpt]]:
    """The excerpts of each title in the source's order, the title with the best one first."""
    groups: dict[str, list[Excerpt]] = {}
    for excerpt in taken:
        groups.setdefault(excerpt.snippet.product_id, []).append(excerpt)
    return [sorted(group, key=lambda excerpt: excerpt.place) for group in groups.values()]
