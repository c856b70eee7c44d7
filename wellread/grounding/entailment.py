"""A judge that runs on this machine: a classifier of natural-language inference reads each claim with each sentence."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from wellread.errors import ModelRejectedError, WellreadError
from wellread.grounding.judgement import JudgedClaim, Judgement
from wellread.grounding.pair_classifier import PairClassifier, Probabilities

KIND = "onnx:"


class EntailmentClassifier:
    """The model in a folder, loaded when it is first needed, and anew when its files have changed. `name` is what the
    reader sees."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._loaded: PairClassifier | None = None
        self._files: object = None  # as they were when it was loaded
        self._loading = threading.Lock()

    def load(self) -> PairClassifier:
        """The model, which is loaded unless that was done: that blocks for seconds. Raises as PairClassifier does; a
        later call tries again, so that a folder can be mended."""
        with self._loading:
            files = _state_of(self._folder)
            if self._loaded is None or files != self._files:
                self._loaded = None  # not two at a time in memory
                self._loaded, self._files = PairClassifier(self._folder), files
            return self._loaded

    async def judge(self, claims: Sequence[JudgedClaim]) -> Sequence[Judgement | None]:
        """A claim is entailed as far as its best sentence, or all of them read as one, entail it; contradicted as far
        as a sentence contradicts it that does not rather entail it. None for a claim without words or sentences, and
        for one that is too long to be read whole. Raises ModelRejectedError when the model cannot be loaded."""
        stopped = threading.Event()
        try:
            return await asyncio.to_thread(self._judge, claims, stopped.is_set)
        except WellreadError as error:
            raise ModelRejectedError(error.message, hint=error.hint) from error
        finally:
            stopped.set()  # the thread of a cancelled call ends after its batch

    def _judge(self, claims: Sequence[JudgedClaim], stopped: Callable[[], bool]) -> list[Judgement | None]:
        if not claims:
            return []
        model = self.load()
        pairs: list[tuple[str, str]] = []
        parts: list[slice] = []
        for claim in claims:
            start = len(pairs)
            if claim.claim.strip() and any(map(str.strip, claim.sentences)) and model.fits(claim.claim):
                pairs += [(premise, claim.claim) for premise in _premises(claim.sentences)]
            parts.append(slice(start, len(pairs)))
        found = model.probabilities(pairs, stopped)
        return [
            _judgement(found[part], len(claim.sentences)) for claim, part in zip(claims, parts, strict=True)
        ]


@lru_cache(maxsize=2)
def open_classifier(folder: Path, name: str) -> EntailmentClassifier:
    """The judge of a folder, one in a process. Does not block and does not fail: the model is loaded by the first call
    of `judge`, in a thread. `name` is as the setting has it; of a path only the last part is shown."""
    return EntailmentClassifier(folder, KIND + Path(name.removeprefix(KIND)).name)


def _state_of(folder: Path) -> list[tuple[str, int, int]]:
    """What tells whether a model's files have changed: names, times and sizes."""
    files = (path for path in folder.rglob("*") if path.suffix in (".json", ".onnx"))
    return sorted((str(path), (stat := path.stat()).st_mtime_ns, stat.st_size) for path in files)


def _premises(sentences: Sequence[str]) -> list[str]:
    """Each sentence and, of several, all of them."""
    return [*sentences, *([" ".join(sentences)] if len(sentences) > 1 else [])]


def _judgement(rows: Probabilities, sentences: int) -> Judgement | None:
    """From a row for each sentence, and one for all of them. The larger of the two probabilities stands, and the other
    takes no more than what it leaves, since one sentence may entail what another contradicts."""
    if not len(rows) or not np.isfinite(rows).all():
        return None
    entails, contradicts = rows[:sentences, 0], rows[:sentences, 1]
    opposing = np.where(contradicts >= entails, contradicts, 0.0)
    entailed, contradicted = float(rows[:, 0].max()), float(opposing.max())
    if entailed >= contradicted:
        return Judgement(entailed, min(contradicted, 1 - entailed), int(entails.argmax()))
    return Judgement(min(entailed, 1 - contradicted), contradicted, int(opposing.argmax()))
