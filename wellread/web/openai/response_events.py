"""The events of a response, in the order in which clients of OpenAI expect them."""

import json
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from wellread.errors import WellreadError, public_text
from wellread.events import AnyEvent, Usage
from wellread.serving.attended_run import AttendedRun
from wellread.web.http.stream import ALIVE
from wellread.web.openai.footnotes import Annotation
from wellread.web.openai.request import conversation_object
from wellread.web.openai.run import Ending, Thought, Unfolding, Words

Event = dict[str, Any]
_REASONING, _MESSAGE = 0, 1  # positions in the output


class ResponseEvents:
    """A run on this wire: a reasoning item with a part for each step, and a message."""

    def __init__(self, unfolding: Unfolding, request: dict[str, Any]) -> None:
        """`request`: the fields of the request that a response repeats."""
        self._unfolding = unfolding
        self._reasoning_id = f"rs_{unfolding.run_id}"
        self._message_id = f"msg_{unfolding.run_id}"
        self._parts: list[str] = []  # of the reasoning, the last of them open
        self._in_step = False
        self._text: str | None = None  # None: the message has not begun
        self._number = 0
        self.response: dict[str, Any] = {
            "id": f"resp_{unfolding.run_id}",
            "object": "response",
            "created_at": unfolding.created,
            "status": "in_progress",
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "output": [],
            "parallel_tool_calls": False,
            "reasoning": {"effort": None, "summary": None},
            "store": True,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": None,
            "conversation": conversation_object(unfolding.conversation_id),
            **request,
        }

    async def streamed(self, attended: AttendedRun) -> AsyncGenerator[bytes, None]:
        """All events as server-sent events. A run that fails ends with response.failed."""
        for event in self.begin():
            yield self._sent(event)
        try:
            async with aclosing(attended.events()) as following:
                async for events in following:
                    if not events:
                        yield ALIVE
                    for told in self.tell(events):
                        yield self._sent(told)
        except WellreadError as error:
            yield self._sent(self.fail(error))

    async def whole(self, attended: AttendedRun) -> dict[str, Any]:
        """The response when all is told. Raises as `Unfolding.tell` and `AttendedRun.events` do."""
        async with aclosing(attended.events()) as following:
            async for events in following:
                deque(self.tell(events), maxlen=0)
        return self.response

    def begin(self) -> Iterator[Event]:
        yield self._state("created")
        yield self._state("in_progress")

    def tell(self, events: Sequence[AnyEvent]) -> Iterator[Event]:
        """Raises as `Unfolding.tell` does."""
        for piece in self._unfolding.tell(events):
            match piece:
                case Thought():
                    yield from self._think(piece)
                case Words(text=text):
                    yield from self._say(text)
                case Ending():
                    yield from self._end(piece)

    def fail(self, error: WellreadError) -> Event:
        self.response["status"] = "failed"
        self.response["error"] = {
            "code": "rate_limit_exceeded" if error.status == 429 else "server_error",
            "message": public_text(error),
        }
        return self._state("failed")

    def _think(self, thought: Thought) -> Iterator[Event]:
        if self._text is not None:
            return  # the reasoning item has ended; what goes wrong from here on is told in the text
        if not self._parts:
            item = self._reasoning("in_progress")
            yield _event("output_item.added", output_index=_REASONING, item=item)
        if not self._parts or (thought.begins_step and self._in_step):
            yield from self._end_part()
            self._parts.append("")
            yield _event("reasoning_summary_part.added", **self._part, part=_summary(""))
        self._in_step = self._in_step or thought.begins_step
        self._parts[-1] += thought.text
        yield _event("reasoning_summary_text.delta", **self._part, delta=thought.text)

    def _end_part(self) -> Iterator[Event]:
        if self._parts:
            text = self._parts[-1]
            yield _event("reasoning_summary_text.done", **self._part, text=text)
            yield _event("reasoning_summary_part.done", **self._part, part=_summary(text))

    def _say(self, text: str) -> Iterator[Event]:
        if self._text is None:
            yield from self._end_part()
            yield self._end_item(_REASONING, self._reasoning("completed"))
            self._text = ""
            item = self._message("in_progress", [])
            yield _event("output_item.added", output_index=_MESSAGE, item=item)
            yield _event("content_part.added", **self._place, part=_content("", []))
        self._text += text
        yield _event("output_text.delta", **self._place, delta=text, logprobs=[])

    def _end(self, ending: Ending) -> Iterator[Event]:
        yield from self._say("") if self._text is None else ()
        marks = list(map(_annotation, ending.annotations))
        for number, mark in enumerate(marks):
            at = {**self._place, "annotation_index": number}
            yield _event("output_text.annotation.added", **at, annotation=mark)
        part = _content(ending.text, marks)
        yield _event("output_text.done", **self._place, text=ending.text, logprobs=[])
        yield _event("content_part.done", **self._place, part=part)
        status = "incomplete" if ending.cut else "completed"
        yield self._end_item(_MESSAGE, self._message(status, [part]))
        self.response["status"] = status
        self.response["usage"] = _usage(ending.usage)
        if ending.cut:
            self.response["incomplete_details"] = {"reason": "max_output_tokens"}
        yield self._state(status)

    def _end_item(self, index: int, item: dict[str, Any]) -> Event:
        self.response["output"].append(item)
        return _event("output_item.done", output_index=index, item=item)

    @property
    def _part(self) -> dict[str, Any]:
        """Where the open part of the reasoning is."""
        number = len(self._parts) - 1
        return {"item_id": self._reasoning_id, "output_index": _REASONING, "summary_index": number}

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": self._message_id, "output_index": _MESSAGE, "content_index": 0}

    def _reasoning(self, status: str) -> dict[str, Any]:
        summary = list(map(_summary, self._parts))
        return {"id": self._reasoning_id, "type": "reasoning", "status": status, "summary": summary}

    def _message(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._message_id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def _state(self, kind: str) -> Event:
        return _event(kind, response=self.response)

    def _sent(self, event: Event) -> bytes:
        numbered = {**event, "sequence_number": self._number}
        self._number += 1
        return f"event: {event['type']}\ndata: {json.dumps(numbered, ensure_ascii=False)}\n\n".encode()


def _event(kind: str, **fields: Any) -> Event:
    return {"type": f"response.{kind}", **fields}


def _summary(text: str) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


def _annotation(mark: Annotation) -> dict[str, Any]:
    return {
        "type": "url_citation",
        "start_index": mark.start,
        "end_index": mark.end,
        "title": mark.title,
        "url": mark.url,
    }


def _content(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
