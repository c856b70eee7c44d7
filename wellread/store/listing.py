"""Which products a list of the library has: of a collection, of a kind, with certain words in their titles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wellread.content import ProductKind
from wellread.store import tables as t
from wellread.store.database import Database
from wellread.store.titles import TitleIndex


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for: products that have every word of `query` (or that id); where none has, those whose titles are
    the nearest to it."""

    query: str = ""
    collection: str = ""
    kind: ProductKind | None = None


def listed(
    database: Database, titles: TitleIndex, listing: Listing, offset: int, limit: int
) -> tuple[int, list[str]]:
    """How many products a listing has, and the ids of those from `offset` on: by title, those first that have more
    words of the query as they are."""
    products = t.products.c
    conditions: list[sa.ColumnElement[bool]] = []
    if listing.collection:
        conditions.append(products.collection == listing.collection)
    if listing.kind:
        conditions.append(products.kind == listing.kind.value)
    by_title = (sa.func.lower(products.title), products.product_id)

    def page(
        *further: sa.ColumnElement[bool], order: Sequence[sa.ColumnElement[Any]] = by_title
    ) -> tuple[int, list[str]]:
        count = sa.select(sa.func.count()).select_from(t.products).where(*conditions, *further)
        ids = sa.select(products.product_id).where(*conditions, *further).order_by(*order)
        with database.read() as connection:
            shown = connection.scalars(ids.offset(offset).limit(limit))
            return connection.scalar(count) or 0, list(shown)

    query = listing.query.strip()
    if not query:
        return page()
    words = titles.holding(query)
    same = products.product_id == query
    if words is None:
        return page(same)
    found = page(sa.or_(same, words), order=(titles.whole(query).desc(), *by_title))
    return (
        found if found[0] else page(products.product_id.in_([c.product_id for c in titles.candidates(query)]))
    )
