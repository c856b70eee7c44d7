"""What a judge is asked, what it says, and the seam behind which language models and classifiers stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim and the sentences by which it is judged, in the order of their text. `conflict` says what words alone
    tell against it, "" for nothing; `coverage` is the share of its content words that the sentences hold, and `closest`
    the index of the sentence that holds most of them."""

    claim: str
    sentences: tuple[str, ...]
    conflict: str = ""
    coverage: float = 0.0
    closest: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """How probable it is that the sentences entail the claim, and that they contradict it, 0 to 1 each; what is left
    is that they do not tell. `sentence` is the index of the one that tells most."""

    entailed: float
    contradicted: float
    sentence: int = 0


class Judge(Protocol):
    """Judges claims by sentences: a language model, or a classifier of natural-language inference.

    `name` is shown to readers. `judge` gives a judgement for each claim in their order, None for one of which it said
    nothing that can be used; it raises ModelError when it fails, BudgetSpentError when it may not go on.
    """

    @property
    def name(self) -> str: ...

    async def judge(self, claims: Sequence[JudgedClaim]) -> Sequence[Judgement | None]: ...
