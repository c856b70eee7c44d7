"""The citations of an answer, from one to the next while reading."""

from dataclasses import dataclass

from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.events import Citation


@dataclass(frozen=True, slots=True)
class AnswerCitations:
    """A citation of an answer by its position, from 0, among all of them."""

    run_id: str
    position: int
    citations: tuple[Citation, ...]

    @property
    def total(self) -> int:
        return len(self.citations)

    @property
    def previous(self) -> str:
        """The address of the one before, "" for the first."""
        return self._address(self.position - 1) if self.position else ""

    @property
    def next(self) -> str:
        return self._address(self.position + 1) if self.position + 1 < self.total else ""

    @property
    def here(self) -> str:
        return self._address(self.position)

    def is_at(self, anchor: str) -> bool:
        """Whether that is the place of this citation, and not one that was gone to from there."""
        return str(self.citations[self.position].anchor) == anchor

    def _address(self, position: int) -> str:
        return f"/read/{self.citations[position].anchor}?run={self.run_id}&citation={position}"


def beside(address: str, citations: AnswerCitations | None) -> str:
    """An address of the reader that keeps to the citation from which one goes there."""
    if citations is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}run={citations.run_id}&citation={citations.position}"


def answer_citations(library: Wellread, run_id: str, caller: str, position: int) -> AnswerCitations | None:
    """Of a run of that caller; None when there is no such run, answer or citation. Blocks."""
    try:
        library.history.run(run_id, caller)
    except NotFoundError:
        return None
    answer = library.history.answer(run_id)
    found = AnswerCitations(run_id, position, answer.citations if answer else ())
    return found if position < found.total else None
