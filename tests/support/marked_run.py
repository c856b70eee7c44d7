"""A run whose answer has a statement of each kind: made of a run over the demo library, with an answer as a model might
have written it and the verdicts that a judge might have reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wellread import events as e
from wellread.grounding.quotation import find_verbatim
from wellread.grounding.verdicts import Evidence, citation_of

QUESTION = "What do Steady Hands, Light Touch and Two Hats say about one-on-ones?"
JUDGE = "anthropic/claude-sonnet-4-5"
USAGE = e.Usage(model_calls=2, input_tokens=3000, output_tokens=400)

WEEKLY = (
    "Hold a one-on-one with every person who reports to you, every week, "
    "for forty-five minutes, and never cancel it."
)
LAST = "the weekly one-on-one is the one we would keep if we could keep only one."
STANDING = (
    "Hold no standing one-on-ones: talk on request, the same day, and take "
    "one long walk a month with each person."
)
FILLED = "A slot that has to be filled will be filled, and status fills it most easily."
BUSY = "Every week, with each person, and above all in the busy weeks, when it costs me something."
WORTH = "Keeping a one-on-one in a bad week tells people what they're worth to you."
WRITING = "Status goes in writing."


@dataclass(frozen=True)
class Said:
    """A statement: how it stands in the Markdown, with {s}, {l} and {t} for the numbers of the two books and the talk;
    the title that bears it or comes closest, and its evidence."""

    text: str
    verdict: e.VerdictName
    product: str = ""  # the beginning of its id
    evidence: str = ""
    score: float | None = None
    judge: str = JUDGE
    more: dict[str, Any] = field(default_factory=dict)
    moved_from: str = ""


ANSWER = (
    "The two books and the talk disagree.\n\n",
    Said(
        "*Steady Hands* asks for **one with every person. Every** week, for forty-five minutes [{s}].",
        "supported",
        "steady-hands",
        WEEKLY,
        0.97,
    ),
    " ",
    Said("It would be the last habit to be given up [{s}].", "supported", "steady-hands", LAST, 0.72),
    " ",
    Said(
        "Each should take ninety minutes at least [{s}].",
        "conflict",
        "steady-hands",
        WEEKLY,
        judge="words",
        more={"why": "“ninety” does not stand in the passages."},
    ),
    "\n\n- ",
    Said(f"**Light Touch:** {FILLED} [{{l}}]", "quoted", "light-touch", FILLED, judge="quotation"),
    "\n- ",
    Said("It recommends a standing slot on Thursdays [{l}].", "contradicted", "light-touch", STANDING, 0.98),
    "\n- ",
    Said(
        "A walk takes its place, once a week [{t}].",
        "partly",
        "light-touch",
        STANDING,
        0.4,
        moved_from="two-hats",
    ),
    "\n\n| Title | How often | For what |\n|---|---|---|\n",
    Said("| Steady Hands | every week [{s}] | the person |", "supported", "steady-hands", WEEKLY, 0.88),
    "\n",
    Said("| Two Hats | in quiet weeks only [{t}] | the status |", "contradicted", "two-hats", BUSY, 0.9),
    "\n\n> ",
    Said(f"{WRITING} [{{t}}]", "quoted", "two-hats", WRITING, judge="quotation"),
    "\n\n",
    Said(
        "Teams that keep them lose fewer people within a year [{t}].", "unsupported", "two-hats", WORTH, 0.6
    ),
    " ",
    Said("Ask your own people what suits them.", "general", judge=""),
)
RIGHT_TO_LEFT = (
    Said(
        "يوصي الكتاب باجتماع أسبوعي مع كل شخص لمدة خمس وأربعين دقيقة [{s}].",
        "supported",
        "steady-hands",
        WEEKLY,
        0.9,
    ),
    " ",
    Said(
        "ويقول إن الاجتماع يستغرق تسعين دقيقة على الأقل [{s}].", "contradicted", "steady-hands", WEEKLY, 0.97
    ),
    "\n\n- ",
    Said("يوصي كتاب *Light Touch* بموعد ثابت كل خميس [{l}].", "contradicted", "light-touch", STANDING, 0.9),
    "\n- ",
    Said("وتفقد الفرق عددا أقل من الناس في السنة [{t}].", "unsupported", "two-hats", WORTH, 0.6),
)


def marked(events: Sequence[e.AnyEvent], answer: Sequence[str | Said] = ANSWER) -> Iterator[e.AnyEvent]:
    """The run of these events as a model would have answered it: up to its answer as it is, then this one, which its
    words are compared for first and which a judge then judges."""
    start = events[0]
    assert isinstance(start, e.RunStarted)
    roles = e.Roles(planner="extractive", writer=JUDGE, judge=JUDGE)
    yield start.model_copy(update={"run_id": "", "conversation_id": "", "roles": roles, "model": JUDGE})
    snippets: dict[str, e.Snippet] = {}
    for event in events[1:]:
        if isinstance(event, e.AnswerStarted):
            yield event
            break
        if isinstance(event, e.SearchCell):
            for snippet in event.found:
                for said in answer:
                    if (
                        isinstance(said, Said)
                        and said.evidence
                        and find_verbatim(said.evidence, snippet.text)
                    ):
                        snippets.setdefault(said.evidence, snippet)
        yield event
    whole = _answer(answer, snippets)
    unjudged = {"verdict": "not checked", "score": None, "judge": "words", "why": ""}
    yield e.AnswerDelta(text=whole.markdown)
    yield whole.model_copy(
        update={
            "statements": tuple(
                one if one.verdict in ("quoted", "conflict", "general") else one.model_copy(update=unjudged)
                for one in whole.statements
            )
        }
    )
    yield e.AnswerChecked(statements=whole.statements, citations=whole.citations, judge=JUDGE, usage=USAGE)
    yield e.RunCompleted(usage=USAGE, seconds=4)


def _answer(answer: Sequence[str | Said], snippets: dict[str, e.Snippet]) -> e.AnswerCompleted:
    numbers = {
        snippet.product_id.partition("-")[0][0]: snippet.number for snippet in snippets.values()
    }  # s, l and t: of steady-hands, light-touch and two-hats
    markdown = ""
    citations: list[e.Citation] = []
    statements: list[e.Statement] = []
    for part in answer:
        if isinstance(part, str):
            markdown += part
            continue
        text = part.text.format(**numbers)
        positions: tuple[int, ...] = ()
        if part.evidence:
            snippet = snippets[part.evidence]
            span = find_verbatim(part.evidence, snippet.text)
            assert span is not None
            citation = citation_of(Evidence(snippet, *span))
            if citation not in citations:
                citations.append(citation)
            positions = (citations.index(citation),)
        statements.append(
            e.Statement(
                start=len(markdown),
                end=len(markdown) + len(text),
                text=text,
                verdict=part.verdict,
                voice="wellread",
                citations=positions,
                evidence=part.evidence,
                score=part.score,
                judge=part.judge,
                misplaced=(numbers[part.moved_from[0]],) if part.moved_from else (),
                **part.more,
            )
        )
        markdown += text
    return e.AnswerCompleted(
        markdown=markdown,
        citations=tuple(citations),
        statements=tuple(statements),
        usage=USAGE,
        written_by=JUDGE,
    )
