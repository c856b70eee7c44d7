"""What is told of runs to those who run the server: a line at the beginning and end of each, and figures."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from wellread.agent.state.actions import Action
from wellread.events import (
    AnswerDelta,
    AnyEvent,
    ModelFailed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StepAction,
    StepCompleted,
)
from wellread.serving.metrics import Metrics
from wellread.store.runs.runs import StoredRun

_ACTIONS = frozenset(action.name for action in Action.__subclasses__())
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """Told by the worker of each run that it takes up; gives what is to be told each of its further events."""

    metrics: Metrics

    def __call__(self, run: StoredRun, start: RunStarted) -> Callable[[AnyEvent], None]:
        waited = (datetime.now(UTC) - start.at).total_seconds()
        _log.info("run_begun", extra={**_who(run), "mode": start.mode, "waited": round(waited, 3)})
        return _Progress(run, start, self.metrics).tell


@dataclass(slots=True)
class _Progress:
    run: StoredRun
    start: RunStarted
    metrics: Metrics
    action: str = ""
    steps: int = 0
    first: float | None = None  # seconds to the first words of the answer
    ended: bool = False

    def tell(self, event: AnyEvent) -> None:
        match event:
            case StepAction():
                self.action = event.action if event.action in _ACTIONS else "other"
            case StepCompleted():
                self.steps += 1
                self.metrics.steps.labels(self.action or "other").inc()
            case AnswerDelta() if self.first is None:
                self.first = self._since(event)
                self.metrics.first_token_seconds.labels(self.start.mode).observe(self.first)
            case ModelFailed():
                self.metrics.model_failures.labels(event.role).inc()
                extra = {**_who(self.run), "role": event.role, "status": event.status}
                _log.warning("model_failed", extra=extra)
            case RunCompleted():
                self._ended("completed", event)
            case RunCancelled():
                self._ended("cancelled", event)
            case RunFailed():
                self._ended("failed", event)
            case _:
                pass

    def _ended(self, outcome: str, event: RunCompleted | RunFailed | RunCancelled) -> None:
        if self.ended:
            return
        self.ended = True
        seconds = self._since(event)
        self.metrics.runs.labels(outcome, self.start.mode).inc()
        self.metrics.run_seconds.labels(self.start.mode).observe(seconds)
        self.metrics.spent(event.usage)
        told = {
            **_who(self.run),
            "outcome": outcome,
            "mode": self.start.mode,
            "steps": self.steps,
            "seconds": round(seconds, 3),
            "input_tokens": event.usage.input_tokens,
            "output_tokens": event.usage.output_tokens,
            "cost": round(event.usage.cost, 6),
        }
        if self.first is not None:
            told["first_token_seconds"] = round(self.first, 3)
        if isinstance(event, RunFailed):
            told["status"] = event.status
        _log.log(logging.WARNING if outcome == "failed" else logging.INFO, "run_ended", extra=told)

    def _since(self, event: AnyEvent) -> float:
        return max(0.0, (event.at - self.start.at).total_seconds())


def _who(run: StoredRun) -> dict[str, object]:
    return {"run_id": run.run_id, "caller": run.caller or "owner"}
