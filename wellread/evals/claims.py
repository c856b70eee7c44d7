"""Claims with sentences and labels, a JSON object a line, and how well judges tell which ones the sentences support."""

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wellread.errors import BadRequestError
from wellread.evals.classification import accuracy, calibration_error, macro_f1, roc_area
from wellread.evals.questions import lines_of
from wellread.grounding.conflicts import conflict_of
from wellread.grounding.judgement import Judge, JudgedClaim, Judgement
from wellread.grounding.verdicts import MOST_SENTENCES, verdict_of
from wellread.grounding.wording import Wording, closest_sentences
from wellread.run_values import WORDS

Label = Literal["supported", "partially_supported", "not_supported", "contradicted", "not_enough_information"]
LABELS: tuple[str, ...] = get_args(Label)
SILENT = frozenset({"not_supported", "not_enough_information"})  # the sentences do not tell

Choose = Callable[[str, Sequence[str]], Sequence[int]]  # of a claim's sentences those that a judge is given

_TOGETHER = 40  # claims in one call of a judge: the statements of a long answer
_EXPECTED = (
    "A line is a JSON object with `claim`, `sentences` (a list of texts), `label` "
    f"({', '.join(LABELS)}), and perhaps `id` and `evidence` (numbers of sentences)."
)


class LabelledClaim(BaseModel):
    """A claim, what it is to be judged by, and the right verdict."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = ""
    claim: Annotated[str, Field(pattern=r"\S")]
    label: Label
    sentences: list[str]
    evidence: list[int | list[int]] = []  # for people: which sentences tell, or sets of which each is enough


class ClaimFigures(BaseModel):
    """What a judge made of a set. Areas under the ROC curve, None where the set has only one side: of `entailed` for
    supported against all others, and for supported or in part against the rest where there are claims that are in
    part; of `contradicted` less `entailed` for contradicted against supported; of the sum of both for whether the
    sentences tell at all."""

    judge: str
    claims: int
    unjudged: int  # without a judgement; they count as not told
    supported: float | None
    at_least_partly: float | None
    contradicted: float | None
    told: float | None
    accuracy: float
    macro_f1: float
    calibration_error: float | None  # of `entailed` for supported, over ten bins
    claims_per_second: float  # with the choice of sentences, without the loading of a model


class WordsJudge:
    """What words tell, as a score: the share of a claim's words that its sentences hold, 0 where something speaks
    against it. It is no probability, and of a contradiction it knows nothing."""

    name = WORDS

    async def judge(self, claims: Sequence[JudgedClaim]) -> Sequence[Judgement | None]:
        return [Judgement(0.0 if claim.conflict else claim.coverage, 0.0) for claim in claims]


def read_claims(path: Path) -> list[LabelledClaim]:
    """The claims of a file. Raises BadRequestError naming the line that is wrong, and for a file without any."""
    claims: list[LabelledClaim] = []
    for number, line in lines_of(path, _EXPECTED):
        try:
            claims.append(LabelledClaim.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = f"`{'.'.join(map(str, first['loc']))}`: " if first["loc"] else ""
            raise BadRequestError(
                f"Line {number} of {path} is no labelled claim: {where}{first['msg']}.", hint=_EXPECTED
            ) from error
    if not claims:
        raise BadRequestError(f"{path} has no claims.", hint=_EXPECTED)
    return claims


def some_claims(
    claims: Sequence[LabelledClaim], labels: Collection[str], limit: int | None
) -> list[LabelledClaim]:
    """Those with one of `labels` (any, where none is named), at most `limit` of them, spread over the file. Raises
    BadRequestError for a label that no claim has."""
    there = dict.fromkeys(claim.label for claim in claims)
    if missing := [label for label in labels if label not in there]:
        raise BadRequestError(f"No claim has the label {missing[0]!r}.", hint=f"Labels: {', '.join(there)}.")
    chosen = [claim for claim in claims if not labels or claim.label in labels]
    most = min(limit or len(chosen), len(chosen))
    return [chosen[index * len(chosen) // most] for index in range(most)]


def closest(claim: str, sentences: Sequence[str]) -> list[int]:
    """The sentences that an answer would be judged by; the first ones when none shares a word with the claim."""
    found = closest_sentences(Wording.of(claim), sentences, MOST_SENTENCES)
    return list(dict.fromkeys(one.source for one in found)) or list(range(len(sentences)))[:MOST_SENTENCES]


async def measure_judge(
    judge: Judge,
    claims: Sequence[LabelledClaim],
    *,
    choose: Choose = closest,
    report: Callable[[int], None] = lambda _: None,
) -> ClaimFigures:
    """`claims`, one at least, by one judge; `report` is told how many are done. Raises as the judge does."""
    begun = time.perf_counter()
    asked = [judged_claim(claim, choose) for claim in claims]
    each = (time.perf_counter() - begun) / len(asked)
    begun = time.perf_counter()
    judgements = [*await judge.judge(asked[:1])]  # before which a model is loaded
    if len(asked) > 1:
        begun = time.perf_counter()
    for start in range(1, len(asked), _TOGETHER):
        judgements += await judge.judge(asked[start : start + _TOGETHER])
        report(len(judgements))
    each += (time.perf_counter() - begun) / max(len(asked) - 1, 1)
    return figures_of(judge.name, claims, judgements, each)


def figures_of(
    judge: str, claims: Sequence[LabelledClaim], judgements: Sequence[Judgement | None], seconds: float
) -> ClaimFigures:
    """The figures of these judgements, one a claim; `seconds` is what each took."""
    labels = [claim.label for claim in claims]
    given = [judgement or Judgement(0.0, 0.0) for judgement in judgements]
    entailed = [judgement.entailed for judgement in given]
    supported = [label == "supported" for label in labels]
    partial = "partially_supported" in labels
    decided = [
        (judgement.contradicted - judgement.entailed, label == "contradicted")
        for judgement, label in zip(given, labels, strict=True)
        if label in ("supported", "contradicted")
    ]
    judged = [index for index, judgement in enumerate(judgements) if judgement is not None]
    truth = ["silent" if label in SILENT else label for label in labels]
    predicted = [_predicted(judgement, partial=partial) for judgement in given]
    return ClaimFigures(
        judge=judge,
        claims=len(claims),
        unjudged=len(claims) - len(judged),
        supported=roc_area(entailed, supported),
        at_least_partly=roc_area(
            entailed, [label in ("supported", "partially_supported") for label in labels]
        )
        if partial
        else None,
        contradicted=roc_area([score for score, _ in decided], [against for _, against in decided]),
        told=roc_area([one.entailed + one.contradicted for one in given], [one != "silent" for one in truth]),
        accuracy=accuracy(truth, predicted),
        macro_f1=macro_f1(truth, predicted),
        calibration_error=calibration_error(
            [entailed[index] for index in judged], [supported[index] for index in judged]
        ),
        claims_per_second=1 / max(seconds, 1e-9),
    )


def judged_claim(given: LabelledClaim, choose: Choose) -> JudgedClaim:
    """A claim as a judge is asked about it, with the chosen of its sentences in their order."""
    chosen = list(choose(given.claim, given.sentences))
    wording = Wording.of(given.claim)
    found = closest_sentences(wording, given.sentences, MOST_SENTENCES)
    best = found[0] if found else None
    conflict = conflict_of(given.claim, ["\n\n".join(given.sentences)], best)
    in_order = sorted(chosen)
    return JudgedClaim(
        given.claim,
        tuple(given.sentences[index] for index in in_order),
        conflict.why if conflict else "",
        wording.coverage(frozenset().union(*(one.held for one in found))),
        in_order.index(best.source) if best and best.source in in_order else 0,
    )


def _predicted(judgement: Judgement, *, partial: bool) -> str:
    match verdict_of(judgement):
        case "partly" if partial:
            return "partially_supported"
        case "supported" | "contradicted" as name:
            return name
    return "silent"
