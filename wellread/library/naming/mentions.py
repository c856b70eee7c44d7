"""What a question names, and the stretches of it that do."""

from dataclasses import dataclass

from wellread.content import Product


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the question (code points) that names `products`: one, or all by an author."""

    start: int
    end: int
    products: tuple[Product, ...]

    def overlaps(self, start: int, end: int) -> bool:
        return self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class Naming:
    """The titles that a question names, when a name fits two works, the works it may mean, and the stretches that may
    be the name of a title or no name at all."""

    mentions: tuple[Mention, ...] = ()
    ambiguous: tuple[Product, ...] = ()
    doubtful: tuple[Mention, ...] = ()

    @property
    def products(self) -> tuple[Product, ...]:
        """Those that are named beyond doubt."""
        return _products(self.mentions)

    @property
    def doubtful_products(self) -> tuple[Product, ...]:
        sure = self.products
        return tuple(product for product in _products(self.doubtful) if product not in sure)

    def with_mention(self, mention: Mention) -> "Naming":
        return Naming((*self.mentions, mention), self.ambiguous, self.doubtful)


def _products(mentions: tuple[Mention, ...]) -> tuple[Product, ...]:
    return tuple(dict.fromkeys(product for mention in mentions for product in mention.products))
