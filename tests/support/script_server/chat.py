"""The wire of OpenAI's chat completions."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from support.script_server.wire import MODEL, event, prompt_of
from wellread.models.scripted.script import Schemas, ScriptedRequest
from wellread.models.scripted.turn import Refusal, ScriptedTurn

_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
    503: "service_unavailable_error",
}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def tools_of(body: Mapping[str, Any]) -> Schemas:
    """The functions that are offered; responses have flat what a chat has one level down."""
    if body.get("tool_choice") == "none":
        return {}
    tools = [tool.get("function", tool) for tool in body.get("tools") or [] if tool["type"] == "function"]
    return {tool["name"]: tool.get("parameters", {}) for tool in tools}


def formats_of(form: Mapping[str, Any]) -> Schemas:
    """The JSON that is wanted, if any; flat in responses as well."""
    if form.get("type") == "json_schema":
        described = form.get("json_schema", form)
        return {described["name"]: described.get("schema", {})}
    return {"json": {}} if form.get("type") == "json_object" else {}


class ChatAnswer:
    """A turn as a chat completion."""

    def __init__(self, body: Mapping[str, Any], turn: ScriptedTurn, number: int) -> None:
        self.turn = turn
        self.with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self.head = {
            "id": f"chatcmpl-{number}",
            "created": int(time.time()),
            "model": body.get("model", MODEL),
        }
        self.call = {"id": f"call_{number}", "type": "function"}
        self.sent = 0

    @staticmethod
    def request(body: Mapping[str, Any]) -> ScriptedRequest:
        formats = formats_of(body.get("response_format") or {})
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        return ScriptedRequest.asking(prompt_of(body["messages"]), tools_of(body), formats, limit)

    @staticmethod
    def error(refusal: Refusal) -> Mapping[str, Any]:
        code = "context_length_exceeded" if refusal.too_long else _CODES.get(refusal.status)
        kind = _TYPES.get(
            refusal.status, "server_error" if refusal.status >= 500 else "invalid_request_error"
        )
        return {"error": {"message": refusal.message, "type": kind, "param": None, "code": code}}

    def whole(self, tokens: Sequence[str]) -> Mapping[str, Any]:
        self.sent = len(tokens)
        text = "".join(tokens)
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if self.turn.tool is not None:
            call = {**self.call, "function": {"name": self.turn.tool, "arguments": text}}
            message |= {"content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish()}
        return {**self.head, "object": "chat.completion", "choices": [choice], "usage": self._usage()}

    def opening(self) -> bytes:
        if self.turn.tool is None:
            return self._chunk({"role": "assistant", "content": ""})
        call = {"index": 0, **self.call, "function": {"name": self.turn.tool, "arguments": ""}}
        return self._chunk({"role": "assistant", "content": None, "tool_calls": [call]})

    def piece(self, token: str) -> bytes:
        self.sent += 1
        if self.turn.tool is None:
            return self._chunk({"content": token})
        return self._chunk({"tool_calls": [{"index": 0, "function": {"arguments": token}}]})

    def closing(self) -> bytes:
        end = self._chunk({}, self._finish())
        if self.with_usage:
            end += event({**self._chunk_head(), "choices": [], "usage": self._usage()})
        return end + b"data: [DONE]\n\n"

    def failure(self, refusal: Refusal) -> bytes:
        return event(self.error(refusal))

    def _finish(self) -> str:
        if self.turn.tool is not None and self.turn.finish == "stop":
            return "tool_calls"
        return self.turn.finish

    def _chunk_head(self) -> dict[str, Any]:
        return {**self.head, "object": "chat.completion.chunk"}

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**self._chunk_head(), "choices": [choice]})

    def _usage(self) -> dict[str, int]:
        read = self.turn.input_tokens
        return {"prompt_tokens": read, "completion_tokens": self.sent, "total_tokens": read + self.sent}
