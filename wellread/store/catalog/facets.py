"""The facets of products: by what a list of the library can be narrowed, and how many titles each value has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa

from wellread.content import Metadata
from wellread.store.database import tables as t
from wellread.store.database.database import Database
from wellread.store.database.storable_text import storable

Facet = Literal["kind", "topic", "author", "collection"]
FACETS: tuple[Facet, ...] = get_args(Facet)
LONGEST = 200  # characters of a value; what is longer is cut


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, and how many products have it."""

    value: str
    products: int


class FacetIndex:
    """Which product has which kind, topics, authors and collection, so that neither a list nor a count reads all
    metadata."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, connection: sa.Connection, product_id: str, metadata: Metadata, collection: str) -> None:
        """Replace the facets of a product, within the caller's transaction."""
        self.remove(connection, product_id)
        rows = [
            {"facet": facet, "value": value, "product_id": product_id}
            for facet, values in facets_of(metadata, collection).items()
            for value in values
        ]
        if rows:
            connection.execute(sa.insert(t.product_facets), rows)

    def remove(self, connection: sa.Connection, product_id: str) -> None:
        """Take a product's facets out, within the caller's transaction."""
        connection.execute(sa.delete(t.product_facets).filter_by(product_id=product_id))

    def counts(
        self, chosen: Mapping[Facet, str], among: Sequence[sa.ColumnElement[bool]], *, limit: int
    ) -> dict[Facet, list[FacetValue]]:
        """Of each facet the values that most products have, at most `limit`, of those that have what is `chosen` of
        the other facets and for which the conditions `among` hold. The chosen value itself is always there."""
        with self._database.read() as connection:
            free = [facet for facet in FACETS if facet not in chosen]
            found = _counted(connection, free, chosen, among, limit)
            for facet in chosen:
                others = {other: value for other, value in chosen.items() if other != facet}
                found |= _counted(connection, [facet], others, among, limit, chosen[facet][:LONGEST])
        return {facet: found[facet] for facet in FACETS}


def having(
    facet: Facet, value: str, product_id: sa.ColumnElement[str] = t.products.c.product_id
) -> sa.ColumnElement[bool]:
    """The condition that a product has that value of a facet."""
    held = t.product_facets.alias().c
    return product_id.in_(
        sa.select(held.product_id).where(held.facet == facet, held.value == value[:LONGEST])
    )


def facets_of(metadata: Metadata, collection: str) -> dict[Facet, Collection[str]]:
    """The values of a product; each once, none of them empty."""
    texts: dict[Facet, Sequence[str]] = {
        "kind": (metadata.kind.value,),
        "topic": metadata.topics,
        "author": metadata.authors,
        "collection": (collection,),
    }
    return {facet: {storable(text[:LONGEST]) for text in some if text} for facet, some in texts.items()}


def _counted(
    connection: sa.Connection,
    facets: Collection[Facet],
    others: Mapping[Facet, str],
    among: Sequence[sa.ColumnElement[bool]],
    limit: int,
    own: str = "",
) -> dict[Facet, list[FacetValue]]:
    """Of each of these facets the values that most products have of those that have what `others` say; `own` is there
    in any case."""
    held = t.product_facets.c
    query = sa.select(held.facet, held.value, sa.func.count().label("number"))
    if not (among or others):
        query = query.where(held.facet.in_(facets))
    else:
        # Were anything said of the facet, SQLite would go through all its values, and not through what is found.
        conditions = [having(other, value) for other, value in others.items()]
        products = sa.select(t.products.c.product_id).where(*among, *conditions).cte("found")
        products = products.prefix_with("MATERIALIZED")
        query = query.join_from(products, t.product_facets, held.product_id == products.c.product_id)
    ranked = query.group_by(held.facet, held.value).subquery()
    place = sa.func.row_number().over(
        partition_by=ranked.c.facet, order_by=(ranked.c.number.desc(), ranked.c.value)
    )
    placed = sa.select(ranked, place.label("place")).subquery().c
    wanted = sa.select(placed.facet, placed.value, placed.number).where(
        sa.or_(placed.place <= limit, placed.value == own)
    )
    found: dict[Facet, list[FacetValue]] = {facet: [] for facet in facets}
    for row in connection.execute(wanted.order_by(placed.facet, placed.place)):
        if row.facet in found:
            found[row.facet].append(FacetValue(row.value, row.number))
    if own and facets:
        [values] = found.values()
        if not any(one.value == own for one in values):
            values.insert(0, FacetValue(own, 0))
    return found
