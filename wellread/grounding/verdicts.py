"""Verdicts: what each statement of an answer rests on.

A quotation is found by its words. Whether a source bears anything else, a judge says (`grounding.judgement`); without
one, words tell only what conflicts, and the rest is not checked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from wellread.content import Anchor
from wellread.events import Citation, Snippet, Statement, StatementVoice, VerdictName, Voice
from wellread.grounding.conflicts import Conflict, conflict_of
from wellread.grounding.judgement import JudgedClaim, Judgement
from wellread.grounding.quotation import FEWEST_WORDS, FRAMING, find_verbatim, is_a_line, quotations
from wellread.grounding.statements import Claim, claims
from wellread.grounding.wording import ClosestSentence, Wording, closest_sentences
from wellread.run_values import QUOTATION, WORDS
from wellread.text.sentences import sentences
from wellread.text.words import count_words

SUPPORTED = 0.5  # probability of entailment from which a statement is supported
PARTLY = 0.3  # and from which it is in part
CONTRADICTED = 0.5
# Of the sources, by which a statement is judged: four hold the one that tells in .72 of SciFact's claims, six in .83.
MOST_SENTENCES = 6
_MORE_SENTENCES = 2  # of a source that is not cited, where it says more of a statement than those that are
_SAYS_MORE = 0.15  # in coverage

Asserts = Callable[[Claim], bool]  # whether a sentence without a citation claims something of the sources


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one snippet gives for a claim: the range of its text that the claim rests on."""

    snippet: Snippet
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.snippet.text[self.start : self.end]


_NO_WORDS = Wording(())


@dataclass(frozen=True)
class Finding:
    """A claim as it compares with its sources: where it is quoted, else the `cited` snippets and the sentences of them
    that come closest, the closest first, and what words tell against it. A claim without a citation rests on any."""

    claim: Claim
    quoted: tuple[Evidence, ...] = ()
    cited: tuple[Snippet, ...] = ()
    others: tuple[Snippet, ...] = ()
    wording: Wording = _NO_WORDS
    closest: tuple[ClosestSentence, ...] = ()
    conflict: Conflict | None = None
    judged: bool = True  # False: it claims nothing of a source; `quoted` is then where its numbers lead

    @property
    def is_open(self) -> bool:
        """Whether a judge is asked."""
        return self.judged and not self.quoted and bool(self.sentences)

    @cached_property
    def sentences(self) -> tuple[Evidence, ...]:
        """By which it is judged: of the snippets that it cites, and then, where one of the others says more of it, of
        that."""
        further = closest_sentences(self.wording, [one.text for one in self.others], _MORE_SENTENCES)
        if _coverage(self.wording, further) < _coverage(self.wording, self.closest) + _SAYS_MORE:
            further = []
        return (
            *(_evidence(self.cited, one) for one in _in_order(self.closest)),
            *(_evidence(self.others, one) for one in _in_order(further)),
        )

    @property
    def best(self) -> Evidence | None:
        """The sentence of what it cites that comes closest."""
        return _evidence(self.cited, self.closest[0]) if self.closest else None

    def best_of(self, number: int) -> Evidence | None:
        """That of one of the snippets that it cites."""
        found = (one for one in self.closest if self.cited[one.source].number == number)
        return next((_evidence(self.cited, one) for one in found), None)

    def question(self) -> JudgedClaim:
        best = self.best
        return JudgedClaim(
            self.claim.spoken,
            tuple(" ".join(evidence.text.split()) for evidence in self.sentences),
            self.conflict.why if self.conflict else "",
            _coverage(self.wording, self.closest),
            self.sentences.index(best) if best else 0,
        )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The statements of an answer, and the citations they rest on: positions in these, each (number, anchor) once."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """An answer's claims compared with the chosen snippets. `voice` is the one that the answer speaks in."""

    findings: tuple[Finding, ...]
    voice: Voice = "wellread"

    @classmethod
    def of(
        cls,
        markdown: str,
        snippets: Sequence[Snippet],
        *,
        voice: Voice = "wellread",
        asserts: Asserts = lambda _: False,
        remarks: Asserts = lambda _: False,
    ) -> "Comparison":
        """`asserts` says which sentences without a citation claim something all the same, `remarks` which are
        Wellread's own on the titles and claim nothing but what they quote."""
        by_number = {snippet.number: snippet for snippet in snippets}
        findings = (_finding(claim, by_number, asserts, remarks) for claim in claims(markdown))
        return cls(tuple(findings), voice)

    def questions(self) -> list[JudgedClaim]:
        """What a judge is asked, in the order of the text."""
        return [finding.question() for finding in self.findings if finding.is_open]

    def questions_by_start(self) -> dict[int, JudgedClaim]:
        """The same, by where their statements begin."""
        return {finding.claim.start: finding.question() for finding in self.findings if finding.is_open}

    def by_words(self) -> Verdicts:
        """The verdicts without a judge: quoted, in conflict, not checked, or general."""
        return self._told([_by_words(finding) for finding in self.findings])

    def by_judge(self, judgements: Sequence[Judgement | None], judge: str) -> Verdicts:
        """The verdicts with the judgements on `questions()`; where one is missing, by words."""
        left = iter(judgements)
        told = [
            _by_words(finding)
            if not finding.is_open or (judgement := next(left)) is None
            else _judged(finding, judgement, judge)
            for finding in self.findings
        ]
        return self._told(told)

    def _told(self, verdicts: Sequence["_Verdict"]) -> Verdicts:
        citations = _Citations()
        statements = []
        for finding, verdict in zip(self.findings, verdicts, strict=True):
            positions = dict.fromkeys(citations.position(item) for item in verdict.evidence)
            claim = finding.claim
            statements.append(
                Statement(
                    start=claim.start,
                    end=claim.end,
                    text=claim.text,
                    verdict=verdict.name,
                    voice=_voice_of(verdict.name) if self.voice == "author" else "wellread",
                    citations=tuple(positions),
                    evidence=" ".join(verdict.sentence.split()),
                    score=None if verdict.score is None else round(verdict.score, 3),
                    judge=verdict.judge,
                    why=verdict.why,
                    misplaced=verdict.misplaced,
                )
            )
        return Verdicts(tuple(statements), tuple(citations.made))


@dataclass(frozen=True, slots=True)
class _Verdict:
    name: VerdictName
    evidence: tuple[Evidence, ...] = ()
    sentence: str = ""
    score: float | None = None
    judge: str = ""
    why: str = ""
    misplaced: tuple[int, ...] = ()


@dataclass(slots=True)
class _Citations:
    """The citations made so far, each (number, anchor) once."""

    made: list[Citation] = field(default_factory=list)
    positions: dict[tuple[int, str], int] = field(default_factory=dict)

    def position(self, evidence: Evidence) -> int:
        citation = citation_of(evidence)
        key = (citation.number, citation.anchor)
        if key not in self.positions:
            self.positions[key] = len(self.made)
            self.made.append(citation)
        return self.positions[key]


def verdict_of(judgement: Judgement) -> VerdictName:
    """What a judgement comes to: supported, partly, contradicted or unsupported."""
    entailed, against = judgement.entailed, judgement.contradicted
    if against >= CONTRADICTED and against > entailed:
        return "contradicted"
    if entailed >= PARTLY:
        return "supported" if entailed >= SUPPORTED else "partly"
    return "unsupported"


def citation_of(evidence: Evidence) -> Citation:
    """The citation of a piece of evidence; its quote is the source's own text, character for character."""
    snippet = evidence.snippet
    anchor = snippet.anchor
    whole = Anchor.parse(anchor)
    if whole is not None and whole.end - whole.start == len(snippet.text):
        start = whole.start + evidence.start
        anchor = str(Anchor(whole.product_id, whole.section_id, start, start + len(evidence.text)))
    return Citation(
        number=snippet.number,
        product_id=snippet.product_id,
        title=snippet.title,
        section=snippet.section,
        place=snippet.place,
        anchor=anchor,
        quote=evidence.text,
        link=f"/read/{anchor}",
    )


def _finding(claim: Claim, snippets: dict[int, Snippet], asserts: Asserts, remarks: Asserts) -> Finding:
    cited = [snippets[number] for number in claim.numbers if number in snippets]
    if not claim.numbers and not (snippets and asserts(claim)):
        return Finding(claim, judged=False)
    if quoted := _quoted(claim, cited, snippets):
        return Finding(claim, quoted)
    if remarks(claim):
        return _remark(claim, snippets)
    wording = Wording.of(claim.spoken)
    compared = tuple(cited if claim.numbers else snippets.values())
    closest = closest_sentences(wording, [snippet.text for snippet in compared], MOST_SENTENCES)
    return Finding(
        claim,
        cited=compared,
        others=tuple(snippet for snippet in snippets.values() if snippet not in compared),
        wording=wording,
        closest=tuple(closest),
        conflict=_conflict(claim, compared, closest[0]) if closest else None,
    )


def _remark(claim: Claim, snippets: dict[int, Snippet]) -> Finding:
    """A line of Wellread's own: quoted, when each cell that cites says what stands in its source; else it claims
    nothing, and its numbers open the beginning of what they name."""
    cited = [
        (_found(part.text, [snippets[number]]), snippets[number])
        for part in claim.parts
        for number in part.numbers
        if number in snippets
    ]
    quoted = tuple(evidence for evidence, _ in cited if evidence is not None)
    if cited and len(quoted) == len(cited):
        return Finding(claim, quoted)
    named = [snippets[number] for number in claim.numbers if number in snippets]
    return Finding(claim, tuple(map(_beginning, named)), judged=False)


def _beginning(snippet: Snippet) -> Evidence:
    start, end = next(iter(sentences(snippet.text)), (0, len(snippet.text)))
    return Evidence(snippet, start, end)


def _conflict(claim: Claim, sources: Sequence[Snippet], closest: ClosestSentence | None) -> Conflict | None:
    told = [f"{snippet.text}\n{snippet.section}\n{snippet.title}" for snippet in sources]
    return _misquotation(claim, sources) or conflict_of(claim.spoken, told, closest)


def _coverage(wording: Wording, chosen: Sequence[ClosestSentence]) -> float:
    return wording.coverage(frozenset().union(*(one.held for one in chosen)))


def _in_order(chosen: Sequence[ClosestSentence]) -> list[ClosestSentence]:
    return sorted(chosen, key=lambda one: (one.source, one.span))


def _evidence(snippets: Sequence[Snippet], sentence: ClosestSentence) -> Evidence:
    return Evidence(snippets[sentence.source], *sentence.span)


def _quoted(claim: Claim, cited: Sequence[Snippet], snippets: dict[int, Snippet]) -> tuple[Evidence, ...]:
    """Where a claim stands word for word: whole, by what it has within quotation marks, or cell by cell."""
    sources = list(cited) if claim.numbers else list(snippets.values())
    if count_words(claim.text) < FEWEST_WORDS:
        sources = [snippet for snippet in sources if is_a_line(claim.text, snippet.text)]
    if found := _found(claim.text, sources):
        return (found,)
    spans = list(quotations(claim.text))
    marked = sum(count_words(claim.text[start:end]) for start, end in spans)
    if spans and count_words(claim.text) - marked <= FRAMING * count_words(claim.text):
        evidence = [_found(claim.text[start:end], sources) for start, end in spans]
        if all(evidence):
            return tuple(filter(None, evidence))
    cells: list[Evidence] = []
    for part in claim.parts:
        if not part.text:
            continue
        own = [snippets[n] for n in part.numbers or claim.numbers if n in snippets]
        cell = _found(part.text, own) if count_words(part.text) >= FEWEST_WORDS else None
        if cell is None:
            return ()
        cells.append(cell)
    return tuple(cells)


def _found(text: str, sources: Sequence[Snippet]) -> Evidence | None:
    for snippet in sources:
        if span := find_verbatim(text, snippet.text):
            return Evidence(snippet, *span)
    return None


def _misquotation(claim: Claim, sources: Sequence[Snippet]) -> Conflict | None:
    for start, end in quotations(claim.text):
        if _found(claim.text[start:end], sources) is None:
            return Conflict("quotation", f"“{claim.text[start:end]}” does not stand so in the passages.")
    return None


def _by_words(finding: Finding) -> _Verdict:
    if not finding.judged:
        return _Verdict("general", finding.quoted)
    if finding.quoted:
        return _Verdict("quoted", finding.quoted, finding.quoted[0].text, 1.0, QUOTATION)
    if finding.conflict is not None:
        return replace(_resting(finding, "conflict"), why=finding.conflict.why)
    if not finding.closest:
        why = "Nothing in the passages speaks to it."
        if finding.claim.numbers:
            why = "Nothing in the passages that it cites speaks to it."
        return _Verdict("unsupported", judge=WORDS, why=why)
    return _resting(finding, "not checked")


def _is_cited(claim: Claim, evidence: Evidence) -> bool:
    """Whether a claim rests on the snippet; one without a citation rests on any."""
    return not claim.numbers or evidence.snippet.number in claim.numbers


def _resting(finding: Finding, name: VerdictName) -> _Verdict:
    """A verdict by words: each snippet that is cited, at the sentence that comes closest."""
    evidence = tuple(filter(None, map(finding.best_of, finding.claim.numbers)))
    return _Verdict(name, evidence, finding.best.text if finding.best else "", judge=WORDS)


def _judged(finding: Finding, judgement: Judgement, judge: str) -> _Verdict:
    name = verdict_of(judgement)
    score = judgement.entailed if name in ("supported", "partly") else judgement.contradicted
    if name == "unsupported":
        score = max(0.0, 1 - judgement.entailed - judgement.contradicted)
    best = finding.sentences[min(judgement.sentence, len(finding.sentences) - 1)]
    conflict = finding.conflict
    if not _is_cited(finding.claim, best):
        conflict = _conflict(finding.claim, [best.snippet], None)
    if name == "supported" and conflict is not None:
        name = "partly"  # a judge overlooks a number or a name sooner than words do
    why = conflict.why if conflict and name != "supported" else ""
    borne = name in ("supported", "partly")
    evidence = list(filter(None, map(finding.best_of, finding.claim.numbers)))
    misplaced: tuple[int, ...] = ()
    if best.snippet.number not in finding.claim.numbers:
        misplaced = finding.claim.numbers if borne else ()
        evidence = [best] if borne else evidence
    else:
        evidence = [best if one.snippet is best.snippet else one for one in evidence]
    return _Verdict(name, tuple(evidence), best.text, score, judge, why, misplaced)


def _voice_of(verdict: VerdictName) -> StatementVoice:
    """Where the author's voice is played: what he said himself, what follows from his passages, and what is advice."""
    if verdict in ("quoted", "supported"):
        return "said"
    return "advice" if verdict == "general" else "inferred"
