"""What a writer is given: the question, and the knowledge chosen for its answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from wellread.agent.state.language_gap import LanguageGap
from wellread.agent.state.question_form import QuestionForm
from wellread.events import Elsewhere, Exchange, Flags, ScopeEntry, SearchCell, Snippet, TellingSentence


async def _no_remarks() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a writer may use. It makes no claim from a source that is not among `snippets`."""

    question: str  # as the reader asked
    questions: tuple[str, ...]  # the short questions that were searched, in order
    flags: Flags
    scope: tuple[ScopeEntry, ...]
    snippets: tuple[Snippet, ...]  # the chosen knowledge; their numbers are what `[n]` in the answer means
    asked: dict[int, tuple[str, ...]]  # knowledge number → the questions it was found for
    open_cells: tuple[SearchCell, ...]  # questions that a title in scope did not answer
    elsewhere: tuple[Elsewhere, ...]
    parts: tuple[str, ...] = ()  # of the question, under which it is answered
    telling: dict[tuple[int, str], tuple[TellingSentence, ...]] = field(
        default_factory=dict
    )  # number, question
    ranks: dict[tuple[int, str], int] = field(default_factory=dict)  # as `telling`: the place in the search
    absent: tuple[str, ...] = ()  # names and numbers of the question that no passage holds
    form: QuestionForm = QuestionForm.OTHER
    described: frozenset[int] = frozenset()  # the numbers of what metadata and contents say
    gap: LanguageGap | None = None  # when the titles are in another language
    by_model: bool = False  # whether a model chose what was searched
    deep: bool = False
    spent: str = ""  # why the search ended early: "reader", "time", "tokens", "money"
    before: tuple[Exchange, ...] = ()  # of the conversation, oldest first
    further: tuple[str, ...] = ()  # questions that these titles answer well, the nearest first
    remarks: Callable[[], Awaitable[str]] = (
        _no_remarks  # Wellread's own on these titles, to stand below the body
    )
    written: str = ""  # what another writer wrote before it failed; it stays, and nothing of it is said again
