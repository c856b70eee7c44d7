"""Which products are editions of one work, and which of them is searched."""

from collections.abc import Sequence
from dataclasses import dataclass

from wellread.content import Product
from wellread.library.naming.words import question_words
from wellread.store.catalog.title_index import fold_title

# Which of several editions of one work is searched when the question does not tell: the best structured.
_FORMATS = ("epub", "html", "markdown", "text", "transcript", "pdf")


@dataclass(frozen=True, slots=True)
class Work:
    """What a product says of the work that it is an edition of."""

    title: str
    authors: tuple[str, ...]
    kind: str


def same_work(one: Work, other: Work) -> bool:
    """Whether two are editions of one work: of the same kind, by the same authors, and called the same, one of
    them perhaps with a subtitle. With different subtitles they are two works: the volumes of a series."""
    if one.kind != other.kind or [*map(fold_title, one.authors)] != [*map(fold_title, other.authors)]:
        return False
    short, long = sorted((fold_title(one.title).strip(), fold_title(other.title).strip()), key=len)
    return short == long or long.startswith(f"{short}:")


def one_edition_each(products: Sequence[Product], question: str) -> list[Product]:
    """Of several editions of the same work one, in the order given: in the format that the question names, else
    the best structured."""
    if len(products) < 2:
        return list(products)
    asked = {word.word for word in question_words(question)}
    best: dict[Work, Product] = {}  # by the work as its first edition calls it
    for product in products:
        work = Work(product.title, product.metadata.authors, product.kind.value)
        work = next((known for known in best if same_work(known, work)), work)
        other = best.get(work)
        if other is None or _preference(product, asked) < _preference(other, asked):
            best[work] = product  # keeps the place of the first
    return list(best.values())


def _preference(product: Product, asked: set[str]) -> tuple[bool, int, str]:
    return product.format not in asked, _rank(product.format), product.product_id


def _rank(format_name: str) -> int:
    return _FORMATS.index(format_name) if format_name in _FORMATS else len(_FORMATS)
