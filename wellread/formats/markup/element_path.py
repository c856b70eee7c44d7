"""The way from the root of a tree to where a walk through it is, and the CFI steps of that place."""

from typing import Any

from wellread.formats.markup.cfi import assertion

_MAX_STEPS = 500  # what is nested deeper gets the place of its ancestor there


class Trail:
    """The open elements of a walk. `counts[depth]` is twice the number of children met at that depth.

    Its lists are public because the walk changes them itself, a hundred thousand times a book.
    """

    __slots__ = ("_steps", "counts", "opened")

    def __init__(self) -> None:
        self.counts = [0]  # one more than open elements, for the children of the innermost
        self.opened: list[Any] = []
        self._steps: list[str] = [""]  # those worked out so far, from the root on

    def enter(self, element: Any) -> None:
        self.counts[-1] += 2
        self.counts.append(0)
        self.opened.append(element)

    def leave(self) -> None:
        self.counts.pop()
        self.opened.pop()
        if len(self._steps) > len(self.opened) > 0:
            self._steps.pop()

    def to_element(self, depth: int) -> str:
        """The steps to the open element at `depth`; the root's depth is 1, and its steps are none."""
        steps = self._steps
        for index in range(len(steps), min(depth, _MAX_STEPS)):
            steps.append(f"{steps[-1]}/{self.counts[index]}{assertion(self.opened[index].get('id'))}")
        return steps[min(depth, _MAX_STEPS) - 1]

    def to_text(self) -> str:
        """The steps to the stretch of text where the walk is, inside the innermost open element."""
        depth = len(self.opened)
        steps = self.to_element(depth)
        return steps if depth > _MAX_STEPS else f"{steps}/{self.counts[-1] + 1}"
