"""One reply of a script: what is said, when, and what goes wrong meanwhile."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict

FaultKind = Literal[
    # instead of the answer
    "status",  # an HTTP error of `status`
    "reset",  # the connection is reset before a byte is sent
    "close",  # the connection is closed before a byte is sent
    "garbage_headers",  # bytes that are no HTTP
    "not_json",  # a page of HTML with status 200
    # of the transport, with the content
    "stall",  # silence for `seconds`, then the answer
    "stall_headers",  # the headers, silence for `seconds`, then the rest
    "stall_stream",  # `after` tokens, silence for `seconds`, then the rest
    "slow",  # `seconds` between tokens
    "reset_stream",  # the connection is reset after `after` tokens
    "cut",  # the answer ends after `after` tokens, without its end marker
    "malformed",  # byte `at` of the body is damaged
    "wrong_content_type",  # the body is labelled as plain text
    "error_event",  # after `after` tokens the stream carries an error object of `status`
    # of the content
    "empty",  # well formed, and nothing in it
    "wrong_tool",  # a call of a tool that nobody offered
    "no_tool",  # prose where a structured reply is wanted
    "truncated",  # the limit of tokens is met after `after` tokens
    "overlong",  # the content again and again, whatever the limit of tokens
    "content_filter",  # the provider's filter stops the content after `after` tokens
]

_STRICT = ConfigDict(extra="forbid", strict=True)


def _across_lines(pattern: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(pattern.pattern, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong. Each kind reads the values that its line above names; those of a status also `body`, and
    "status" `retry_after`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: FaultKind
    after: int = 1  # tokens
    seconds: float = 60
    at: int = 40  # a byte of the body, from 0
    status: int = 500
    retry_after: float | None = None  # seconds
    body: str = ""  # empty: the error that the wire has for the status


@dataclass(frozen=True, slots=True)
class Reply:
    """One `[[reply]]`: a text, or a structured reply (an action, or JSON as it stands), or a fault alone."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    when: Annotated[re.Pattern[str], AfterValidator(_across_lines)] | None = None
    role: Literal["choice", "text"] | None = None
    times: int = 1  # 0: without end
    text: str | None = None
    thinking: str | None = None
    action: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    json: str | None = None
    fault: Fault | None = None

    def wrong(self) -> str:
        """What is wrong with the combination of keys; empty when nothing is."""
        contents = [key for key in ("text", "action", "json") if getattr(self, key) is not None]
        # `json` with `action`: the call of a tool with arguments as they stand
        if len(contents) > 1 and contents != ["action", "json"]:
            return f"it has {' and '.join(contents)}, which exclude each other"
        if not contents and self.fault is None:
            return "it has neither text, action, json nor fault"
        if (self.thinking is not None or self.parameters) and (self.action is None or self.json is not None):
            return "thinking and parameters need an action, and no json"
        if self.times < 0:
            return "times is below 0"
        if (fault := self.fault) is None:
            return ""
        if min(fault.after, fault.seconds, fault.at, fault.retry_after or 0) < 0:
            return "a value of its fault is below 0"
        return "" if 400 <= fault.status <= 599 else "the status of its fault is not from 400 to 599"
