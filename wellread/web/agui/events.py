"""A run as events of AG-UI 1.0: a fold over Wellread's own.

A step is a STEP with its thinking as reasoning and its action as a tool call, whose result says in short what came of
it. The answer is a text message. The matrix, the knowledge and the sources are the state. All else is CUSTOM, under
`wellread.` and its own type.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ag_ui.core import (
    PROTOCOL_VERSION,
    AssistantMessage,
    FunctionCall,
    ReasoningMessage,
    ToolCall,
    ToolMessage,
)
from ag_ui.core import events as agui
from ag_ui.core.types import Message

from wellread.agent.state.effective_events import UnderWay
from wellread.events import (
    AnswerChecked,
    AnswerCompleted,
    AnswerDelta,
    AnswerStarted,
    AnyEvent,
    KnowledgeCarried,
    LibraryDescribed,
    ProductsFound,
    QuestionUnderstood,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    Snippet,
    StepAction,
    StepCompleted,
    StepStarted,
    StepThinking,
    Usage,
)

_GATHERED = ("scope", "cells", "knowledge", "elsewhere")  # what a step adds to, in the state
_CUT_OFF = "The server was stopped here; the step begins anew."


class Translation:
    """One run for one listener, who is told of it from its first event on."""

    def __init__(self, thread_id: str, run_id: str, messages: Sequence[Message] = ()) -> None:
        """The ids are those that the listener gave; `messages` are what it has of the thread."""
        self._thread_id = thread_id
        self._run_id = run_id
        self._own_run_id = ""
        self._messages: list[Message] = list(messages)
        self._state: dict[str, Any] = {}
        self._under_way = UnderWay()
        self._step = ""  # the name of the open one
        self._lengths: dict[str, int] = {}  # of what had been gathered when it began
        self._results: list[dict[str, Any]] = []  # what came of its action
        self._thought: ReasoningMessage | None = None  # open
        self._call = ""  # the id of the tool call that has no result yet
        self._answer = ""  # the id of the open message
        self._result: dict[str, Any] = {}

    def of(self, event: AnyEvent) -> Iterator[agui.BaseEvent]:
        """What an event of the run becomes."""
        at = int(event.at.timestamp() * 1000)
        for told in self._of(event):
            told.timestamp = at
            yield told

    def _of(self, event: AnyEvent) -> Iterator[agui.BaseEvent]:
        self._under_way, back = self._under_way.after(event)
        match event:
            case RunStarted():
                yield from self._begin(event)
            case KnowledgeCarried(snippets=snippets):
                yield from self._add(knowledge=self._new(snippets))
            case QuestionUnderstood(scope=scope):
                titles = {entry.product_id for entry in scope}
                kept = [held for held in self._state["knowledge"] if held["product_id"] in titles]
                yield self._replace(scope=[entry.model_dump() for entry in scope], knowledge=kept)
            case StepStarted(title=title):
                yield from self._end_step(_CUT_OFF)
                if back.step:  # what it had gathered does not count
                    yield self._replace(**{name: self._state[name][:n] for name, n in self._lengths.items()})
                yield self._begin_step(title)
            case StepThinking():
                yield from self._think(event)
            case StepAction():
                yield from self._act(event)
            case SearchCell():
                cell = event.model_dump(include={"question", "product_id", "title", "best", "knowledge"})
                self._results.append(cell)
                yield from self._add(cells=[cell], knowledge=self._new(event.found))
            case LibraryDescribed():
                self._results.append(event.model_dump(include={"question", "knowledge", "topics"}))
                yield from self._add(knowledge=self._new(event.found))
            case SectionRead():
                self._results.append(
                    event.model_dump(include={"product_id", "title", "section", "knowledge"})
                )
                yield from self._add(knowledge=self._new(event.found))
            case ProductsFound(products=products):
                self._results += [product.model_dump() for product in products]
                known = {entry["product_id"] for entry in self._state["scope"]}
                yield from self._add(scope=[p.model_dump() for p in products if p.product_id not in known])
            case SearchElsewhere(question=question, products=products):
                yield from self._add(elsewhere=[{"question": question, **p.model_dump()} for p in products])
            case StepCompleted(summary=summary):
                yield from self._end_step(summary)
            case AnswerStarted():
                yield from self._begin_answer(event, anew=back.answer)
            case AnswerDelta(text=text):
                yield agui.TextMessageContentEvent(message_id=self._answer, delta=text)
            case AnswerCompleted():
                yield from self._complete_answer(event)
            case AnswerChecked():
                yield from self._check(event)
            case RunCompleted() | RunCancelled() | RunFailed():
                yield from self._end(event)
            case _:
                yield _custom(event)

    def _begin(self, event: RunStarted) -> Iterator[agui.BaseEvent]:
        self._own_run_id = event.run_id
        self._result = {"run_id": event.run_id, "conversation_id": event.conversation_id}
        self._state = {
            **event.model_dump(
                mode="json", include={"run_id", "conversation_id", "question", "mode", "model"}
            ),
            "scope": [entry.model_dump() for entry in event.scope],
            "cells": [],
            "knowledge": [],
            "elsewhere": [],
            "citations": [],
            "statements": [],
        }
        yield agui.RunStartedEvent(
            thread_id=self._thread_id, run_id=self._run_id, protocol_version=PROTOCOL_VERSION
        )
        yield agui.StateSnapshotEvent(snapshot=deepcopy(self._state))

    # Steps

    def _begin_step(self, title: str) -> agui.BaseEvent:
        self._step, self._results = title, []
        self._lengths = {name: len(self._state[name]) for name in _GATHERED}
        return agui.StepStartedEvent(step_name=title)

    def _think(self, event: StepThinking) -> Iterator[agui.BaseEvent]:
        if self._thought is None:
            self._thought = ReasoningMessage(id=self._id(event, "thinking"), content="")
            yield agui.ReasoningStartEvent(message_id=self._thought.id)
            yield agui.ReasoningMessageStartEvent(message_id=self._thought.id)
        self._thought.content += event.text
        yield agui.ReasoningMessageContentEvent(message_id=self._thought.id, delta=event.text)

    def _act(self, event: StepAction) -> Iterator[agui.BaseEvent]:
        yield from self._end_thought()
        self._call = self._id(event, "call")
        message_id, arguments = self._id(event, "action"), json.dumps(event.parameters, ensure_ascii=False)
        call = ToolCall(id=self._call, function=FunctionCall(name=event.action, arguments=arguments))
        self._messages.append(AssistantMessage(id=message_id, tool_calls=[call]))
        yield agui.ToolCallStartEvent(
            tool_call_id=self._call,
            tool_call_name=event.action,
            parent_message_id=message_id,
            metadata={"label": event.label, "chosen_by": event.chosen_by},
        )
        yield agui.ToolCallArgsEvent(tool_call_id=self._call, delta=arguments)
        yield agui.ToolCallEndEvent(tool_call_id=self._call)

    def _end_thought(self) -> Iterator[agui.BaseEvent]:
        if self._thought is not None:
            yield agui.ReasoningMessageEndEvent(message_id=self._thought.id)
            yield agui.ReasoningEndEvent(message_id=self._thought.id)
            self._messages.append(self._thought)
            self._thought = None

    def _end_step(self, summary: str) -> Iterator[agui.BaseEvent]:
        """End what is open of a step, if one is. A call that is left without a result would be taken for one that
        the front end has to answer."""
        yield from self._end_thought()
        if self._call:
            result = json.dumps({"summary": summary, "results": self._results}, ensure_ascii=False)
            message_id = f"{self._call}-result"
            self._messages.append(ToolMessage(id=message_id, tool_call_id=self._call, content=result))
            yield agui.ToolCallResultEvent(message_id=message_id, tool_call_id=self._call, content=result)
            self._call = ""
        if self._step:
            yield agui.StepFinishedEvent(step_name=self._step)
            self._step = ""

    # The answer

    def _begin_answer(self, event: AnswerStarted, *, anew: bool) -> Iterator[agui.BaseEvent]:
        if anew:
            yield agui.TextMessageEndEvent(message_id=self._answer)
            yield agui.MessagesSnapshotEvent(messages=deepcopy(self._messages))
        self._answer = self._id(event, "answer")
        yield _custom(event)
        yield agui.TextMessageStartEvent(message_id=self._answer, role="assistant")

    def _complete_answer(self, event: AnswerCompleted) -> Iterator[agui.BaseEvent]:
        checked = event.model_dump(mode="json", include={"citations", "statements"})
        self._result |= {"message_id": self._answer, "written_by": event.written_by, **checked}
        yield from self._end_answer()
        yield self._replace(**checked)

    def _check(self, event: AnswerChecked) -> Iterator[agui.BaseEvent]:
        found = event.model_dump(mode="json", include={"citations", "statements"})
        self._result |= {"judge": event.judge, **found}
        yield self._replace(**found)

    def _end_answer(self) -> Iterator[agui.BaseEvent]:
        if self._answer:
            yield agui.TextMessageEndEvent(message_id=self._answer)
            self._answer = ""

    # The end

    def _end(self, event: RunCompleted | RunCancelled | RunFailed) -> Iterator[agui.BaseEvent]:
        yield from self._end_step("The run ended here.")
        yield from self._end_answer()
        usage = _usage(event.usage)
        if isinstance(event, RunFailed):
            message = f"{event.message} {event.hint}".strip()
            yield agui.RunErrorEvent(message=message, code=str(event.status), usage=usage)
            return
        outcome = (
            agui.RunFinishedSuccessOutcome()
            if isinstance(event, RunCompleted)
            else agui.RunFinishedCancelledOutcome()
        )
        yield agui.RunFinishedEvent(
            thread_id=self._thread_id, run_id=self._run_id, result=self._result, outcome=outcome, usage=usage
        )

    # The state

    def _new(self, snippets: Sequence[Snippet]) -> list[dict[str, Any]]:
        known = {held["number"] for held in self._state["knowledge"]}
        return [snippet.model_dump() for snippet in snippets if snippet.number not in known]

    def _add(self, **values: list[dict[str, Any]]) -> Iterator[agui.BaseEvent]:
        operations = []
        for name, added in values.items():
            self._state[name] += added
            operations += [_operation("add", f"/{name}/-", value) for value in added]
        if operations:
            yield _delta(operations)

    def _replace(self, **values: list[Any]) -> agui.BaseEvent:
        self._state |= values
        return _delta([_operation("replace", f"/{name}", list(value)) for name, value in values.items()])

    def _id(self, event: AnyEvent, what: str) -> str:
        # By the event's number: a step that is begun anew has calls and thoughts of other ids.
        return f"{self._own_run_id}-{event.seq}-{what}"


def _custom(event: AnyEvent) -> agui.BaseEvent:
    value = event.model_dump(mode="json", exclude={"seq", "at", "type"})
    return agui.CustomEvent(name=f"wellread.{event.type}", value=value)


def _operation(op: str, path: str, value: object) -> dict[str, object]:
    return {"op": op, "path": path, "value": value}


def _delta(operations: Sequence[dict[str, object]]) -> agui.BaseEvent:
    return agui.StateDeltaEvent.model_validate({"delta": operations})


def _usage(usage: Usage) -> list[agui.TokenUsage] | None:
    if not usage.model_calls:
        return None
    return [
        agui.TokenUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            total_tokens=usage.input_tokens + usage.output_tokens,
            cached_input_tokens=usage.cached_tokens,
        )
    ]
