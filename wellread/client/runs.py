"""Runs: beginning one, its events, its end."""

import uuid
from collections.abc import Sequence
from typing import Literal, TypedDict, get_args

from wellread.client.event_stream import Following, StreamKind, types_of
from wellread.client.problems import error_of
from wellread.client.protocol import Call, HttpRequest, View, reading
from wellread.client.retry import Patience
from wellread.errors import ConflictError, UnavailableError
from wellread.events import (
    EVENT,
    TERMINAL,
    AnswerCompleted,
    AnyEvent,
    Citation,
    Mode,
    Roles,
    RunCancelled,
    RunFailed,
    ScopeEntry,
    Statement,
    Usage,
)

_PATH = "api/v1/runs"
State = Literal["waiting", "working", "completed", "failed", "cancelled"]


class Limits(TypedDict, total=False):
    """What a run may spend at most, in place of its mode's own budget; `cost` in US dollars."""

    steps: int
    seconds: float
    input_tokens: int
    output_tokens: int
    cost: float


class Said(TypedDict, total=False):
    """What may be said with a question."""

    product_ids: Sequence[str]
    excluded: Sequence[str]
    mode: Mode
    model: str
    planner_model: str
    writer_model: str
    judge_model: str
    fallback_model: str
    limits: Limits
    conversation_id: str
    idempotency_key: str


class Failure(View):
    status: int
    message: str
    hint: str
    retryable: bool


class Answer(View):
    markdown: str
    citations: tuple[Citation, ...]
    statements: tuple[Statement, ...]
    written_by: str


class RunView(View):
    """A run as it stands."""

    run_id: str
    conversation_id: str
    state: State
    question: str
    mode: Mode
    model: str
    roles: Roles = Roles()
    scope: tuple[ScopeEntry, ...]
    excluded: tuple[str, ...] = ()
    created_at: str
    ended_at: str
    last_event: int
    answer: Answer | None
    failure: Failure | None
    usage: Usage
    seconds: float


_VIEW = reading(RunView)


def _read_event(text: str) -> AnyEvent:
    return EVENT.validate_json(text, extra="ignore")


EVENTS: StreamKind[AnyEvent] = StreamKind(
    types=types_of(get_args(get_args(AnyEvent)[0])), read=_read_event, last=types_of(TERMINAL)
)


def begin(question: str, said: Said) -> Call[RunView]:
    """Begin a run. The request has a key of its own, so that it begins one run however often it is sent."""
    body: dict[str, object] = {"question": question, **said}
    key = str(body.pop("idempotency_key", "")) or uuid.uuid4().hex
    return Call(HttpRequest("POST", _PATH, json=body, headers={"Idempotency-Key": key}), _VIEW)


def view(run_id: str) -> Call[RunView]:
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
