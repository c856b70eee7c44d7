"""Knowledge numbers: given in the order in which snippets are found, and never changed."""

from collections.abc import Sequence

from wellread.agent.state.knowledge import Knowledge
from wellread.content import Anchor
from wellread.events import FoundPassage, Snippet, TellingSentence

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
            if not anchor or not where:
                continue
            told = _is_told(anchor, snippet.text) or _is_told(where, passage.text)
            same = snippet.text == passage.text if told else _share_within(where, anchor) >= _SAME_RANGE
            if same:
                shifted = _shifted(passage.telling, where.start - anchor.start, len(snippet.text))
                return snippet.model_copy(update={"telling": shifted})
        new = Snippet(**passage.model_dump(), number=self._next, product_id=product_id, title=title)
        self._next += 1
        self._known.append((where, new))
        return new


def _is_told(anchor: Anchor, text: str) -> bool:
    """Whether a text is not that of its place: Wellread's own words about a title, which open its first page."""
    return anchor.end - anchor.start != len(text)


def _shifted(telling: Sequence[TellingSentence], by: int, length: int) -> tuple[TellingSentence, ...]:
    """Sentences of a passage as those of a snippet that begins `by` code points earlier, as far as it holds them."""
    moved = (t.model_copy(update={"start": t.start + by, "end": t.end + by}) for t in telling)
    return tuple(t for t in moved if t.start >= 0 and t.end <= length)


def _share_within(new: Anchor, known: Anchor) -> float:
    """The share of `new` that lies within `known`: a longer range around a known one says more than it."""
    shorter = min(new.end - new.start, known.end - known.start)
    return new.overlap(known) * shorter / (new.end - new.start)
