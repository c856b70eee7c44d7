"""Figures of a whole run of judged questions, by kind and in total, and how two runs differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wellread.errors import BadRequestError
from wellread.evals.answers import AnswerFigures
from wellread.evals.questions import lines_of


class Ratio(BaseModel):
    """So many of so many."""

    model_config = ConfigDict(frozen=True)

    part: int
    of: int

    def __str__(self) -> str:
        return f"{self.part}/{self.of}" if self.of else "–"

    @classmethod
    def among(cls, marks: Iterable[bool]) -> "Ratio":
        every = list(marks)
        return cls(part=sum(every), of=len(every))


class KindFigures(BaseModel):
    """The figures of some questions together."""

    model_config = ConfigDict(frozen=True)

    questions: int
    score: float  # the mean of a proxy, 0 to 3
    title_found: Ratio  # of the questions that expect titles
    found: Ratio  # of the facts, those in a snippet found
    evidence: Ratio  # in a snippet chosen
    answer: Ratio  # in the answer
    bearing: Ratio  # of the points quoted; those of unanswerable questions bear on nothing
    silent: Ratio  # of the unanswerable questions, those not answered
    denied: Ratio  # of the answerable ones, those not answered
    failed: int
    evidence_words: float  # chosen for an answer, the mean
    seconds: float  # a question, the mean
    tokens: float

    @classmethod
    def of(cls, every: Sequence[AnswerFigures]) -> "KindFigures":
        facts = [fact for figures in every for fact in figures.facts]
        pointing = [figures for figures in every if figures.facts or figures.unanswerable]
        return cls(
            questions=len(every),
            score=_mean(figures.score for figures in every),
            title_found=Ratio.among(f.title_found for f in every if f.title_found is not None),
            found=Ratio.among(fact.found for fact in facts),
            evidence=Ratio.among(fact.evidence for fact in facts),
            answer=Ratio.among(fact.answer for fact in facts),
            bearing=Ratio(
                part=sum(figures.bearing for figures in pointing),
                of=sum(figures.points for figures in pointing),
            ),
            silent=Ratio.among(not figures.answered for figures in every if figures.unanswerable),
            denied=Ratio.among(not figures.answered for figures in every if not figures.unanswerable),
            failed=sum(bool(figures.failure) for figures in every),
            evidence_words=_mean(figures.evidence_words for figures in every),
            seconds=_mean(figures.seconds for figures in every),
            tokens=_mean(figures.tokens for figures in every),
        )


@dataclass(frozen=True, slots=True)
class RunChange:
    """A question that came out differently in two runs."""

    before: AnswerFigures
    after: AnswerFigures

    @property
    def lost(self) -> list[str]:
        """The facts that the answer held before."""
        held = {fact.fact for fact in self.after.facts if fact.answer}
        return [fact.fact for fact in self.before.facts if fact.answer and fact.fact not in held]

    @property
    def gained(self) -> list[str]:
        return RunChange(self.after, self.before).lost

    @property
    def searched_otherwise(self) -> bool:
        return self.before.searched != self.after.searched


def by_kind(every: Sequence[AnswerFigures]) -> dict[str, KindFigures]:
    """The figures of each kind in the order of their first questions."""
    kinds = dict.fromkeys(figures.kind for figures in every)
    return {kind: KindFigures.of([f for f in every if f.kind == kind]) for kind in kinds}


def in_both(
    before: Sequence[AnswerFigures], after: Sequence[AnswerFigures]
) -> tuple[list[AnswerFigures], list[AnswerFigures]]:
    """The questions that two runs share, in the order of the second. Raises BadRequestError when there are none."""
    known = {figures.id: figures for figures in before}
    shared = [figures for figures in after if figures.id in known]
    if not shared:
        raise BadRequestError(
            "The two runs share no question.",
            hint="Questions are the same by their `id`, else by their words.",
        )
    return [known[figures.id] for figures in shared], shared


def changes(before: Sequence[AnswerFigures], after: Sequence[AnswerFigures]) -> list[RunChange]:
    """The questions of `in_both` that came out or were searched differently: what became worse comes first."""
    found = [
        RunChange(one, other)
        for one, other in zip(before, after, strict=True)
        if _outcome(one) != _outcome(other)
    ]
    return sorted(found, key=lambda change: change.after.score - change.before.score)


def is_run(path: Path) -> bool:
    """Whether a file is a run that was saved, and no questions. Raises BadRequestError when it cannot be read."""
    _, first = next(lines_of(path), (0, ""))
    return '"type": "question"' in first


def read_run(path: Path) -> list[AnswerFigures]:
    """What `wellread eval answers --json` printed. Raises BadRequestError naming the line that is wrong."""
    every = []
    for number, line in lines_of(path):
        if '"type": "question"' not in line:
            continue  # the summary
        try:
            every.append(AnswerFigures.model_validate_json(line))
        except ValidationError as error:
            raise BadRequestError(
                f"Line {number} of {path} is no question of a run: {error.errors()[0]['msg']}.",
                hint="Make the run again: `wellread eval answers FILE --json > RUN`.",
            ) from error
    if not every:
        raise BadRequestError(
            f"{path} is no run of judged questions.",
            hint="A run is what `wellread eval answers FILE --json` prints.",
        )
    return every


def _outcome(figures: AnswerFigures) -> object:
    return figures.score, figures.answered, figures.title_found, figures.facts, figures.searched


def _mean(numbers: Iterable[float]) -> float:
    every = list(numbers)
    return round(sum(every) / len(every), 3) if every else 0.0
