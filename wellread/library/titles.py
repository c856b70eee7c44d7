"""What a library knows of its titles, for those who show or list them: metadata, contents, files, what was asked."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from wellread.content import Product, Section
from wellread.library.naming.mentions import Naming
from wellread.library.offered_questions import OfferedQuestion, to_begin_with, to_go_on
from wellread.library.scope import named
from wellread.library.suggestions import offered_titles
from wellread.store.catalog.amendments import edited
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.editions import EditionEntry, editions_of
from wellread.store.catalog.facets import Facet, FacetValue
from wellread.store.catalog.outline import Occurrence, OutlineEntry, occurrences, outline, starts
from wellread.store.catalog.product_query import Listing, id_pages
from wellread.store.catalog.source_files import FileStore, StoredFile
from wellread.store.database.database import Database
from wellread.store.runs.questions_about import AskedQuestion, questions_on

_PAGE = 200  # products


class Titles:
    """Reads only, and waits for the database: not for the event loop. Raises NotFoundError for a product or section
    that is not there."""

    def __init__(self, catalog: Catalog, files: FileStore, database: Database) -> None:
        self._catalog = catalog
        self._files = files
        self._database = database

    # Products

    def count(self) -> int:
        return self._catalog.count()

    def product(self, product_id: str) -> Product:
        return self._catalog.product(product_id)

    def by_id(self, product_ids: Sequence[str]) -> dict[str, Product]:
        """Those of them that are there."""
        return self._catalog.products_by_id(product_ids)

    def pages(
        self, *, collection: str = "", offset: int = 0, limit: int | None = None
    ) -> Iterator[list[Product]]:
        """The products of a collection, or all, by title and some hundreds at a time: the first are there at once,
        however many there are."""
        for ids in id_pages(self._database, collection, offset, limit, _PAGE):
            found = self._catalog.products_by_id(ids)
            yield [found[product_id] for product_id in ids if product_id in found]

    def page(self, listing: Listing, *, offset: int = 0, limit: int = 50) -> tuple[int, list[Product]]:
        """How many a listing has, and a part of it."""
        return self._catalog.page(listing, offset=offset, limit=limit)

    def facets(self, listing: Listing, *, limit: int = 20) -> dict[Facet, list[FacetValue]]:
        """The values by which a listing can be narrowed, the commonest first."""
        return self._catalog.counts(listing, limit=limit)

    def named(self, question: str) -> Naming:
        """Those that a question names."""
        return named(self._catalog, question)

    def offered(self, typed: str) -> list[Product]:
        """Those whose words begin to stand in a question that is being typed."""
        return offered_titles(self._catalog, typed)

    def to_begin_with(self) -> list[OfferedQuestion]:
        """Questions that the library answers well."""
        return to_begin_with(self._catalog)

    def to_go_on(self, asked: Sequence[str], anchors: Sequence[str]) -> list[OfferedQuestion]:
        """Those that are near to what was asked and to the places that the answer cites."""
        return to_go_on(self._catalog, asked, anchors)

    def are_tried(self, product_ids: Collection[str]) -> bool:
        """Whether questions were tried of those of the products that are there."""
        return self._catalog.products_by_id(list(product_ids)).keys() <= self._catalog.suggestions.tried(
            product_ids
        )

    # One of them

    def edited(self, product: Product) -> list[str]:
        """What a person said of it in place of what its files say."""
        return edited(product.metadata, self._catalog.as_read(product.product_id))

    def warnings(self, product: Product) -> list[str]:
        """What could not be read of it."""
        return self._catalog.warnings(product.product_id, product.edition_id)

    def editions(self, product_id: str) -> list[EditionEntry]:
        return editions_of(self._database, product_id)

    def questions(self, product_id: str, caller: str, *, limit: int) -> list[AskedQuestion]:
        """What the caller asked of it, the latest first."""
        return questions_on(self._database, product_id, caller, limit=limit)

    def files(self, product_id: str) -> list[tuple[str, StoredFile]]:
        """The files that it was read from, by role, there or not."""
        return self._catalog.files(product_id)

    def path(self, file: StoredFile) -> Path:
        """Where the bytes of a file are, if they are not lost."""
        return self._files.path(file.sha256)

    # Its text

    def contents(self, product_id: str) -> list[Section]:
        """Its sections in reading order, without their text."""
        return self._catalog.contents(product_id)

    def outline(self, product_id: str) -> list[OutlineEntry]:
        """Its table of contents, with how much text each entry has."""
        return outline(self._database, product_id)

    def starts(self, product_id: str) -> dict[str, int]:
        """When each section of a recording begins, in milliseconds, by its id; of those in which something is said."""
        return starts(self._database, product_id)

    def sections(self, product_id: str) -> Iterator[Section]:
        return self._catalog.sections(product_id)

    def section(self, product_id: str, section_id: str) -> Section:
        """A section of the present edition or an earlier one."""
        return self._catalog.section(product_id, section_id)

    def occurrences(self, product_id: str, query: str, *, limit: int) -> tuple[list[Occurrence], bool]:
        """Where words stand as they are typed, and whether there are more places than `limit`."""
        return occurrences(self._database, product_id, query, limit=limit)
