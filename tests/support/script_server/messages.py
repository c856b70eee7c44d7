"""The wire of Anthropic's messages."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from support.script_server.wire import MODEL, event, prompt_of
from wellread.models.scripted.script import ScriptedRequest
from wellread.models.scripted.turn import Refusal, ScriptedTurn

_STOP = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class MessagesAnswer:
    """A turn as a message with at most one content block: text or the use of a tool."""

    def __init__(self, body: Mapping[str, Any], turn: ScriptedTurn, number: int) -> None:
        self.turn = turn
        self.head = {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", MODEL),
        }
        self.use = {"type": "tool_use", "id": f"toolu_{number}", "name": turn.tool}
        self.sent = 0

    @staticmethod
    def request(body: Mapping[str, Any]) -> ScriptedRequest:
        choice = body.get("tool_choice") or {}
        tools = {
            tool["name"]: tool["input_schema"]
            for tool in body.get("tools") or []
            if "input_schema" in tool and choice.get("type") != "none"
        }
        form = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
        formats = {"json": form["schema"]} if form.get("type") == "json_schema" else {}
        prompt = prompt_of(body.get("system"), body["messages"])
        return ScriptedRequest.asking(prompt, tools, formats, body.get("max_tokens"))

    @staticmethod
    def error(refusal: Refusal) -> Mapping[str, Any]:
        kind = "api_error" if refusal.status >= 500 else "invalid_request_error"
        error = {"type": _TYPES.get(refusal.status, kind), "message": refusal.message}
        return {"type": "error", "error": error, "request_id": None}

    def whole(self, tokens: Sequence[str]) -> Mapping[str, Any]:
        self.sent = len(tokens)
        text = "".join(tokens)
        content: list[dict[str, Any]] = []
        if self.turn.tool is not None:
            content = [{**self.use, "input": _parsed(text)}]
        elif text:
            content = [{"type": "text", "text": text, "citations": None}]
        return {**self.head, "content": content, **self._stop(), "usage": self._usage()}

    def opening(self) -> bytes:
        message = {**self.head, "content": [], "stop_reason": None, "stop_sequence": None}
        events = _event("message_start", {"message": {**message, "usage": self._usage()}})
        if self.turn.empty:
            return events
        block: dict[str, Any] = {"type": "text", "text": ""}
        if self.turn.tool is not None:
            block = {**self.use, "input": {}}
        return events + _event("content_block_start", {"index": 0, "content_block": block})

    def piece(self, token: str) -> bytes:
        self.sent += 1
        if self.turn.tool is not None:
            delta = {"type": "input_json_delta", "partial_json": token}
        else:
            delta = {"type": "text_delta", "text": token}
        return _event("content_block_delta", {"index": 0, "delta": delta})

    def closing(self) -> bytes:
        events = b"" if self.turn.empty else _event("content_block_stop", {"index": 0})
        events += _event("message_delta", {"delta": self._stop(), "usage": self._usage()})
        return events + _event("message_stop", {})

    def failure(self, refusal: Refusal) -> bytes:
        return event(self.error(refusal), "error")

    def _stop(self) -> dict[str, str | None]:
        if self.turn.tool is not None and self.turn.finish == "stop":
            return {"stop_reason": "tool_use", "stop_sequence": None}
        return {"stop_reason": _STOP[self.turn.finish], "stop_sequence": None}

    def _usage(self) -> dict[str, int]:
        return {"input_tokens": self.turn.input_tokens, "output_tokens": self.sent}


def _event(kind: str, values: Mapping[str, Any]) -> bytes:
    return event({"type": kind, **values}, kind)


def _parsed(text: str) -> object:
    """The arguments of a call, which this wire has as an object; as text when they are no JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
