"""Knowledge numbers: given in the order in which snippets are found, and never changed."""

from collections.abc import Sequence

from wellread.agent.state.knowledge import Knowledge
from wellread.content import Anchor
from wellread.events import FoundPassage, Snippet

_SAME_RANGE = 0.6  # share of a passage within a snippet from which it is the same knowledge


class KnowledgeNumbering:
    """Gives what is found its knowledge numbers; one that was found before keeps the number it has."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = [(Anchor.parse(s.anchor), s) for s in knowledge.snippets]
        self._next = max((snippet.number for snippet in knowledge.snippets), default=-1) + 1

    def snippets(self, found: Sequence[FoundPassage], product_id: str, title: str) -> tuple[Snippet, ...]:
        """The passages found in one title with their numbers, each number once."""
        numbered = (self._snippet(passage, product_id, title) for passage in found)
        return tuple({snippet.number: snippet for snippet in numbered}.values())

    def _snippet(self, passage: FoundPassage, product_id: str, title: str) -> Snippet:
        where = Anchor.parse(passage.anchor)
        for anchor, snippet in self._known:
            if anchor and where and _share_within(where, anchor) >= _SAME_RANGE:
                return snippet
        new = Snippet(**passage.model_dump(), number=self._next, product_id=product_id, title=title)
        self._next += 1
        self._known.append((where, new))
        return new


def _share_within(new: Anchor, known: Anchor) -> float:
    """The share of `new` that lies within `known`: a longer range around a known one says more than it."""
    shorter = min(new.end - new.start, known.end - known.start)
    return new.overlap(known) * shorter / (new.end - new.start)
