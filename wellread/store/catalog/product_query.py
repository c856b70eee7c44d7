"""Which products a list of the library has: of a kind, on a topic, by an author, of a collection, with certain words
in their titles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wellread.content import ProductKind
from wellread.store.catalog.facets import Facet, FacetIndex, FacetValue, having
from wellread.store.catalog.title_index import SoughtWord, TitleIndex
from wellread.store.database import tables as t
from wellread.store.database.database import Database

_MANY = 5000  # products, from which no list of all that are found is made and sorted


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
    narrowed = [having(facet, value) for facet, value in listing.chosen.items()]
    query = listing.query.strip()
    with database.read() as connection:
        if not query:
            return _page(connection, narrowed, offset, limit)
        sought = titles.sought(query)
        if not sought:
            return _page(connection, [*narrowed, _same(query)], offset, limit)
        found = [*narrowed, sa.or_(_same(query), sa.and_(*(word.is_held for word in sought)))]
        total = _number(connection, found)
        if total > _MANY and len(sought) == 1:
            return total, _of_many(connection, sought[0], narrowed, query, offset, limit)
        if total:
            whole = [sa.case((word.is_whole, 1), else_=0) for word in sought]
            order = sum(whole[1:], start=whole[0]).desc()
            return total, _ids(connection, found, offset, limit, order)
    # `candidates` has a connection of its own.
    nearest = [*narrowed, _nearest(titles, query)]
    with database.read() as connection:
        return _page(connection, nearest, offset, limit)


def _of_many(
    connection: sa.Connection,
    word: SoughtWord,
    narrowed: Sequence[sa.ColumnElement[bool]],
    query: str,
    offset: int,
    limit: int,
) -> list[str]:
    """The ids of a page of the many products that have a word, without making the list of all: first those that have
    it as it is."""
    whole = _number(connection, [*narrowed, word.is_whole])
    is_whole = word.is_whole if whole <= _MANY else word.is_whole_in_each
    first = _ids(connection, [*narrowed, is_whole], offset, limit) if offset < whole else []
    left = limit - len(first)
    if not left:
        return first
    others = [
        *narrowed,
        sa.or_(_same(query), word.is_held_by_each),
        ~word.is_whole_in_each,
    ]
    return first + _ids(connection, others, max(0, offset - whole), left)


def _page(
    connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]], offset: int, limit: int
) -> tuple[int, list[str]]:
    return _number(connection, conditions), _ids(connection, conditions, offset, limit)


def _number(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]]) -> int:
    count = sa.select(sa.func.count()).select_from(t.products).where(*conditions)
    return connection.scalar(count) or 0


def _ids(
    connection: sa.Connection,
    conditions: Sequence[sa.ColumnElement[bool]],
    offset: int,
    limit: int,
    *order: sa.ColumnElement[Any],
) -> list[str]:
    """In that order, then by title."""
    products = t.products.c
    ids = sa.select(products.product_id).where(*conditions)
    ids = ids.order_by(*order, products.by_title, products.product_id)
    return list(connection.scalars(ids.offset(offset).limit(limit)))


def id_pages(
    database: Database, collection: str, offset: int, limit: int | None, size: int
) -> Iterator[list[str]]:
    """The ids of a collection's products (of all, if it is ""), or of `limit` of them from `offset` on: by title, so
    many (`size`) at a time. Of what is there all the while nothing is left out or told twice when titles come or go."""
    products = t.products.c
    place = sa.tuple_(products.by_title, products.product_id)
    query = sa.select(products.by_title, products.product_id).order_by(products.by_title, products.product_id)
    if collection:
        query = query.filter_by(collection=collection)
    left = limit
    page = query.offset(offset)
    while left is None or left > 0:
        with database.read() as connection:
            rows = connection.execute(page.limit(size if left is None else min(left, size))).all()
        if not rows:
            return
        yield [row.product_id for row in rows]
        left = None if left is None else left - len(rows)
        page = query.where(place > sa.tuple_(*map(sa.literal, rows[-1])))


def counted(
    titles: TitleIndex, facets: FacetIndex, listing: Listing, limit: int
) -> dict[Facet, list[FacetValue]]:
    """How many products of a listing have each value of a facet, that of its own value left open."""
    query, chosen = listing.query.strip(), listing.chosen

    def counts(*among: sa.ColumnElement[bool]) -> dict[Facet, list[FacetValue]]:
        return facets.counts(chosen, among, limit=limit)

    if not query:
        return counts()
    sought = titles.sought(query)
    if not sought:
        return counts(_same(query))
    found = counts(sa.or_(_same(query), sa.and_(*(word.is_held for word in sought))))
    some = any(one.products for values in found.values() for one in values)
    return found if some else counts(_nearest(titles, query))


def _same(query: str) -> sa.ColumnElement[bool]:
    return t.products.c.product_id == query


def _nearest(titles: TitleIndex, query: str) -> sa.ColumnElement[bool]:
    return t.products.c.product_id.in_([found.product_id for found in titles.candidates(query)])
