"""Where the marks of an answer stand, and which of its citations each one opens."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from wellread.events import AnswerCompleted
from wellread.grounding.inline import read_inline


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A number of a mark: the mark's range in the Markdown (code points), and the position of the citation in the
    answer's list."""

    start: int
    end: int
    citation: int


def placed_marks(answer: AnswerCompleted) -> Iterator[PlacedMark]:
    """One for each number of each mark, in the order of the text; a number that stands at several places of a
    statement has the places it rests on in their order, and one whose passage does not bear the statement opens the
    place that does."""
    for statement in answer.statements:
        places: dict[int, list[int]] = defaultdict(list)
        for position in statement.citations:
            places[answer.citations[position].number].append(position)
        moved = list(statement.citations)
        for mark in read_inline(answer.markdown[statement.start : statement.end]).marks:
            for number in mark.numbers:
                own = places.get(number) or (moved if number in statement.misplaced else None)
                if own:
                    position = own.pop(0) if len(own) > 1 else own[0]
                    yield PlacedMark(statement.start + mark.start, statement.start + mark.end, position)
