"""Titles to offer while a question is typed: those whose words begin to be there."""

from wellread.content import Product
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.product_query import Listing
from wellread.store.catalog.title_index import title_terms

_LOOKED_AT = 4  # last words of what is typed
_SHORTEST = 3  # letters of a single word that is looked for
_MOST = 4


def offered_titles(catalog: Catalog, typed: str) -> list[Product]:
    """Titles that hold the last words of `typed`, the last of which may be half written: of as many of these words as
    there are titles for, best first, at most four."""
    words = title_terms(typed[-200:])[-_LOOKED_AT:]
    if not typed[-1:].isalnum():  # no word is being typed
        return []
    for first in range(len(words)):
        tail = words[first:]
        if len(" ".join(tail)) < _SHORTEST:
            break
        _, products = catalog.page(Listing(" ".join(tail)), limit=_MOST)
        found = [
            product
            for product in products
            if _holds(product, tail) and (len(tail) > 1 or _begins(product, tail[0]))
        ]
        if found:
            return found
    return []


def _holds(product: Product, words: list[str]) -> bool:
    """Whether each of the words begins one of the title's; a listing also has what is only similar."""
    own = title_terms(f"{product.title} {product.metadata.subtitle}")
    return all(any(word.startswith(begun) for word in own) for begun in words)


def _begins(product: Product, word: str) -> bool:
    """Whether the title begins with a word, but for an article. One word from its middle names no title."""
    own = title_terms(product.title)
    return any(first.startswith(word) for first in own[: 2 if own[:1] in (["the"], ["a"], ["an"]) else 1])
