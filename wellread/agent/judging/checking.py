"""The check of an answer: its statements held against the chosen passages, by the judge of the run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from wellread.agent.state.budget import Meter
from wellread.agent.state.knowledge import Knowledge
from wellread.errors import BudgetSpentError, ModelError
from wellread.events import AnswerCompleted, Snippet, Voice
from wellread.grounding.assertions import Assertions
from wellread.grounding.judgement import Judge, JudgedClaim, Judgement
from wellread.grounding.statements import Claim
from wellread.grounding.verdicts import Comparison, Verdicts
from wellread.run_values import WORDS, Statement

OpenJudge = Callable[[Meter], Judge]  # the judge of a run, within what its meter leaves
Range = tuple[int, int]  # code points of the Markdown


@dataclass(frozen=True, slots=True)
class ByModel:
    """Which sentences without a citation claim something: those that a model wrote and that would be taken for what
    the titles say. What Wellread itself says around them, at `own`, claims nothing."""

    assertions: Assertions
    own: Collection[Range]

    @classmethod
    def of(cls, knowledge: Knowledge, own: Collection[Range]) -> "ByModel":
        names = [name for entry in knowledge.scope for name in (entry.title, *entry.authors)]
        return cls(Assertions.about(names), own)

    def __call__(self, claim: Claim) -> bool:
        return not within(self.own)(claim) and self.assertions(claim.text)


@dataclass(slots=True)
class Check:
    """One answer's check. Judgements are kept, so that what a revision left as it was is not judged again."""

    snippets: Sequence[Snippet]
    voice: Voice
    open_judge: OpenJudge | None
    meter: Meter
    judge: str = WORDS  # who judged, as far as anybody but words did
    failure: ModelError | None = None  # why the judge did not judge
    _known: dict[JudgedClaim, Judgement | None] = field(default_factory=dict)

    def compared(
        self, markdown: str, asserts: Callable[[Claim], bool], remarks: Callable[[Claim], bool]
    ) -> Comparison:
        return Comparison.of(markdown, self.snippets, voice=self.voice, asserts=asserts, remarks=remarks)

    async def verdicts(self, comparison: Comparison) -> Verdicts:
        """By the judge; by words where there is none, or it fails or may not go on."""
        questions = comparison.questions()
        judged = await self.judgements(questions)
        if not judged:
            return comparison.by_words()
        return comparison.by_judge([judged[question] for question in questions], self.judge)

    async def judgements(self, questions: Sequence[JudgedClaim]) -> Mapping[JudgedClaim, Judgement | None]:
        """What the judge says of each; nothing at all where there is none, or it fails or may not go on."""
        new = list(dict.fromkeys(question for question in questions if question not in self._known))
        if self.open_judge is None or not questions or self.failure is not None:
            return {}
        judge = self.open_judge(self.meter)
        try:
            if new:
                self._known.update(zip(new, await judge.judge(new), strict=True))
        except BudgetSpentError:
            return {}
        except ModelError as error:
            self.failure = error
            return {}
        self.judge = judge.name
        return {question: self._known[question] for question in questions}


def within(ranges: Collection[Range]) -> Callable[[Claim | Statement], bool]:
    """Whether a claim stands in one of the ranges of the Markdown."""
    return lambda claim: any(start <= claim.start < end for start, end in ranges)


def asserted_in(answer: AnswerCompleted) -> Callable[[Claim], bool]:
    """Which sentences without a citation claim something, as it was found when the answer was written."""
    starts = {statement.start for statement in answer.statements if statement.verdict != "general"}
    return lambda claim: claim.start in starts


def remarked_in(answer: AnswerCompleted) -> Callable[[Claim], bool]:
    """Which statements claim nothing but what they quote, as it was found when the answer was written."""
    settled = {s.start for s in answer.statements if s.verdict in ("quoted", "general")}
    return lambda claim: claim.start in settled
