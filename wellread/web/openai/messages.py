"""The messages of a request: the question, and what was said before it."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from wellread.web.openai.history import Turn
from wellread.web.openai.request import refused

_TEXTS = ("text", "input_text", "output_text")


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


def said_before(messages: Sequence[Message]) -> Iterator[Turn]:
    """What was said before the question, the last first."""
    latest = reversed(messages)
    next(message for message in latest if message.role == "user")
    return ((message.role, message.text) for message in latest)


def _question(messages: Sequence[Message]) -> Message:
    return next(message for message in reversed(messages) if message.role == "user")
