"""The wire of OpenAI's responses."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from support.script_server.chat import ChatAnswer, formats_of, tools_of
from support.script_server.wire import MODEL, event, prompt_of
from wellread.models.scripted.script import ScriptedRequest
from wellread.models.scripted.turn import Refusal, ScriptedTurn

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_CODES = {429: "rate_limit_exceeded"}


class ResponsesAnswer:
    """A turn as a response, whose output is at most one item: a message or the call of a function."""

    def __init__(self, body: Mapping[str, Any], turn: ScriptedTurn, number: int) -> None:
        self.turn = turn
        self.number = number
        self.head = {
            "id": f"resp_{number}",
            "object": "response",
            "created_at": int(time.time()),
            "model": body.get("model", MODEL),
            "error": None,
            "parallel_tool_calls": bool(body.get("parallel_tool_calls", True)),
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools", []),
        }
        self.item = {"item_id": f"item_{number}", "output_index": 0}
        self.part = self.item if turn.tool is not None else {**self.item, "content_index": 0}
        self.sent: list[str] = []
        self.events = 0

    @staticmethod
    def request(body: Mapping[str, Any]) -> ScriptedRequest:
        prompt = prompt_of(body.get("instructions"), body["input"])
        formats = formats_of((body.get("text") or {}).get("format") or {})
        return ScriptedRequest.asking(prompt, tools_of(body), formats, body.get("max_output_tokens"))

    @staticmethod
    def error(refusal: Refusal) -> Mapping[str, Any]:
        return ChatAnswer.error(refusal)

    def whole(self, tokens: Sequence[str]) -> Mapping[str, Any]:
        self.sent = list(tokens)
        output = [] if self.turn.empty else [self._item(self._text(), self._status())]
        reason = _INCOMPLETE.get(self.turn.finish)
        return {
            **self.head,
            "status": self._status(),
            "incomplete_details": reason and {"reason": reason},
            "output": output,
            "usage": self._usage(),
        }

    def opening(self) -> bytes:
        begun = {
            **self.head,
            "status": "in_progress",
            "incomplete_details": None,
            "output": [],
            "usage": None,
        }
        events = self._event("response.created", {"response": begun})
        events += self._event("response.in_progress", {"response": begun})
        if self.turn.empty:
            return events
        item = self._item("", "in_progress")
        if self.turn.tool is None:
            item = {**item, "content": []}
        events += self._event("response.output_item.added", {"output_index": 0, "item": item})
        if self.turn.tool is None:
            events += self._event("response.content_part.added", {**self.part, "part": _output_text("")})
        return events

    def piece(self, token: str) -> bytes:
        self.sent.append(token)
        if self.turn.tool is not None:
            return self._event("response.function_call_arguments.delta", {**self.part, "delta": token})
        return self._event("response.output_text.delta", {**self.part, "delta": token, "logprobs": []})

    def closing(self) -> bytes:
        events = b""
        text = self._text()
        if self.turn.tool is not None:
            done = {**self.part, "name": self.turn.tool, "arguments": text}
            events += self._event("response.function_call_arguments.done", done)
        elif not self.turn.empty:
            events += self._event("response.output_text.done", {**self.part, "text": text, "logprobs": []})
            events += self._event("response.content_part.done", {**self.part, "part": _output_text(text)})
        if not self.turn.empty:
            item = self._item(text, self._status())
            events += self._event("response.output_item.done", {"output_index": 0, "item": item})
        return events + self._event(f"response.{self._status()}", {"response": self.whole(self.sent)})

    def failure(self, refusal: Refusal) -> bytes:
        code = _CODES.get(refusal.status, "server_error")
        return self._event("error", {"code": code, "message": refusal.message, "param": None})

    def _event(self, kind: str, values: Mapping[str, Any]) -> bytes:
        self.events += 1
        return event({"type": kind, "sequence_number": self.events - 1, **values}, kind)

    def _text(self) -> str:
        return "".join(self.sent)

    def _status(self) -> str:
        return "completed" if self.turn.finish == "stop" else "incomplete"

    def _item(self, text: str, status: str) -> dict[str, Any]:
        head = {"id": self.item["item_id"], "status": status}
        if self.turn.tool is None:
            return {**head, "type": "message", "role": "assistant", "content": [_output_text(text)]}
        call = {"call_id": f"call_{self.number}", "name": self.turn.tool, "arguments": text}
        return {**head, "type": "function_call", **call}

    def _usage(self) -> dict[str, Any]:
        read, written = self.turn.input_tokens, len(self.sent)
        return {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        }


def _output_text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
