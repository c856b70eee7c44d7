"""The messages of a request: the question, and what was said before it."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from wellread.agent.questions import self_contained
from wellread.events import Exchange
from wellread.web.openai_footnotes import without_footnotes
from wellread.web.openai_request import refused

_TEXTS = ("text", "input_text", "output_text")
_SIMULATED = re.compile(
    r"\s*(?:_A simulated voice[^\n]*_\n|Speaking as [^\n]*:\n\s*_This voice is simulated\.[^\n]*_\n)"
)
_MARKS = re.compile(r" (?:\[\d{1,6}\])+")  # numbers of a knowledge that the new run does not have


class Message(BaseModel):
    """A message of a conversation. A role that does not ask or answer is not read."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None

    @field_validator("content")
    @classmethod
    def _typed(cls, content: str | list[dict[str, Any]] | None) -> str | list[dict[str, Any]] | None:
        for part in content if isinstance(content, list) else ():
            if not isinstance(part.get("type"), str):
                raise refused("Each part of a message's content needs a type, as text.")
            if part["type"] in _TEXTS and not isinstance(part.get("text"), str):
                raise refused("A part of text needs its text.")
        return content

    @property
    def text(self) -> str:
        """The parts that are text, joined."""
        if isinstance(self.content, list):
            return "\n\n".join(part["text"] for part in self.content if part["type"] in _TEXTS)
        return self.content or ""

    @property
    def other_parts(self) -> list[str]:
        """The kinds of the parts that are no text."""
        parts = self.content if isinstance(self.content, list) else []
        return [part["type"] for part in parts if part["type"] not in _TEXTS]


def with_a_question(messages: list[Message]) -> list[Message]:
    """For validators: refuses messages that ask nothing, or ask with more than text."""
    if not any(message.role == "user" for message in messages):
        raise refused("There is no message of the user, so there is no question.")
    if others := _question(messages).other_parts:
        raise refused(f"Wellread reads questions in text, and this one holds {', '.join(others)}.")
    return messages


def question_of(messages: Sequence[Message]) -> str:
    """The last message of the user."""
    return _question(messages).text


def history_of(messages: Sequence[Message]) -> list[Exchange]:
    """What was asked and answered before the question, each question made self-contained with the one before it."""
    last = max(number for number, message in enumerate(messages) if message.role == "user")
    exchanges: list[Exchange] = []
    for message in messages[:last]:
        if message.role == "user" and message.text.strip():
            before = exchanges[-1].question if exchanges else ""
            asked = self_contained(message.text, before) if before else message.text
            exchanges.append(Exchange(question=asked, answer=""))
        elif message.role == "assistant" and exchanges:
            answer = "\n\n".join(filter(None, (exchanges[-1].answer, bare(message.text))))
            exchanges[-1] = exchanges[-1].model_copy(update={"answer": answer})
    return exchanges


def bare(answer: str) -> str:
    """An answer as it came over these interfaces, without what stands around its words."""
    text = without_footnotes(answer)
    simulated = _SIMULATED.match(text)
    return _MARKS.sub("", text[simulated.end() :] if simulated else text).strip()


def _question(messages: Sequence[Message]) -> Message:
    return next(message for message in reversed(messages) if message.role == "user")
