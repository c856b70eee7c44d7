"""A turn: a reply of a script made into what one request gets, whichever wire carries it."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Literal

from wellread.models.scripted.reply import Fault, Reply
from wellread.models.scripted.script import Script, ScriptedRequest

Finish = Literal["stop", "length", "content_filter"]

PROSE = "Let me think about that before I decide what to do."
UNKNOWN_TOOL = "no_such_tool"
OVERLONG_TOKENS = 200_000

_TOKEN = re.compile(r"\s*\S+|\s+\Z")
_BREAKS_OFF = frozenset({"reset_stream", "cut", "error_event"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that gets an error instead of a turn."""

    status: int
    message: str
    too_long: bool = False  # the prompt does not fit the context
    final: bool = False  # the client is told not to try again


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """What is said: text, or the arguments of a call of `tool`, in tokens, and how it goes wrong."""

    tokens: tuple[str, ...]
    tool: str | None = None
    finish: Finish = "stop"
    fault: Fault | None = None
    input_tokens: int = 0
    first_seconds: float = 0  # until the first token
    seconds: float = 0  # from token to token

    @property
    def empty(self) -> bool:
        """Whether it has no content at all, not even the call of a tool."""
        return self.tool is None and not self.tokens

    async def stream(self) -> AsyncGenerator[str, None]:
        """Each token when it is due, up to where the fault breaks the stream off, with the silence of a stall."""
        kind = self.fault.kind if self.fault is not None else None
        after = self.fault.after if self.fault is not None else 0
        tokens = self.tokens[:after] if kind in _BREAKS_OFF else self.tokens
        sent = islice(cycle(tokens), OVERLONG_TOKENS) if kind == "overlong" else tokens
        clock = asyncio.get_running_loop().time
        begun = clock() + self.first_seconds
        for number, token in enumerate(sent):
            if kind == "stall_stream" and number == after:
                await self.silence()
            # others have their turn also when there is no pace
            await asyncio.sleep(max(0.0, begun + number * self.seconds - clock()))
            yield token
        if kind == "stall_stream" and after >= len(tokens):
            await self.silence()

    async def silence(self) -> None:
        """The seconds of a stall."""
        if self.fault is not None:
            await asyncio.sleep(self.fault.seconds)


def tokens_of(text: str) -> tuple[str, ...]:
    """A text in pieces, a word with the space before it in each: what this model counts as tokens."""
    return tuple(_TOKEN.findall(text))


def turn_for(script: Script, request: ScriptedRequest) -> ScriptedTurn | Refusal:
    """What the script has for a request."""
    size = len(tokens_of(request.prompt))
    if size > script.context_tokens:
        script.requests.append(request)
        return Refusal(
            400,
            f"prompt is too long: {size} tokens > {script.context_tokens} maximum context length",
            too_long=True,
        )
    reply = script.take(request)
    if reply is None:
        return Refusal(500, "the script has no reply for this request", final=True)
    tool, text = _content(reply, request)
    seconds = 1 / script.tokens_per_second if script.tokens_per_second else 0
    turn = ScriptedTurn(
        tokens_of(text),
        tool,
        fault=reply.fault,
        input_tokens=size,
        first_seconds=script.first_token_seconds,
        seconds=seconds,
    )
    return _limited(turn, request.max_tokens)


def _content(reply: Reply, request: ScriptedRequest) -> tuple[str | None, str]:
    """The tool that is called, if any, and the text or the arguments."""
    kind = reply.fault.kind if reply.fault is not None else ""
    if kind == "empty":
        return None, ""
    if kind == "no_tool":
        return None, reply.text or PROSE
    if kind == "wrong_tool" and request.wanted == "tool":
        return UNKNOWN_TOOL, _arguments(reply) or "{}"
    if reply.text is not None or (reply.action is None and reply.json is None):
        return None, reply.text if reply.text is not None else PROSE
    if request.wanted == "tool":
        return reply.action or request.forms[0], _arguments(reply)
    return None, _object(replace(reply, action=UNKNOWN_TOOL) if kind == "wrong_tool" else reply)


def _arguments(reply: Reply) -> str:
    if reply.json is not None:
        return reply.json
    return json.dumps({**_thinking(reply), **reply.parameters}, ensure_ascii=False)


def _object(reply: Reply) -> str:
    if reply.json is not None:
        return reply.json
    return json.dumps({**_thinking(reply), "action": reply.action, **reply.parameters}, ensure_ascii=False)


def _thinking(reply: Reply) -> dict[str, str]:
    return {} if reply.thinking is None else {"thinking": reply.thinking}


def _limited(turn: ScriptedTurn, max_tokens: int | None) -> ScriptedTurn:
    """A turn whose tokens end where a limit or a filter ends them."""
    fault = turn.fault
    if fault is not None and fault.kind == "truncated":
        return replace(turn, tokens=turn.tokens[: fault.after], finish="length")
    if fault is not None and fault.kind == "content_filter":
        return replace(turn, tokens=turn.tokens[: fault.after], finish="content_filter")
    if fault is not None and fault.kind == "slow":
        turn = replace(turn, seconds=fault.seconds)
    if max_tokens is None or len(turn.tokens) <= max_tokens or (fault and fault.kind == "overlong"):
        return turn
    return replace(turn, tokens=turn.tokens[:max_tokens], finish="length")
