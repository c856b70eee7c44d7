"""Where titles contradict each other: telling sentences, in pairs across titles, judged both ways.

Told is what is precise rather than all there is: each of the two must contradict the other, or one of them with a
negation, the opposite word or another number on one side.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from wellread.agent.judging.checking import Check
from wellread.agent.judging.remark_table import SaidSentence, dated, table
from wellread.events import Snippet
from wellread.grounding.conflicts import conflict_of
from wellread.grounding.judgement import JudgedClaim, Judgement
from wellread.grounding.quantities import claimed
from wellread.grounding.wording import Wording, closest_sentences

MOST_PAIRS = 8  # that are judged
_MOST_TOLD = 4  # that are shown
_OF_A_SNIPPET = 3  # sentences that are compared
_FEWEST_SHARED = 2  # content words of two sentences on the same thing
_SHARED = 0.4  # and the share of the words of the one that has fewer
_CONTRADICTED = 0.7
_ENTAILED = 0.3  # from which the other direction speaks against a contradiction


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Two sentences of two titles that speak of the same: the share of the content words of the shorter one that they
    have in common, and how many these are."""

    one: SaidSentence
    other: SaidSentence
    shared: int
    coverage: float

    @classmethod
    def of(cls, one: SaidSentence, other: SaidSentence) -> "SentencePair":
        found = [
            (len(wording.held_by(held)), wording.coverage(wording.held_by(held)))
            for wording, held in (
                (Wording.of(one.text), _stems(other.text)),
                (Wording.of(other.text), _stems(one.text)),
            )
        ]
        return cls(one, other, min(shared for shared, _ in found), max(coverage for _, coverage in found))

    @property
    def is_on_the_same(self) -> bool:
        same = self.one.text.casefold() == self.other.text.casefold()
        return not same and self.shared >= _FEWEST_SHARED and self.coverage >= _SHARED

    def questions(self) -> tuple[JudgedClaim, JudgedClaim]:
        """Each as a claim, by the other alone: what is judged is what is shown."""
        return _question(self.one.text, self.other.text), _question(self.other.text, self.one.text)

    def contradicts(self, there: Judgement | None, back: Judgement | None) -> bool:
        """What the judgements on `questions()` come to."""
        if there is None or back is None:
            return False
        low, high = sorted((there, back), key=lambda judgement: judgement.contradicted)
        if high.contradicted < _CONTRADICTED:
            return False
        if low.contradicted >= _CONTRADICTED:
            return True
        return low.entailed < _ENTAILED and any(
            _conflict(claim.claim, claim.sentences[0]) for claim in self.questions()
        )


async def disagreements(
    snippets: Sequence[Snippet], question: str, years: Mapping[str, str], check: Check
) -> str:
    """The pairs that contradict each other as Markdown; "" when there are none or nobody can judge. `years` has those
    of products by their id."""
    pairs = pairs_of(snippets, question)
    judged = await check.judgements([claim for pair in pairs for claim in pair.questions()])
    found = [pair for pair in pairs if pair.contradicts(*(judged.get(claim) for claim in pair.questions()))]
    rows: list[tuple[str, ...]] = []
    for number, pair in enumerate(found[:_MOST_TOLD], start=1):
        sides = sorted((pair.one, pair.other), key=lambda side: years.get(side.snippet.product_id, ""))
        for name, side in zip((str(number), ""), sides, strict=True):
            title = dated(side.snippet.title, years.get(side.snippet.product_id, ""))
            rows.append((name, title, side.cell))
    if not rows:
        return ""
    return f"**Where the titles differ**, as {check.judge} judges:\n\n{table(('', 'Title', 'It says'), rows)}"


def pairs_of(snippets: Sequence[Snippet], question: str) -> list[SentencePair]:
    """The pairs that are worth judging, those that share most first."""
    said = [sentence for snippet in snippets for sentence in _telling(snippet, question)]
    across = (
        SentencePair.of(one, other)
        for one, other in combinations(said, 2)
        if one.snippet.product_id != other.snippet.product_id
    )
    ranked = sorted((pair for pair in across if pair.is_on_the_same), key=lambda p: (-p.shared, -p.coverage))
    return ranked[:MOST_PAIRS]


def _telling(snippet: Snippet, question: str) -> Iterable[SaidSentence]:
    """The sentences that tell most of what was asked: as the search has it, else by their words."""
    spans = [(sentence.start, sentence.end) for sentence in snippet.telling]
    if not spans:
        closest = closest_sentences(Wording.of(question), [snippet.text], _OF_A_SNIPPET)
        spans = [sentence.span for sentence in closest]
    said = (SaidSentence.of(snippet, start, end) for start, end in spans)
    return [sentence for sentence in said if sentence.claims][:_OF_A_SNIPPET]


def _stems(text: str) -> frozenset[str]:
    return frozenset(form for forms in Wording.of(text).words for form in forms)


def _question(claim: str, sentence: str) -> JudgedClaim:
    wording = Wording.of(claim)
    return JudgedClaim(
        claim, (sentence,), _conflict(claim, sentence), wording.coverage(wording.held_by(_stems(sentence)))
    )


def _conflict(claim: str, sentence: str) -> str:
    """What words tell of a contradiction: a negation on one side, an opposite, other numbers. A number or a name that
    one of the two does not have is none."""
    closest = closest_sentences(Wording.of(claim), [sentence], 1)
    conflict = conflict_of(claim, [sentence], closest[0] if closest else None)
    if conflict is None:
        return ""
    told = conflict.kind == "negation" or (conflict.kind == "number" and bool(list(claimed(sentence))))
    return conflict.why if told else ""
