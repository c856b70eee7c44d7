"""From the name of a judge to the judge: a model, a classifier on this machine, or none but words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from wellread.agent.judging.checking import OpenJudge
from wellread.agent.judging.model_judge import ModelJudge
from wellread.agent.state.budget import Meter, in_budget
from wellread.grounding.entailment import EntailmentClassifier, open_classifier
from wellread.grounding.judgement import JudgedClaim, Judgement
from wellread.models.resolve import CLASSIFIER, EXTRACTIVE, Models, classifier_folder
from wellread.run_values import WORDS


@dataclass(frozen=True, slots=True)
class TimedClassifier:
    """A classifier within the time that `meter` leaves. It costs nothing else."""

    classifier: EntailmentClassifier
    meter: Meter

    @property
    def name(self) -> str:
        return self.classifier.name

    async def judge(self, claims: Sequence[JudgedClaim]) -> Sequence[Judgement | None]:
        return await in_budget(self.classifier.judge(claims), self.meter)


def judge_opener(name: str, models: Models) -> OpenJudge | None:
    """What opens the judge of that name, as `Roles.judge` has it; None where words alone judge."""
    if name in (WORDS, EXTRACTIVE):
        return None
    if name.startswith(CLASSIFIER):
        return partial(TimedClassifier, open_classifier(classifier_folder(name, models.home), name))
    return partial(ModelJudge, name, partial(models.open, name))
