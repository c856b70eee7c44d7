"""Where a question's words stand among the terms of a passage, found once for all that asks it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.index.pool import SearchedQuestion


@dataclass(frozen=True, slots=True)
class Matched:
    """`words` has, for each position among a passage's terms at which a form of the question's words stands, which
    words that is (places in `question.words`), in order."""

    question: SearchedQuestion
    words: dict[int, tuple[int, ...]]

    @classmethod
    def of(cls, question: SearchedQuestion, terms: str) -> "Matched":
        """`terms` with a space between two. Searched as one string: of a hundred of them three count."""
        padded = f" {terms} "
        found: dict[int, tuple[int, ...]] = {}
        for form, places in question.places.items():
            sought = f" {form} "
            at = padded.find(sought)
            while at >= 0:
                found[padded.count(" ", 0, at)] = places
                at = padded.find(sought, at + len(sought) - 1)
        return cls(question, dict(sorted(found.items())))

    @property
    def share(self) -> float:
        """The share of the question's words that the passage has, each weighed by its rarity."""
        return self.question.share_of({place for places in self.words.values() for place in places})

    def shares(self, ranges: Sequence[Sequence[int]]) -> list[float]:
        """The same of parts of the passage: ranges of its terms, in order and without overlap."""
        held: list[set[int]] = [set() for _ in ranges]
        starts = [start for start, _ in ranges]
        for position, places in self.words.items():
            part = bisect_right(starts, position) - 1
            if part >= 0 and position < ranges[part][1]:
                held[part].update(places)
        return [self.question.share_of(places) if places else 0.0 for places in held]

    @property
    def pairs_kept(self) -> float:
        """The share of the question's neighbouring words that stand side by side, in that order."""
        kept = {
            place
            for position, places in self.words.items()
            if (following := self.words.get(position + 1))
            for place in places
            if place + 1 in following
        }
        return len(kept) / max(1, len(self.question.words) - 1)
