"""Suggestions: questions that were tried in advance and that their titles answer well."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wellread.store.database import tables as t
from wellread.store.database.database import Database


@dataclass(frozen=True, slots=True)
class CitedTitle:
    """A title that a suggestion is asked of, as it was read when that was tried, and the ids of the sections that the
    answer cites."""

    product_id: str
    edition_id: str
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to be asked of `titles` and of no others. `score` is how well they answer it, 0 to 1, and one more
    where a person wrote it."""

    question: str
    titles: tuple[CitedTitle, ...]
    score: float

    @property
    def product_ids(self) -> tuple[str, ...]:
        return tuple(title.product_id for title in self.titles)


class SuggestionStore:
    """What is suggested of the titles as they are now: a suggestion of an earlier edition does not count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, product_id: str, edition_id: str, suggestions: Sequence[Suggestion]) -> None:
        """Replace all suggestions that a product has a part in, and mark that edition as tried. Those of which a title
        has been removed or replaced meanwhile are left out."""
        with self._database.begin(turn=f"product {product_id}") as connection:
            self.remove(connection, product_id)
            columns = t.products.c
            ids = {title for suggestion in suggestions for title in suggestion.product_ids} | {product_id}
            query = sa.select(columns.product_id, columns.edition_id).where(columns.product_id.in_(ids))
            present = {(row.product_id, row.edition_id) for row in connection.execute(query)}
            for suggestion in suggestions:
                if {(title.product_id, title.edition_id) for title in suggestion.titles} <= present:
                    _insert(connection, suggestion)
            connection.execute(
                sa.update(t.products)
                .filter_by(product_id=product_id, edition_id=edition_id)
                .values(suggested=edition_id)
            )

    def remove(self, connection: sa.Connection, product_id: str) -> None:
        """Take all out that a product has a part in, within the caller's transaction."""
        links = t.suggestion_titles
        ids = list(connection.scalars(sa.select(links.c.suggestion_id).filter_by(product_id=product_id)))
        for table in (links, t.suggestions):
            connection.execute(sa.delete(table).where(table.c.suggestion_id.in_(ids)))

    def untried(self, limit: int) -> list[str]:
        """Products whose current edition is indexed and of which no questions were tried yet, the latest first."""
        columns = t.products.c
        query = (
            sa.select(columns.product_id)
            .where(columns.suggested != columns.edition_id, columns.indexed == columns.edition_id)
            .order_by(columns.added_at.desc(), columns.product_id)
        )
        with self._database.read() as connection:
            return list(connection.scalars(query.limit(limit)))

    def tried(self, product_ids: Collection[str]) -> set[str]:
        """Those of the products whose current edition was tried."""
        columns = t.products.c
        query = sa.select(columns.product_id).where(
            columns.product_id.in_(product_ids), columns.suggested == columns.edition_id
        )
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def best(self, limit: int) -> list[Suggestion]:
        """Of the whole library, the best first."""
        return self._found(sa.select(t.suggestions), limit)

    def of(self, product_ids: Collection[str], limit: int) -> list[Suggestion]:
        """Those in which any of the products has a part, the best first."""
        links = t.suggestion_titles.c
        ids = sa.select(links.suggestion_id).where(links.product_id.in_(product_ids))
        return self._found(sa.select(t.suggestions).where(t.suggestions.c.suggestion_id.in_(ids)), limit)

    def _found(self, query: sa.Select[tuple[str, str, float]], limit: int) -> list[Suggestion]:
        links, products, columns = t.suggestion_titles, t.products.c, t.suggestions.c
        current = sa.exists().where(
            products.product_id == links.c.product_id, products.edition_id == links.c.edition_id
        )
        outdated = sa.exists().where(links.c.suggestion_id == columns.suggestion_id, ~current)
        ranked = query.where(~outdated).order_by(columns.score.desc(), columns.suggestion_id).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(ranked).all()
            titles: dict[str, list[CitedTitle]] = {row.suggestion_id: [] for row in rows}
            held = sa.select(links).where(links.c.suggestion_id.in_(titles)).order_by(links.c.product_id)
            for link in connection.execute(held):
                titles[link.suggestion_id].append(
                    CitedTitle(link.product_id, link.edition_id, tuple(link.sections))
                )
        return [Suggestion(row.question, tuple(titles[row.suggestion_id]), row.score) for row in rows]


def _insert(connection: sa.Connection, suggestion: Suggestion) -> None:
    suggestion_id = uuid.uuid4().hex
    connection.execute(
        sa.insert(t.suggestions).values(
            suggestion_id=suggestion_id, question=suggestion.question, score=suggestion.score
        )
    )
    rows = [
        {
            "suggestion_id": suggestion_id,
            "product_id": title.product_id,
            "edition_id": title.edition_id,
            "sections": list(title.sections),
        }
        for title in suggestion.titles
    ]
    connection.execute(sa.insert(t.suggestion_titles), rows)
