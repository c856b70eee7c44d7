"""Knowledge numbers: given in the order in which snippets are found, and never changed."""

from collections.abc import Sequence

from wellread.agent.state.knowledge import Knowledge
from wellread.content import Anchor
from wellread.events import Snippet
from wellread.library.matrix import Finding

_SAME_RANGE = 0.6  # share of a finding within a snippet from which it is the same knowledge


class KnowledgeNumbering:
    """Gives findings their knowledge numbers; one that was found before keeps the number it has."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = [(Anchor.parse(s.anchor), s) for s in knowledge.snippets]
        self._next = max((snippet.number for snippet in knowledge.snippets), default=-1) + 1

    def snippets(self, findings: Sequence[Finding], title: str) -> tuple[Snippet, ...]:
        """The findings of one title with their numbers, each number once."""
        numbered = (self._snippet(finding, title) for finding in findings)
        return tuple({snippet.number: snippet for snippet in numbered}.values())

    def _snippet(self, finding: Finding, title: str) -> Snippet:
        for anchor, snippet in self._known:
            if anchor and _share_within(finding.anchor, anchor) >= _SAME_RANGE:
                return snippet
        new = Snippet(
            number=self._next,
            product_id=finding.anchor.product_id,
            title=title,
            section=finding.section,
            anchor=str(finding.anchor),
            place=finding.place,
            text=finding.text,
            score=round(finding.score, 3),
        )
        self._next += 1
        self._known.append((finding.anchor, new))
        return new


def _share_within(new: Anchor, known: Anchor) -> float:
    """The share of `new` that lies within `known`: a longer range around a known one says more than it."""
    shorter = min(new.end - new.start, known.end - known.start)
    return new.overlap(known) * shorter / (new.end - new.start)
