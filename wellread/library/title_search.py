"""Titles for a few words: those that the words name, then those whose text or metadata fit them."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from wellread.content import Anchor, Product, ProductKind
from wellread.library.matrix import TitleHit, TitleMatrix
from wellread.library.naming.works import one_edition_each
from wellread.library.scope import named
from wellread.store.catalog.catalog import Catalog

_NEAR_BEST = 0.5  # of the best match of metadata, from which another counts


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """`best` (0 to 1) and `anchor` are those of its best passage; 0.0 and None where none cleared the floor."""

    product: Product
    is_named: bool
    best: float
    anchor: Anchor | None


async def find_titles(
    catalog: Catalog, inside: TitleMatrix, query: str, *, kinds: Collection[ProductKind] = (), limit: int
) -> list[FoundTitle]:
    """At most `limit` titles of those `kinds` (of all, when there are none), the best first; of several editions of a
    work one."""
    hits = await inside.titles([query], limit=4 * limit)
    return await asyncio.to_thread(_found, catalog, query, hits, frozenset(kinds), limit)


def _found(
    catalog: Catalog, query: str, hits: list[TitleHit], kinds: frozenset[ProductKind], limit: int
) -> list[FoundTitle]:
    naming = named(catalog, query)
    called = {product.product_id: product for product in (*naming.products, *naming.ambiguous)}
    by_text = {hit.product_id: hit for hit in hits}
    candidates = catalog.titles.candidates(query, limit=4 * limit)
    most = max((candidate.weight for candidate in candidates), default=0.0)
    about = [c.product_id for c in candidates if c.weight >= _NEAR_BEST * most]
    products = called | catalog.products_by_id([*by_text, *about])
    order = [products[p] for p in dict.fromkeys((*called, *by_text, *about)) if p in products]
    works = one_edition_each([product for product in order if not kinds or product.kind in kinds], query)
    return [
        FoundTitle(
            product=product,
            is_named=product.product_id in called,
            best=hit.best if hit else 0.0,
            anchor=hit.anchor if hit else None,
        )
        for product in works[:limit]
        for hit in (by_text.get(product.product_id),)
    ]
