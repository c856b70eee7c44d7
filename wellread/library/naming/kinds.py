"""Kinds of product in a question: those that it speaks of, and "the talk", which may mean a title by itself."""

from dataclasses import dataclass
from itertools import pairwise

from wellread.content import ProductKind
from wellread.library.naming.mentions import Naming
from wellread.library.naming.words import kinds_of, listed, question_words


def kinds_meant(question: str) -> frozenset[ProductKind]:
    """The kinds of product that the question speaks of ("his book", "the video"); empty when it does not."""
    kinds: set[ProductKind] = set()
    for token in question_words(question):
        if token.word in listed("video"):
            kinds.add(ProductKind.VIDEO)
        else:
            kinds |= kinds_of(token.word)
    return frozenset(kinds)


@dataclass(frozen=True, slots=True)
class KindMention:
    """ "the talk": a stretch of the question that means a product by its kind alone."""

    start: int
    end: int
    kinds: frozenset[ProductKind]


def kind_mentions(question: str, naming: Naming) -> list[KindMention]:
    """The kinds said with an article that no named title explains."""
    found = []
    for before, token in pairwise(question_words(question)):
        kinds = kinds_of(token.word)
        if not kinds or before.word not in listed("determiners"):
            continue
        explained = any(
            mention.start - 40 < token.end
            and token.start < mention.end + 25
            and any(product.kind in kinds for product in mention.products)
            for mention in naming.mentions
        )
        if not explained:
            found.append(KindMention(before.start, token.end, kinds))
    return found
