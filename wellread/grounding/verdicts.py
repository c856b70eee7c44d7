"""Verdicts: what each statement of an answer rests on, found by comparing words and not by a model."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from wellread.content import Anchor
from wellread.events import Citation, Snippet, Statement, StatementVoice, VerdictName, Voice
from wellread.grounding.statements import Claim, claims
from wellread.grounding.wording import Wording, best_sentences, numbers_in
from wellread.text.words import UNSPACED, count_words

_SAME_MARK = str.maketrans("“”„«»‘’‚", '"""""\'\'\'')  # one for one, so that offsets stay
_IN_SPACED_WORD = re.compile(rf"[^\W{UNSPACED}]")
_OUTER_MARKS = "\"' "
_FEWEST_QUOTED_WORDS = 3  # a shorter run of words is found in any text

SUPPORTED = 0.8  # share of a statement's words that the best sentences hold
PARTLY = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one cited snippet gives for a claim: a verdict, and the range of its text that it rests on."""

    verdict: VerdictName
    snippet: Snippet
    start: int
    end: int


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


def judge(
    markdown: str, snippets: Sequence[Snippet], *, voice: Voice = "wellread"
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """The statements of an answer with their verdicts, and the citations they rest on.

    `Statement.citations` are positions in the returned citations, from 0. A citation is unique by its
    knowledge number and its anchor, which is narrowed to the words quoted, or to the sentences that come
    closest. A statement that cites only numbers that no snippet has is unsupported and has no citations.
    `voice` is the voice of what is quoted; all else is said by Wellread.
    """
    by_number = {snippet.number: snippet for snippet in snippets}
    citations = _Citations()
    statements: list[Statement] = []
    for claim in claims(markdown):
        verdict, evidence = verdict_of(claim, by_number)
        positions = dict.fromkeys(citations.position(item) for item in evidence)
        statements.append(
            Statement(
                start=claim.start,
                end=claim.end,
                text=claim.text,
                verdict=verdict,
                voice=_voice_of(verdict) if voice == "author" else "wellread",
                citations=tuple(positions),
            )
        )
    return tuple(statements), tuple(citations.made)


def _voice_of(verdict: VerdictName) -> StatementVoice:
    """Where the author's voice is played: what he said himself, what follows from his passages, and what is advice."""
    if verdict in ("quoted", "supported"):
        return "said"
    return "advice" if verdict == "general" else "inferred"


def verdict_of(claim: Claim, snippets: dict[int, Snippet]) -> tuple[VerdictName, tuple[Evidence, ...]]:
    """The verdict on one claim and its evidence, one for each snippet that it cites and that bears on it."""
    if not claim.numbers:
        return "general", ()
    cited = [snippets[number] for number in claim.numbers if number in snippets]
    if not cited:
        return "unsupported", ()
    if quoted := _quoted(claim, cited, snippets):
        return "quoted", quoted
    return _compared(claim.text, cited)


def citation_of(evidence: Evidence) -> Citation:
    """The citation of a piece of evidence; its quote is the source's own text, character for character."""
    snippet = evidence.snippet
    anchor = snippet.anchor
    quote = snippet.text[evidence.start : evidence.end]
    whole = Anchor.parse(anchor)
    if whole is not None and whole.end - whole.start == len(snippet.text):
        start = whole.start + evidence.start
        anchor = str(Anchor(whole.product_id, whole.section_id, start, start + len(quote)))
    return Citation(
        number=snippet.number,
        product_id=snippet.product_id,
        title=snippet.title,
        section=snippet.section,
        place=snippet.place,
        anchor=anchor,
        quote=quote,
        link=f"/read/{anchor}",
    )


def find_verbatim(text: str, source: str) -> tuple[int, int] | None:
    """The range of `source` that says `text` word for word, or None.

    White space and the style of quotation marks may differ, and `text` may itself stand within quotation
    marks; nothing else may.
    """
    wanted = unicodedata.normalize("NFC", text).translate(_SAME_MARK)
    searched = source.translate(_SAME_MARK)
    for words in dict.fromkeys((tuple(wanted.split()), tuple(wanted.strip(_OUTER_MARKS).split()))):
        if not words:
            continue
        pattern = r"\s+".join(map(re.escape, words))
        before = r"(?<!\w)" if _IN_SPACED_WORD.match(words[0][0]) else ""
        after = r"(?!\w)" if _IN_SPACED_WORD.match(words[-1][-1]) else ""
        if match := re.search(before + pattern + after, searched):
            return match.span()
    return None


def _quoted(claim: Claim, cited: Sequence[Snippet], snippets: dict[int, Snippet]) -> tuple[Evidence, ...]:
    if count_words(claim.text) < _FEWEST_QUOTED_WORDS:
        cited = [snippet for snippet in cited if _is_a_line(claim.text, snippet.text)]
    for snippet in cited:
        if found := find_verbatim(claim.text, snippet.text):
            return (Evidence("quoted", snippet, *found),)
    evidence: list[Evidence] = []
    for part in claim.parts:
        if not part.text:
            continue
        sources = [snippets[n] for n in part.numbers or claim.numbers if n in snippets]
        matches = ((source, find_verbatim(part.text, source.text)) for source in sources)
        found_in = next(((source, span) for source, span in matches if span), None)
        if found_in is None or count_words(part.text) < _FEWEST_QUOTED_WORDS:
            return ()
        evidence.append(Evidence("quoted", found_in[0], *found_in[1]))
    return tuple(evidence)


def _is_a_line(text: str, source: str) -> bool:
    return any(text == " ".join(line.split()) for line in source.split("\n"))


def _compared(text: str, cited: Sequence[Snippet]) -> tuple[VerdictName, tuple[Evidence, ...]]:
    """A verdict by the share of a statement's words that the closest sentences hold.

    Words tell whether a passage speaks to a statement and hardly whether it agrees, so the doubtful cases go
    down: a number or a name that the sources lack, and a "not" that only one side has.
    """
    wording = Wording.of(text)
    bests = [(snippet, best_sentences(wording, snippet.text)) for snippet in cited]
    held = frozenset().union(*(best.held for _, best in bests))
    coverage = wording.coverage(held)
    source = " ".join(f"{snippet.text} {snippet.section} {snippet.title}" for snippet in cited)
    closest = max(bests, key=lambda pair: len(pair[1].held))[1]
    verdict: VerdictName = "unsupported"
    if wording.numbers <= numbers_in(source):
        near = wording.numbers <= frozenset().union(*(best.numbers for _, best in bests))
        agrees = near and wording.names_are_in(source) and wording.negated == closest.negated
        if coverage >= SUPPORTED and agrees:
            verdict = "supported"
        elif coverage >= PARTLY:
            verdict = "partly"
    return verdict, tuple(
        Evidence(verdict, snippet, best.start, best.end)
        for snippet, best in bests
        if best.held or len(bests) == 1
    )
