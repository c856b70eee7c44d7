"""The library's page: what titles are narrowed by, what a person says of them, folders that are imported."""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_LONGEST = 200
_ROWS = 1000  # products read at once
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def upgrade() -> None:
    op.add_column("products", sa.Column("by_title", sa.String(_LONGEST), nullable=False, server_default=""))
    op.add_column("products", sa.Column("amendments", sa.JSON))
    op.create_index("ix_products_by_title", "products", ["by_title", "product_id"])
    op.create_table(
        "product_facets",
        sa.Column("facet", sa.String(16), primary_key=True),
        sa.Column("value", sa.String(_LONGEST), primary_key=True),
        sa.Column("product_id", sa.String(80), primary_key=True),
    )
    op.create_index("ix_product_facets_product_id", "product_facets", ["product_id"])
    op.add_column("imports", sa.Column("folder", sa.Text, nullable=False, server_default=""))
    _fill()


def _fill() -> None:
    """From the metadata of the products that are there."""
    connection = op.get_bind()
    names = ("product_id", "title", "by_title", "kind", "collection", "metadata")
    products = sa.table("products", *map(sa.column, names))
    facets = sa.table("product_facets", *map(sa.column, ("facet", "value", "product_id")))
    last = ""
    while True:
        some = connection.execute(
            sa.select(*(products.c[name] for name in names if name != "by_title"))
            .where(products.c.product_id > last)
            .order_by(products.c.product_id)
            .limit(_ROWS)
        ).all()
        if not some:
            return
        last = some[-1].product_id
        connection.execute(
            sa.update(products)
            .where(products.c.product_id == sa.bindparam("of"))
            .values(by_title=sa.bindparam("beginning")),
            [{"of": row.product_id, "beginning": row.title.lower()[:_LONGEST]} for row in some],
        )
        rows = [
            {"facet": facet, "value": value, "product_id": row.product_id}
            for row in some
            for facet, value in _facets(row)
        ]
        connection.execute(sa.insert(facets), rows)


def _facets(row: sa.Row[tuple[str, str, str, str, object]]) -> set[tuple[str, str]]:
    # SQLite gives JSON as the text that it is, psycopg as what it says.
    metadata = json.loads(row.metadata) if isinstance(row.metadata, str) else row.metadata
    found = [("kind", row.kind), ("collection", row.collection)]
    found += [("author", author) for author in metadata["authors"]]
    found += [("topic", topic) for topic in metadata["topics"]]
    return {(facet, _UNSTORABLE.sub("\ufffd", value[:_LONGEST])) for facet, value in found if value}
