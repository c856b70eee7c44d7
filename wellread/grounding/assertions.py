"""Whether a sentence that cites nothing claims something of the sources all the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wellread.grounding.conflicts import names_in
from wellread.grounding.quantities import claimed
from wellread.text.languages import alternatives, word_list

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Assertions:
    """What makes a sentence one that a reader would believe to be in the titles: a number, a name, an experience told
    in the first person, or that it speaks of a title or an author, by name (`names`) or as "the book"."""

    names: tuple[str, ...] = ()

    @classmethod
    def about(cls, names: Iterable[str]) -> "Assertions":
        return cls(tuple(name.casefold() for name in names if name))

    def __call__(self, text: str) -> bool:
        folded = text.casefold()
        return (
            bool(claimed(text))
            or bool(names_in(text))
            or any(name in folded for name in self.names)
            or _speaks_of_a_work(folded)
            or any(pattern.search(text) for pattern in alternatives("voice", "experience"))
        )


def _speaks_of_a_work(text: str) -> bool:
    """Whether it says what a book, a talk or their author says."""
    words = frozenset(_WORD.findall(text))
    works = word_list("book") | word_list("spoken")
    return not words.isdisjoint(works) and not words.isdisjoint(word_list("speech"))
