"""A wire: how a provider's HTTP interface puts what is asked and what is answered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from wellread.models.scripted.script import ScriptedRequest
from wellread.models.scripted.turn import Refusal, ScriptedTurn

MODEL = "scripted"


class Answer(Protocol):
    """A turn on one wire, to one request. `opening`, `piece` for each token and `closing` make a stream;
    `whole` is the same at once. All but `whole` give bytes of server-sent events."""

    def __init__(self, body: Mapping[str, Any], turn: ScriptedTurn, number: int) -> None: ...

    @staticmethod
    def request(body: Mapping[str, Any]) -> ScriptedRequest:
        """What is asked, from the JSON object of the request."""
        ...

    @staticmethod
    def error(refusal: Refusal) -> Mapping[str, Any]:
        """The body of an HTTP error."""
        ...

    def whole(self, tokens: Sequence[str]) -> Mapping[str, Any]: ...

    def opening(self) -> bytes: ...

    def piece(self, token: str) -> bytes: ...

    def closing(self) -> bytes: ...

    def failure(self, refusal: Refusal) -> bytes:
        """An error inside the stream, after which nothing comes."""
        ...


def event(payload: Mapping[str, Any], name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


def said(part: object) -> Iterator[str]:
    """The texts of messages as the wires nest them: strings, lists, and objects with content, text or output."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from said(item)
    elif isinstance(part, Mapping):
        for key in ("content", "text", "output"):
            yield from said(part.get(key))


def prompt_of(*parts: object) -> str:
    """All that a model reads, in order."""
    return "\n\n".join(text for part in parts for text in said(part))
