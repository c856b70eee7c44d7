"""The catalog: products, their editions, sections and source files.

An *edition* is the text of a product as one reader took it from one set of source files. A product has one
current edition; the sections of earlier ones stay, because anchors made on them must still resolve.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from wellread.content import Metadata, Product, ProductKind, Section
from wellread.errors import NotFoundError
from wellread.store.catalog.amendments import amended, changed
from wellread.store.catalog.facets import LONGEST, Facet, FacetIndex, FacetValue
from wellread.store.catalog.product_query import Listing, counted, listed
from wellread.store.catalog.section_rows import section_of, section_row
from wellread.store.catalog.source_files import StoredFile
from wellread.store.catalog.suggestions import SuggestionStore
from wellread.store.catalog.title_index import TitleIndex
from wellread.store.catalog.topic_counts import topic_counts
from wellread.store.database import tables as t
from wellread.store.database import timestamps
from wellread.store.database.database import Database

_METADATA = TypeAdapter(Metadata)


@dataclass(frozen=True, slots=True)
class Edition:
    """One reading of a product, as it is saved."""

    product_id: str
    edition_id: str
    fingerprint: str
    path: str  # where it was added from
    reader: str
    metadata: Metadata
    files: dict[str, StoredFile]  # by role; "text" is the one that was read
    sections: Sequence[Section]
    warnings: tuple[str, ...] = ()
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog remembers of a file or path that was added before."""

    product_id: str
    edition_id: str
    fingerprint: str
    reader: str
    path: str  # where it was added from
    current: bool  # whether it is the product's present edition


class Catalog:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.titles = TitleIndex(database)
        self.facets = FacetIndex(database)
        self.suggestions = SuggestionStore(database)

    # Writing

    def save(self, edition: Edition) -> None:
        """Make `edition` its product's current one, all of it or nothing. What was said of the product in place of
        its metadata stays."""
        now = timestamps.now()
        row = {
            "product_id": edition.product_id,
            "edition_id": edition.edition_id,
            "indexed": "",
            "format": edition.reader.split()[0],
            "metadata": _METADATA.dump_python(edition.metadata, mode="json"),
            "words": sum(len(section.text.split()) for section in edition.sections),
            "passages": 0,
            "added_at": now,
        }
        with self._database.begin(turn=_turn(edition.product_id)) as connection:
            held = connection.execute(sa.select(t.products).filter_by(product_id=edition.product_id)).first()
            metadata = amended(edition.metadata, held.amendments if held else None)
            collection = edition.collection or (held.collection if held else "")
            row |= columns_of(metadata, collection)
            if held:
                changes = row.keys() - {"added_at", "product_id"}
                connection.execute(
                    sa.update(t.products)
                    .filter_by(product_id=edition.product_id)
                    .values({name: row[name] for name in changes})
                )
            else:
                connection.execute(sa.insert(t.products).values(row))
            _put(connection, edition, now)
            self.titles.put(connection, edition.product_id, metadata)
            self.facets.put(connection, edition.product_id, metadata, collection)
            connection.execute(sa.delete(t.removals).filter_by(product_id=edition.product_id))

    def amend(
        self, product_id: str, changes: Mapping[str, object], *, collection: str | None = None
    ) -> Product:
        """Say something of a product in place of what its files say: of the fields in `AMENDABLE`, None takes back
        what was said. Gives the product as it is now; in another language its passages wait to be indexed anew.

        Raises NotFoundError.
        """
        with self._database.begin(turn=_turn(product_id)) as connection:
            query = sa.select(t.products).filter_by(product_id=product_id)
            row = connection.execute(query).first()
            if row is None:
                raise _no_product(product_id)
            read = _METADATA.validate_python(row.metadata)
            said = changed(read, row.amendments, changes)
            metadata = amended(read, said)
            columns = columns_of(metadata, row.collection if collection is None else collection)
            if metadata.language != row.language:
                columns["indexed"] = columns["suggested"] = ""
            connection.execute(
                sa.update(t.products)
                .filter_by(product_id=product_id)
                .values(amendments=said or None, **columns)
            )
            self.titles.put(connection, product_id, metadata)
            self.facets.put(connection, product_id, metadata, columns["collection"])
            return _product(connection.execute(query).one())

    def as_read(self, product_id: str) -> Metadata:
        """What the files of a product say of it, whatever a person said. Raises NotFoundError."""
        with self._database.read() as connection:
            metadata = connection.scalar(sa.select(t.products.c.metadata).filter_by(product_id=product_id))
        if metadata is None:
            raise _no_product(product_id)
        return _METADATA.validate_python(metadata)

    def mark_indexed(self, product_id: str, edition_id: str, language: str, passages: int) -> None:
        """The index holds that edition's passages, cut as of that language. Changes nothing when another edition is
        current by now, or a person has said another language."""
        with self._database.begin(turn=_turn(product_id)) as connection:
            query = sa.select(t.products).filter_by(product_id=product_id, edition_id=edition_id)
            row = connection.execute(query).first()
            if row is not None and _product(row).metadata.language == language:
                connection.execute(
                    sa.update(t.products)
                    .filter_by(product_id=product_id)
                    .values(indexed=edition_id, passages=passages)
                )

    def relocate(self, product_id: str, edition_id: str, *, path: str, collection: str = "") -> None:
        """The same bytes were added again: from `path`, and into `collection` if one is named."""
        with self._database.begin(turn=_turn(product_id)) as connection:
            connection.execute(
                sa.update(t.editions)
                .filter_by(product_id=product_id, edition_id=edition_id)
                .values(path=path)
            )
            if collection:
                query = sa.select(t.products).filter_by(product_id=product_id)
                if (row := connection.execute(query).first()) is not None:
                    connection.execute(
                        sa.update(t.products).filter_by(product_id=product_id).values(collection=collection)
                    )
                    self.facets.put(connection, product_id, _product(row).metadata, collection)

    def remove(self, product_id: str) -> list[str]:
        """Take a product out. Gives the SHA-256 of the source files that no product needs any more.

        Its passages are taken out of the index later; until `removed` says so, `removals` names it.
        Raises NotFoundError for an unknown id.
        """
        self.product(product_id)
        with self._database.begin() as connection:
            mine = set(
                connection.scalars(sa.select(t.source_files.c.sha256).filter_by(product_id=product_id))
            )
            for table in (t.products, t.editions, t.source_files, t.sections, t.removals):
                connection.execute(sa.delete(table).filter_by(product_id=product_id))
            self.titles.remove(connection, product_id)
            self.facets.remove(connection, product_id)
            self.suggestions.remove(connection, product_id)
            connection.execute(sa.insert(t.removals).values(product_id=product_id))
            used = set(
                connection.scalars(
                    sa.select(t.source_files.c.sha256).where(t.source_files.c.sha256.in_(mine))
                )
            )
        return sorted(mine - used)

    def removals(self) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(sa.select(t.removals.c.product_id)))

    def removed(self, product_id: str) -> None:
        with self._database.begin() as connection:
            connection.execute(sa.delete(t.removals).filter_by(product_id=product_id))

    # Reading

    def product(self, product_id: str) -> Product:
        """Raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(t.products).filter_by(product_id=product_id)).first()
        if row is None:
            raise _no_product(product_id)
        return _product(row)

    def products(self, *, collection: str = "", offset: int = 0, limit: int = 1_000_000) -> list[Product]:
        """Products by title."""
        query = sa.select(t.products).order_by(t.products.c.by_title, t.products.c.product_id)
        if collection:
            query = query.filter_by(collection=collection)
        with self._database.read() as connection:
            return [_product(row) for row in connection.execute(query.offset(offset).limit(limit))]

    def page(self, listing: Listing, *, offset: int = 0, limit: int = 50) -> tuple[int, list[Product]]:
        """How many products a listing has, and those from `offset` on."""
        total, ids = listed(self._database, self.titles, listing, offset, limit)
        found = self.products_by_id(ids)
        return total, [found[product_id] for product_id in ids if product_id in found]

    def counts(self, listing: Listing, *, limit: int = 20) -> dict[Facet, list[FacetValue]]:
        """By what a listing can be narrowed further: of each facet the values that most of its products have. The
        value that the listing has itself is told beside those that it could have instead."""
        return counted(self.titles, self.facets, listing, limit)

    def products_by_id(self, product_ids: Sequence[str]) -> dict[str, Product]:
        """Those that exist."""
        query = sa.select(t.products).where(t.products.c.product_id.in_(product_ids))
        with self._database.read() as connection:
            return {row.product_id: _product(row) for row in connection.execute(query)}

    def only_of_kinds(self, kinds: Sequence[ProductKind]) -> Product | None:
        """The product of those kinds, when the library has exactly one."""
        query = sa.select(t.products).where(t.products.c.kind.in_([kind.value for kind in kinds])).limit(2)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return _product(rows[0]) if len(rows) == 1 else None

    def times_said(self, kinds: Collection[ProductKind], topic: str) -> dict[str, int]:
        return topic_counts(self._database, [kind.value for kind in kinds], topic)

    def count(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(t.products)) or 0

    def languages(self) -> tuple[str, ...]:
        """Those of all products, each once; "" where it is not known."""
        query = sa.select(t.products.c.language).distinct().order_by(t.products.c.language)
        with self._database.read() as connection:
            return tuple(connection.scalars(query))

    def passages(self) -> int:
        """How many passages the index holds of all products, as far as the catalog was told."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.sum(t.products.c.passages))) or 0

    def known(self, *, fingerprint: str = "", path: str = "", product_id: str = "") -> list[Known]:
        """The editions with that fingerprint, that path or of that product, newest first."""
        conditions = {"fingerprint": fingerprint, "path": path, "product_id": product_id}
        query = (
            sa.select(t.editions, (t.products.c.edition_id == t.editions.c.edition_id).label("current"))
            .join(t.products, t.products.c.product_id == t.editions.c.product_id)
            .where(*(t.editions.c[name] == value for name, value in conditions.items() if value))
            .order_by(t.editions.c.read_at.desc())
        )
        with self._database.read() as connection:
            return [
                Known(
                    row.product_id, row.edition_id, row.fingerprint, row.reader, row.path, bool(row.current)
                )
                for row in connection.execute(query)
            ]

    def warnings(self, product_id: str, edition_id: str) -> list[str]:
        query = sa.select(t.editions.c.warnings).filter_by(product_id=product_id, edition_id=edition_id)
        with self._database.read() as connection:
            return list(connection.scalar(query) or [])

    def to_index(self) -> list[str]:
        """The products whose rows in the index are not (yet) those of their current edition."""
        query = sa.select(t.products.c.product_id).where(t.products.c.indexed != t.products.c.edition_id)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def reindex(self, product_ids: Collection[str] | None = None) -> None:
        """Let `to_index` name these products, or all."""
        query = sa.update(t.products).values(indexed="")
        if product_ids is not None:
            query = query.where(t.products.c.product_id.in_(product_ids))
        with self._database.begin() as connection:
            connection.execute(query)

    def files(self, product_id: str = "") -> list[tuple[str, StoredFile]]:
        """Role and file of all source files, or of those of one product's current edition."""
        query = sa.select(t.source_files)
        if product_id:
            query = _current(query, t.source_files, product_id)
        with self._database.read() as connection:
            return [
                (row.role, StoredFile(row.sha256, row.name, row.size)) for row in connection.execute(query)
            ]

    def contents(self, product_id: str) -> list[Section]:
        """The sections of the current edition in reading order, without text and blocks."""
        columns = (c for c in t.sections.c if c.name not in ("text", "blocks"))
        with self._database.read() as connection:
            rows = connection.execute(
                _current(sa.select(*columns), t.sections, product_id).order_by("ordinal")
            )
            return [section_of(row) for row in rows]

    def sections(self, product_id: str, edition_id: str = "") -> Iterator[Section]:
        """The sections of an edition (the current one, if none is named) in reading order, one at a time."""
        query = sa.select(t.sections)
        if edition_id:
            query = query.filter_by(product_id=product_id, edition_id=edition_id)
        else:
            query = _current(query, t.sections, product_id)
        with (
            self._database.read() as connection,
            connection.execution_options(yield_per=50).execute(query.order_by("ordinal")) as rows,
        ):
            for row in rows:
                yield section_of(row, row.text, row.blocks)

    def section(self, product_id: str, section_id: str) -> Section:
        """A section of any edition. Raises NotFoundError."""
        edition_id, _, ordinal = section_id.partition("-")
        query = sa.select(t.sections).filter_by(product_id=product_id, edition_id=edition_id)
        with self._database.read() as connection:
            row = (
                connection.execute(query.filter_by(ordinal=int(ordinal))).first()
                if ordinal.isdecimal() and len(ordinal) < 10
                else None
            )
        if row is None:
            raise NotFoundError(
                f"There is no section {section_id!r} of {product_id!r} in this library.",
                hint=f"`wellread show {product_id}` lists the sections of a product.",
            )
        return section_of(row, row.text, row.blocks)


def _current(query: sa.Select[Any], table: sa.Table, product_id: str) -> sa.Select[Any]:
    """Of a product's rows in a table those of its current edition."""
    current = sa.and_(
        t.products.c.product_id == table.c.product_id, t.products.c.edition_id == table.c.edition_id
    )
    return query.join(t.products, current).where(table.c.product_id == product_id)


def _put(connection: sa.Connection, edition: Edition, now: str) -> None:
    """Write the rows of an edition, in place of those that it has."""
    key = {"product_id": edition.product_id, "edition_id": edition.edition_id}
    read = {
        "fingerprint": edition.fingerprint,
        "path": edition.path,
        "reader": edition.reader,
        "warnings": list(edition.warnings),
        "read_at": now,
    }
    files = [
        {"role": role, "sha256": file.sha256, "name": file.name, "size": file.size}
        for role, file in edition.files.items()
    ]
    sections = [section_row(section) for section in edition.sections]
    for table, rows in ((t.editions, [read]), (t.source_files, files), (t.sections, sections)):
        connection.execute(sa.delete(table).filter_by(**key))
        connection.execute(sa.insert(table), [key | row for row in rows])


def _turn(product_id: str) -> str:
    return f"product {product_id}"


def _no_product(product_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no product {product_id!r} in this library.",
        hint="`wellread ls` lists the products with their ids.",
    )


def columns_of(metadata: Metadata, collection: str) -> dict[str, str]:
    """What a product's row repeats of its metadata, to be found and sorted by."""
    return {
        "collection": collection,
        "kind": metadata.kind.value,
        "title": metadata.title,
        "by_title": metadata.title.lower()[:LONGEST],
        "language": metadata.language,
    }


def _product(row: Any) -> Product:
    return Product(
        product_id=row.product_id,
        metadata=amended(_METADATA.validate_python(row.metadata), row.amendments),
        **{name: getattr(row, name) for name in ("edition_id", "format", "collection", "passages", "words")},
    )
