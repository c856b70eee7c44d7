"""Which products a list of the library has: of a kind, on a topic, by an author, of a collection, with certain words
in their titles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wellread.content import ProductKind
from wellread.store.catalog.facets import Facet, FacetIndex, FacetValue, having
from wellread.store.catalog.title_index import TitleIndex
from wellread.store.database import tables as t
from wellread.store.database.database import Database


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for: products that have every word of `query` (or that id); where none has, those whose titles are
    the nearest to it."""

    query: str = ""
    collection: str = ""
    kind: ProductKind | None = None
    author: str = ""
    topic: str = ""

    @property
    def chosen(self) -> dict[Facet, str]:
        """The facets that the listing has a value of."""
        values: Mapping[Facet, str] = {
            "kind": self.kind.value if self.kind else "",
            "topic": self.topic,
            "author": self.author,
            "collection": self.collection,
        }
        return {facet: value for facet, value in values.items() if value}


def listed(
    database: Database, titles: TitleIndex, listing: Listing, offset: int, limit: int
) -> tuple[int, list[str]]:
    """How many products a listing has, and the ids of those from `offset` on: by title, those first that have more
    words of the query as they are."""
    products = t.products.c
    conditions = [having(facet, value) for facet, value in listing.chosen.items()]
    by_title = (products.by_title, products.product_id)

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
    if words is None:
        return page(_same(query))
    found = page(sa.or_(_same(query), words), order=(titles.whole(query).desc(), *by_title))
    return found if found[0] else page(_nearest(titles, query))


def counted(
    titles: TitleIndex, facets: FacetIndex, listing: Listing, limit: int
) -> dict[Facet, list[FacetValue]]:
    """How many products of a listing have each value of a facet, that of its own value left open."""
    query, chosen = listing.query.strip(), listing.chosen
    words = titles.holding(query) if query else None

    def counts(*among: sa.ColumnElement[bool]) -> dict[Facet, list[FacetValue]]:
        return facets.counts(chosen, among, limit=limit)

    if not query:
        return counts()
    if words is None:
        return counts(_same(query))
    found = counts(sa.or_(_same(query), words))
    some = any(one.products for values in found.values() for one in values)
    return found if some else counts(_nearest(titles, query))


def _same(query: str) -> sa.ColumnElement[bool]:
    return t.products.c.product_id == query


def _nearest(titles: TitleIndex, query: str) -> sa.ColumnElement[bool]:
    return t.products.c.product_id.in_([found.product_id for found in titles.candidates(query)])
