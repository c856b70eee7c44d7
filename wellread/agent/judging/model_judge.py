"""A language model as the judge of statements (`grounding.judgement`).

A hosted model gets one call for all statements of an answer. A model on this machine whose token probabilities can be
read is asked for one word a statement: what it says is seldom "neutral", but how sure it is tells. That is weighed
together with what words tell.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from wellread.agent.judging.calibration import calibrated
from wellread.agent.planning.inactive import on_one_line, quoted
from wellread.agent.prompts import prompt
from wellread.agent.state.budget import Meter, in_budget
from wellread.errors import UnusableReplyError
from wellread.grounding.judgement import JudgedClaim, Judgement
from wellread.models.language_model import Form, LanguageModel, Prompt, object_schema

WORDS = ("entailment", "contradiction", "neutral")
_MOST_STATEMENTS = 60  # in one call
_MOST_CODE_POINTS = 600  # of a statement or a sentence
_TOKENS_A_STATEMENT = 40
_THOUGHT_TOKENS = 2_000  # besides, of a model that thinks before it replies
_CERTAIN = 0.9  # of what a model says without telling its probabilities
_RELATIONS: Mapping[str, tuple[float, float]] = {  # entailed, contradicted
    "supported": (_CERTAIN, 0.0),
    "partly": (0.4, 0.0),
    "contradicted": (0.0, _CERTAIN),
    "not told": (0.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class ModelJudge:
    """Judges with the model that `open_model` gives, within what `meter` leaves."""

    name: str
    open_model: Callable[[], Awaitable[LanguageModel]]
    meter: Meter

    async def judge(self, claims: Sequence[JudgedClaim]) -> list[Judgement | None]:
        model = await in_budget(self.open_model(), self.meter)
        if model.tells_probabilities:
            return [await self._by_probability(model, claim) for claim in claims]
        judged: list[Judgement | None] = []
        for start in range(0, len(claims), _MOST_STATEMENTS):
            judged += await self._together(model, claims[start : start + _MOST_STATEMENTS])
        return judged

    async def _by_probability(self, model: LanguageModel, claim: JudgedClaim) -> Judgement | None:
        asked = Prompt(prompt("judge-one"), question_on(claim))
        shares = await model.choose(asked, WORDS, self.meter.judging(), self.meter.tally)
        return None if shares is None else calibrated(shares, claim)

    async def _together(self, model: LanguageModel, claims: Sequence[JudgedClaim]) -> list[Judgement | None]:
        most = _TOKENS_A_STATEMENT * len(claims) + _THOUGHT_TOKENS
        asked = Prompt(prompt("judge"), statements_block(claims))
        try:
            filled = await model.fill(
                asked, [_form(len(claims))], self.meter.judging().replying(most), self.meter.tally
            )
        except UnusableReplyError:
            return [None] * len(claims)
        return read_verdicts(filled.values.get("verdicts"), claims)


def question_on(claim: JudgedClaim) -> str:
    """What a model is asked about one claim, to be answered with one of `WORDS`."""
    sentences = "\n".join(f"{n}. {_short(text)}" for n, text in enumerate(claim.sentences, start=1))
    return (
        f"Sentences:\n<statements>\n{sentences}\n</statements>\n\nClaim: {quoted(_short(claim.claim))}\n\n"
        "Premise: the sentences. Hypothesis: the claim. Answer with one word: entailment, neutral or contradiction."
    )


def statements_block(claims: Sequence[JudgedClaim]) -> str:
    """The statements, numbered from 1, each with its sentences."""
    lines = ["<statements>"]
    for number, claim in enumerate(claims, start=1):
        lines.append(f"Statement {number}: {_short(claim.claim)}")
        lines += [f"  {n}. {_short(text)}" for n, text in enumerate(claim.sentences, start=1)]
    return "\n".join([*lines, "</statements>"])


def read_verdicts(given: object, claims: Sequence[JudgedClaim]) -> list[Judgement | None]:
    """The judgements of a reply: None for a statement that it leaves out, judges twice and not alike, or judges by a
    word that is none of ours."""
    found: dict[int, Judgement | None] = {}
    for entry in given if isinstance(given, list) else ():
        match entry:
            case {"statement": int(number), "verdict": str(word)} if 1 <= number <= len(claims):
                shares = _RELATIONS.get(word.strip().lower())
                judgement = None
                if shares is not None:
                    at = entry.get("sentence")
                    known = isinstance(at, int) and 1 <= at <= len(claims[number - 1].sentences)
                    judgement = Judgement(*shares, sentence=at - 1 if known else 0)
                twice = number in found and found[number] != judgement
                found[number] = None if twice else judgement
            case _:
                pass
    return [found.get(number) for number in range(1, len(claims) + 1)]


def _form(statements: int) -> Form:
    verdict = object_schema(
        statement={"type": "integer", "minimum": 1, "maximum": statements},
        verdict={"type": "string", "enum": list(_RELATIONS)},
        sentence={"type": "integer", "minimum": 0},
    )
    return Form(
        "verdicts",
        "What the sentences tell of each statement.",
        object_schema(verdicts={"type": "array", "items": verdict, "maxItems": statements}),
    )


def _short(text: str) -> str:
    line = on_one_line(text)
    return line if len(line) <= _MOST_CODE_POINTS else line[:_MOST_CODE_POINTS] + " …"
