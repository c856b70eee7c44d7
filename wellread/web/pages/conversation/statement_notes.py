"""What the page says of each statement of an answer: a mark behind it, and a note that the mark opens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from wellread.events import AnswerCompleted, Citation, Snippet, Statement, VerdictName
from wellread.grounding.quotation import find_verbatim
from wellread.grounding.tally import DOUBTFUL
from wellread.grounding.verdicts import Evidence, citation_of
from wellread.web.pages.conversation.answer_html import Link, StatementNote

_NEARLY, _VERY, _RATHER = 0.95, 0.85, 0.65  # probabilities from which a judge is called so sure
_SCORED: frozenset[VerdictName] = frozenset(
    {"supported", "contradicted", "unsupported"}
)  # whose own probability it is


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement as the templates tell it. `id` is that of its note; `href` is where its evidence is read, "" where
    nobody may."""

    id: str
    statement: Statement
    evidence: str
    source: Citation | None
    href: str
    right: str  # the marks of its citations
    wrong: str  # those that stand behind it and do not bear it

    @property
    def kind(self) -> str:
        """The classes of its verdict."""
        verdict = self.statement.verdict
        return f"{verdict.replace(' ', '-')}{' doubtful' if verdict in DOUBTFUL else ''}"

    @property
    def sureness(self) -> str:
        """How sure the judge is: "nearly", "very", "rather", "hardly", or "" where nobody could tell."""
        score = self.statement.score
        if score is None or self.statement.verdict not in _SCORED:
            return ""
        steps = ((_NEARLY, "nearly"), (_VERY, "very"), (_RATHER, "rather"))
        return next((word for least, word in steps if score >= least), "hardly")


@dataclass(frozen=True, slots=True)
class StatementNotes:
    """Draws the notes of a run's answer; `part` draws a template."""

    run_id: str
    part: Callable[..., str]
    link: Link

    def __call__(self, answer: AnswerCompleted, snippets: Mapping[int, Snippet]) -> list[StatementNote]:
        """One for each statement, in their order."""
        texts = {number: " ".join(snippet.text.split()) for number, snippet in snippets.items()}
        notes = []
        for number, statement in enumerate(answer.statements):
            view = self._view(number, statement, answer.citations, snippets, texts)
            mark = Markup(" " + self.part("run/mark.html", note=view))  # escaped by the template
            notes.append(StatementNote(mark, Markup(self.part("run/note.html", note=view))))
        return notes

    def _view(
        self,
        number: int,
        statement: Statement,
        citations: Sequence[Citation],
        snippets: Mapping[int, Snippet],
        texts: Mapping[int, str],
    ) -> StatementView:
        own = {position: citations[position] for position in statement.citations}
        evidence = statement.evidence
        if not evidence and own and statement.verdict not in DOUBTFUL:
            evidence = " ".join(next(iter(own.values())).quote.split())
        source, href = self._source(evidence, own, snippets, texts) if evidence else (None, "")
        return StatementView(
            id=f"{self.run_id}-note-{number}",
            statement=statement,
            evidence=evidence,
            source=source,
            href=href,
            right=_marks(citation.number for citation in own.values()),
            wrong=_marks(statement.misplaced),
        )

    def _source(
        self,
        evidence: str,
        own: Mapping[int, Citation],
        snippets: Mapping[int, Snippet],
        texts: Mapping[int, str],
    ) -> tuple[Citation | None, str]:
        """Where the evidence stands: a citation of the statement, or a place in another passage of the run."""
        for position, citation in own.items():
            if evidence in " ".join(citation.quote.split()):
                return citation, self.link(position, citation)
        for number, text in texts.items():
            if evidence in text and (span := find_verbatim(evidence, snippets[number].text)):
                found = citation_of(Evidence(snippets[number], *span))
                return found, self.link(None, found)
        return None, ""


def _marks(numbers: Iterable[int]) -> str:
    return ", ".join(f"[{number}]" for number in dict.fromkeys(numbers))
