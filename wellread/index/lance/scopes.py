"""What is known about the rows of a search before they are read: how many they are, and in which languages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow.compute as pc
from lancedb.table import AsyncTable

from wellread.index.lance.table import SENTENCES, VECTOR, VECTOR_INDEX, among, chunks
from wellread.index.passages import PassageQuery

_NAMES = 500  # products in one condition


@dataclass(frozen=True, slots=True)
class SearchScope:
    rows: int
    languages: frozenset[str]

    @classmethod
    def joined(cls, scopes: Iterable["SearchScope"]) -> "SearchScope":
        parts = list(scopes)
        return cls(sum(part.rows for part in parts), frozenset().union(*(part.languages for part in parts)))


@dataclass(frozen=True, slots=True)
class CellPlan:
    """What a cell searches: titles (none: everything), the languages of their rows, and their number."""

    titles: tuple[str, ...]
    languages: frozenset[str]
    rows: int


@dataclass(slots=True)
class TableVersion:
    """What is known of a version of the table: of the products asked for so far (no rows: not in it), and of
    everything."""

    number: int = -1
    products: dict[str, SearchScope] = field(default_factory=dict)
    complete: bool = False  # every product of the table is among `products`
    whole: SearchScope | None = None
    has_vectors: bool = False
    has_sentences: bool = False
    has_vector_index: bool = False

    def plan(self, cell: PassageQuery) -> CellPlan:
        held = self.products
        titles = tuple(dict.fromkeys(name for name in cell.product_ids if name in held and held[name].rows))
        if (cell.product_ids and not titles) or not cell.question.strip() or cell.limit < 1:
            return CellPlan((), frozenset(), 0)
        meant = SearchScope.joined(held[name] for name in titles) if titles else self.whole
        assert meant  # was looked up for a cell without titles
        if not titles and self.complete:
            titles = tuple(name for name, scope in held.items() if scope.rows)
        return CellPlan(titles, meant.languages, meant.rows)

    def is_everything(self, products: Sequence[str]) -> bool:
        """Whether these are all products of the table."""
        return self.complete and len(products) == sum(scope.rows > 0 for scope in self.products.values())


class Scopes:
    """Looks at `table`, and remembers its last version. A table of at most `few_rows` is looked at whole."""

    def __init__(self, table: AsyncTable, few_rows: int) -> None:
        self._table = table
        self._few_rows = few_rows
        self._known = TableVersion()
        self._languages: frozenset[str] = frozenset()

    async def newest(self, cells: Sequence[PassageQuery]) -> TableVersion:
        """What the cells need to know of the newest version, at which the table stays from now on."""
        await self._table.checkout_latest()  # type: ignore[no-untyped-call]
        number = await self._table.version()
        known = self._known if self._known.number == number else await self._looked_at(number)
        names = {name for cell in cells for name in cell.product_ids} - known.products.keys()
        everything = any(not cell.product_ids for cell in cells) and known.whole is None
        rows = await self._table.count_rows() if everything else 0
        if everything and rows <= self._few_rows:
            known.products = await self._counted("")
            known.complete = True
            known.whole = SearchScope.joined(known.products.values())
        elif everything:
            known.whole = SearchScope(rows, await self._every_language())
        if names and not known.complete:
            for some in chunks(sorted(names), _NAMES):
                absent = dict.fromkeys(some, SearchScope(0, frozenset()))
                known.products |= absent | await self._counted(among("product_id", some))
        self._known = known
        return known

    async def _looked_at(self, number: int) -> TableVersion:
        columns = (await self._table.schema()).names
        indexes = {index.name for index in await self._table.list_indices()}
        return TableVersion(
            number,
            has_vectors=VECTOR in columns,
            has_sentences=SENTENCES in columns,
            has_vector_index=VECTOR_INDEX in indexes,
        )

    async def _counted(self, where: str) -> dict[str, SearchScope]:
        query = self._table.query().select(["product_id", "language"])
        rows = await (query.where(where) if where else query).to_arrow()
        scopes: dict[str, SearchScope] = {}
        for row in rows.group_by(["product_id", "language"]).aggregate([([], "count_all")]).to_pylist():
            of_language = SearchScope(row["count_all"], frozenset([row["language"]]))
            product = row["product_id"]
            known = scopes.get(product)
            scopes[product] = SearchScope.joined([known, of_language]) if known else of_language
        return scopes

    async def _every_language(self) -> frozenset[str]:
        """Those of all rows, perhaps with some of rows that are gone: looked for anew when a row has another."""
        known = self._languages
        if not known or await self._table.count_rows(f"NOT ({among('language', sorted(known))})"):
            found = await self._table.query().select(["language"]).to_arrow()
            self._languages = known = frozenset(pc.unique(found["language"]).to_pylist())
        return known
