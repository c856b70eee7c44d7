"""Where each title stands on what the reader asks: it supports it, opposes it, or says nothing of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from wellread.agent.judging.checking import Check
from wellread.agent.judging.remark_table import SaidSentence, dated, table
from wellread.agent.planning.inactive import inactive
from wellread.agent.prompts import prompt
from wellread.agent.state.budget import Meter, in_budget
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.question_form import QuestionForm
from wellread.errors import BudgetSpentError, ModelError
from wellread.events import ScopeEntry, Snippet
from wellread.grounding.conflicts import conflict_of
from wellread.grounding.inline import defused, inert
from wellread.grounding.judgement import JudgedClaim, Judgement
from wellread.grounding.verdicts import MOST_SENTENCES, verdict_of
from wellread.grounding.wording import Wording, closest_sentences
from wellread.models.language_model import Form, LanguageModel, Prompt, object_schema
from wellread.text.languages import languages, rules_of
from wellread.text.terms import language_of

FEWEST_TITLES = 3
MOST_TITLES = 12
_LONGEST = 300  # code points of a question or a claim
_REPLY_TOKENS = 200
_SILENT, _SUPPORTS, _OPPOSES = "silent", "supports", "opposes"
_NOTHING, _NOT_CHOSEN = "nothing found", "nothing of it was chosen for this answer"
_FORMS = (QuestionForm.YES_NO, QuestionForm.COMPARISON)
_FORM = Form(
    "claim",
    "What is asked, as a statement; empty when it is not asked whether something is so.",
    object_schema(claim={"type": "string", "maxLength": _LONGEST}),
)

OpenModel = Callable[[], Awaitable[LanguageModel]]


@dataclass(frozen=True, slots=True)
class TitleStance:
    """What one title says to a claim: the sentences by which it is judged, none where nothing was found."""

    entry: ScopeEntry
    sentences: tuple[SaidSentence, ...] = ()
    question: JudgedClaim | None = None
    silence: str = _NOTHING  # what stands in place of a sentence

    @classmethod
    def of(
        cls, entry: ScopeEntry, claim: str, snippets: Sequence[Snippet], *, was_found: bool
    ) -> "TitleStance":
        texts = [snippet.text for snippet in snippets]
        wording = Wording.of(claim)
        said = [
            (one, sentence)
            for one in closest_sentences(wording, texts, 2 * MOST_SENTENCES)
            if (sentence := SaidSentence.of(snippets[one.source], *one.span)).claims
        ][:MOST_SENTENCES]
        if not said:
            return cls(entry, silence=_NOT_CHOSEN if was_found and not snippets else _NOTHING)
        conflict = conflict_of(claim, texts, said[0][0])
        held = frozenset().union(*(one.held for one, _ in said))
        sentences = tuple(sentence for _, sentence in said)
        question = JudgedClaim(
            claim,
            tuple(sentence.text for sentence in sentences),
            conflict.why if conflict else "",
            wording.coverage(held),
        )
        return cls(entry, sentences, question)

    def row(self, judgement: Judgement | None, year: str) -> tuple[str, str, str]:
        """Title, stance, sentence."""
        title = dated(self.entry.title, year)
        if not self.sentences:
            return title, _SILENT, self.silence
        stance = stance_of(judgement)
        at = judgement.sentence if judgement is not None and stance != _SILENT else 0
        return title, stance, self.sentences[min(at, len(self.sentences) - 1)].cell


def stance_of(judgement: Judgement | None) -> str:
    """What a title's judgement comes to; where there is none, nothing is said for it."""
    stances = {"supported": _SUPPORTS, "contradicted": _OPPOSES}
    return stances.get(verdict_of(judgement), _SILENT) if judgement is not None else _SILENT


async def stances(
    knowledge: Knowledge,
    snippets: Sequence[Snippet],
    years: Mapping[str, str],
    check: Check,
    open_model: OpenModel | None,
) -> str:
    """The table as Markdown; "" when nothing is claimed, fewer than three titles were asked, nobody can judge, or no
    title speaks to it. `years` has those of products by their id."""
    asked = titles_asked(knowledge)
    if len(asked) < FEWEST_TITLES or not snippets or knowledge.form not in _FORMS:
        return ""
    question = knowledge.plain_question
    claim = claim_of(question)
    if not claim and open_model is not None:
        claim = await claim_by_model(question, open_model, check.meter)
    if not claim:
        return ""
    found = {snippet.product_id for snippet in knowledge.snippets}
    titles = [
        TitleStance.of(
            entry,
            claim,
            [snippet for snippet in snippets if snippet.product_id == entry.product_id],
            was_found=entry.product_id in found,
        )
        for entry in asked[:MOST_TITLES]
    ]
    judged = await check.judgements([title.question for title in titles if title.question is not None])
    rows: list[tuple[str, ...]] = [
        title.row(
            judged.get(title.question) if title.question else None, years.get(title.entry.product_id, "")
        )
        for title in titles
    ]
    if all(row[1] == _SILENT for row in rows):
        return ""
    more = len(asked) - len(rows)
    note = f" ({more} more titles were searched)" if more else ""
    head = f"**Where each title stands** on “{inert(claim)}”{note}, as {inert(check.judge)} judges:"
    return f"{head}\n\n{table(('Title', 'Stance', 'Sentence'), rows)}"


def titles_asked(knowledge: Knowledge) -> list[ScopeEntry]:
    """The titles in scope that were searched or say something, those that the reader named or picked first."""
    asked = {cell.product_id for cell in knowledge.cells} | {s.product_id for s in knowledge.snippets}
    entries = [entry for entry in knowledge.scope if entry.product_id in asked]
    return sorted(entries, key=lambda entry: entry.found not in ("named", "picked"))


def claim_of(question: str) -> str:
    """What a question asks for being so, as a statement, by the rules `claims` of the languages, its own first; "" when
    none fits."""
    asked = " ".join(question.split())
    if len(asked) > _LONGEST:
        return ""
    own = language_of(asked)
    for code in sorted(languages(), key=lambda code: code != own):
        for rule in rules_of(code, "forms", "claims"):
            if match := rule.pattern.search(asked):
                return _filled(rule.template, match.groupdict(default=""))
    return ""


def _filled(template: str, words: Mapping[str, str]) -> str:
    """A rule's statement; the verb that a question begins with has lost its capital."""
    given = {name: text.lower() if name == "verb" else text for name, text in words.items()}
    claim = " ".join(template.format(**given).split())
    return claim[:1].upper() + claim[1:]


async def claim_by_model(question: str, open_model: OpenModel, meter: Meter) -> str:
    """The same by a model; "" when it says that there is none, or cannot say."""
    try:
        model = await in_budget(open_model(), meter)
        asked = Prompt(prompt("claim"), f"<question>\n{inactive(question)}\n</question>")
        filled = await model.fill(asked, [_FORM], meter.judging().replying(_REPLY_TOKENS), meter.tally)
    except (ModelError, BudgetSpentError):
        return ""
    given = filled.values.get("claim")
    claim = defused(" ".join(given.split())) if isinstance(given, str) else ""
    return claim if len(claim) <= _LONGEST and not claim.endswith("?") else ""
