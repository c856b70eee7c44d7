"""What a run tells, piece by piece, to a client that cannot be told to forget what it was told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellread.agent.state.effective_events import UnderWay
from wellread.agent.telling.trace import trace_lines
from wellread.errors import ConflictError, WellreadError
from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnyEvent,
    Budget,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StepStarted,
    Usage,
)
from wellread.grounding.inline import defused
from wellread.store.runs.runs import Begun
from wellread.web.openai.footnotes import Annotation, annotations, footnotes

_NEARLY = 0.9  # of the tokens that a run may have, from which its answer was cut off: a call is ended a little early


class FailedRunError(WellreadError):
    """A run that failed, with the status and the words of its last event."""

    def __init__(self, event: RunFailed) -> None:
        super().__init__(event.message, hint=event.hint)
        self.status = event.status
        self.retryable = event.retryable


@dataclass(frozen=True, slots=True)
class Thought:
    """Lines of the trace; `begins_step` with the first of a step."""

    text: str
    begins_step: bool


@dataclass(frozen=True, slots=True)
class Words:
    """Text of the answer that goes on where the words before it ended."""

    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """The run has ended with its answer. `cut`: the tokens that it was given were used up."""

    text: str  # all words so far
    annotations: tuple[Annotation, ...]
    usage: Usage
    cut: bool


Piece = Thought | Words | Ending


class Unfolding:
    """What the events of a run add to what was told of it."""

    def __init__(self, begun: Begun, base: str) -> None:
        """`base` is the server's own address."""
        start = begun.events[0]
        if not isinstance(start, RunStarted):
            raise TypeError("a run begins with run.started")
        self.run_id = begun.run_id
        self.conversation_id = start.conversation_id
        self.created = int(start.at.timestamp())
        self._budget: Budget = start.budget
        self._base = base.rstrip("/")
        self._under_way = UnderWay()
        self._shown = ""  # of the answer
        self._written = ""  # of it as it is written now
        self._answer: AnswerCompleted | None = None

    def tell(self, events: Sequence[AnyEvent]) -> Iterator[Piece]:
        """Raises FailedRunError for a run that failed, and ConflictError for one that was cancelled, or that a second
        server answers in other words than were shown already."""
        for event in events:
            self._under_way, back = self._under_way.after(event)
            if back.answer:
                self._written = ""
            match event:
                case AnswerDelta(text=text):
                    self._written += text
                    yield from self._further(self._written)
                case AnswerCompleted():
                    self._answer = event
                    yield from self._whole(event)
                case AnswerChecked() if self._answer is not None:
                    self._answer = self._answer.with_check(event)
                case RunCompleted(usage=usage):
                    yield self._ending(usage)
                case RunFailed():
                    raise FailedRunError(event)
                case RunCancelled():
                    raise ConflictError("The run was cancelled.", hint="Ask again.")
                case _:
                    if lines := trace_lines(event):
                        yield Thought(defused("\n".join(lines)) + "\n", isinstance(event, StepStarted))

    def _further(self, text: str) -> Iterator[Words]:
        if text.startswith(self._shown) and text != self._shown:
            yield Words(text[len(self._shown) :])
            self._shown = text

    def _whole(self, answer: AnswerCompleted) -> Iterator[Words]:
        if not answer.markdown.startswith(self._shown):
            raise ConflictError(
                "The server was stopped while it answered, and the answer reads differently now.",
                hint="Ask again.",
            )
        yield from self._further(answer.markdown)
        yield from self._further(answer.markdown + footnotes(answer.citations, self._base))

    def _ending(self, usage: Usage) -> Ending:
        most = self._budget.output_tokens
        return Ending(
            text=self._shown,
            annotations=tuple(annotations(self._answer, self._base)) if self._answer else (),
            usage=usage,
            cut=most is not None and usage.output_tokens >= _NEARLY * most,
        )
