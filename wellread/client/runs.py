"""Runs: beginning one, its events, its end."""

import uuid
from typing import get_args

from wellread.client.event_stream import Following, StreamKind, types_of
from wellread.client.problems import error_of
from wellread.client.protocol import Call, HttpRequest, reading
from wellread.client.retry import Patience
from wellread.errors import ConflictError, UnavailableError
from wellread.events import EVENT, TERMINAL, AnswerChecked, AnswerCompleted, AnyEvent, RunCancelled, RunFailed
from wellread.wire.runs import AskOptions, RunView

_PATH = "api/v1/runs"
_VIEW = reading(RunView)


def _read_event(text: str) -> AnyEvent:
    return EVENT.validate_json(text, extra="ignore")


EVENTS: StreamKind[AnyEvent] = StreamKind(
    types=types_of(get_args(get_args(AnyEvent)[0])), read=_read_event, last=types_of(TERMINAL)
)


def begin(question: str, options: AskOptions | None = None, *, idempotency_key: str = "") -> Call[RunView]:
    """Begin a run. It goes on whether or not anybody watches.

    The request has a key of its own, if none is given, so that it begins one run however often it is sent."""
    body = {"question": question, **(options or AskOptions()).model_dump(exclude_defaults=True)}
    key = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    return Call(HttpRequest("POST", _PATH, json=body, headers=key), _VIEW)


def view(run_id: str) -> Call[RunView]:
    """A run that was begun before. Raises NotFoundError."""
    return Call(HttpRequest("GET", f"{_PATH}/{run_id}"), _VIEW)


def stop(run_id: str) -> Call[RunView]:
    return Call(HttpRequest("POST", f"{_PATH}/{run_id}/stop"), _VIEW)


def cancel(run_id: str) -> Call[RunView]:
    return Call(HttpRequest("POST", f"{_PATH}/{run_id}/cancel"), _VIEW)


def following(run_id: str, after: int, patience: Patience) -> Following[AnyEvent]:
    return Following(f"{_PATH}/{run_id}/events", EVENTS, after, patience)


class RunEnd:
    """The answer of a run, or why there is none, from its events."""

    def __init__(self) -> None:
        self._answer: AnswerCompleted | None = None
        self._last: AnyEvent | None = None

    def told(self, event: AnyEvent) -> None:
        self._last = event
        if isinstance(event, AnswerCompleted):
            self._answer = event
        elif isinstance(event, AnswerChecked) and self._answer is not None:
            self._answer = self._answer.with_check(event)

    def answer(self) -> AnswerCompleted:
        """Raises the error that the run failed with, and ConflictError for one that was cancelled."""
        match self._last:
            case RunFailed() as failed:
                raise error_of(failed.status, failed.message, failed.hint, retryable=failed.retryable)
            case RunCancelled():
                raise ConflictError("The run was cancelled.", hint="Ask again.")
        if self._answer is None:
            raise UnavailableError("The run ended without an answer.", hint="Ask again.")
        return self._answer
