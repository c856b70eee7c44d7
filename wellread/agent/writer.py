"""What writes the answer, and what it is given. The extractive writer and models stand behind this seam."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from wellread.agent.budget import Meter
from wellread.events import AnswerOutlined, Elsewhere, Exchange, Flags, ScopeEntry, Snippet


@dataclass(frozen=True, slots=True)
class OpenCell:
    """A question that a title in scope did not answer, with the best score it reached."""

    question: str
    title: str
    best: float


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a writer may use. It makes no claim from a source that is not among `snippets`."""

    question: str  # as the reader asked
    questions: tuple[str, ...]  # the short questions that were searched, in order
    flags: Flags
    scope: tuple[ScopeEntry, ...]
    snippets: tuple[Snippet, ...]  # the chosen knowledge; their numbers are what `[n]` in the answer means
    asked: dict[int, tuple[str, ...]]  # knowledge number → the questions it was found for
    open_cells: tuple[OpenCell, ...]
    elsewhere: tuple[Elsewhere, ...]
    deep: bool = False
    spent: str = ""  # why the search ended early: "reader", "time", "tokens", "money"
    before: tuple[Exchange, ...] = ()  # of the conversation, oldest first
    written: str = ""  # what another writer wrote before it failed; it stays, and nothing of it is said again


class Writer(Protocol):
    """Streams an answer as Markdown; behind each statement from a source stands its number, as in `[3]`.

    An outline is given out before the first text of the answer, if there is one. Raises ModelError; what was given
    out before stays."""

    name: str

    def write(self, brief: Brief, meter: Meter) -> AsyncGenerator[str | AnswerOutlined, None]: ...
