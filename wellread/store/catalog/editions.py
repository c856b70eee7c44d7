"""The editions of a product with the files that each was read from, as a person looks at them."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from wellread.store.catalog.source_files import StoredFile
from wellread.store.database import tables as t
from wellread.store.database.database import Database


@dataclass(frozen=True, slots=True)
class EditionEntry:
    """A reading of a product. Only the files of the current one are kept for certain."""

    edition_id: str
    reader: str
    read_at: str
    current: bool
    warnings: tuple[str, ...]
    files: tuple[tuple[str, StoredFile], ...]  # by role


def editions_of(database: Database, product_id: str) -> list[EditionEntry]:
    """The current one, then the others, the newest first."""
    current = (t.products.c.edition_id == t.editions.c.edition_id).label("current")
    editions = (
        sa.select(t.editions, current)
        .join(t.products, t.products.c.product_id == t.editions.c.product_id)
        .where(t.editions.c.product_id == product_id)
        .order_by(t.editions.c.read_at.desc(), t.editions.c.edition_id)
    )
    files = sa.select(t.source_files).filter_by(product_id=product_id).order_by(t.source_files.c.role.desc())
    held: defaultdict[str, list[tuple[str, StoredFile]]] = defaultdict(list)
    with database.read() as connection:
        for row in connection.execute(files):
            held[row.edition_id].append((row.role, StoredFile(row.sha256, row.name, row.size)))
        found = [
            EditionEntry(
                row.edition_id,
                row.reader,
                row.read_at,
                bool(row.current),
                tuple(row.warnings),
                tuple(held[row.edition_id]),
            )
            for row in connection.execute(editions)
        ]
    return sorted(found, key=lambda edition: not edition.current)
