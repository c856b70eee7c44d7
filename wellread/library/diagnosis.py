"""How a library is: what it holds, what waits, and what of it is lost or damaged."""

from dataclasses import dataclass

from wellread.index.passages import IndexStats
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.source_files import FileStore
from wellread.store.database.database import Database


@dataclass(frozen=True, slots=True)
class Diagnosis:
    place: str  # of the database, for people
    integrity: str  # of the database: "ok", or what is wrong
    index: IndexStats
    products: int
    source_files: int
    to_index: int  # products that wait to be indexed
    is_in_step: bool  # whether index and catalog hold the same passages
    missing: tuple[str, ...]  # names of source files
    damaged: tuple[str, ...]  # as far as their bytes were read


def diagnose(
    catalog: Catalog, files: FileStore, database: Database, index: IndexStats, *, full: bool
) -> Diagnosis:
    """With `full` every source file is read and checked against its hash."""
    stored = [file for _, file in catalog.files()]
    missing = [file for file in stored if not files.path(file.sha256).exists()]
    damaged = [file for file in stored if full and file not in missing and files.damaged(file.sha256)]
    return Diagnosis(
        place=database.place,
        integrity=database.check(),
        index=index,
        products=catalog.count(),
        source_files=len(stored),
        to_index=len(catalog.to_index()),
        is_in_step=index.rows == catalog.passages(),
        missing=tuple(file.name for file in missing),
        damaged=tuple(file.name for file in damaged),
    )
