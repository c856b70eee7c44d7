"""What writes the answer: the extractive writer and models stand behind this protocol."""

from collections.abc import AsyncGenerator
from typing import Protocol

from wellread.agent.quoting.brief import Brief
from wellread.agent.state.budget import Meter
from wellread.events import AnswerOutlined


class OwnWords(str):
    """A piece of an answer that Wellread itself says, whoever writes the rest: it claims nothing of a title."""

    __slots__ = ()


class Remark(OwnWords):
    """What Wellread remarks on the titles together: it claims nothing but what it quotes."""

    __slots__ = ()


class Writer(Protocol):
    """Streams an answer as Markdown; behind each statement from a source stands its number, as in `[3]`.

    What it quotes as it stands is nobody's own. An outline is given out before the first text of the answer, if there
    is one. Raises ModelError; what was given out before stays."""

    name: str
    wrote: bool  # whether words of its own were given out, so that the answer is signed with its name

    def write(self, brief: Brief, meter: Meter) -> AsyncGenerator[str | AnswerOutlined, None]: ...
