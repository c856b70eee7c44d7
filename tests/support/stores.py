"""The stores of a library that is open, opened beside it: what the engine keeps to itself."""

from pathlib import Path

from wellread.blocking import BlockingWellread
from wellread.engine import Wellread
from wellread.store.catalog.catalog import Catalog
from wellread.store.database.database import Database
from wellread.store.runs.journal import Journal
from wellread.store.runs.runs import RunStore

_MOST_OPEN = 4
_open: dict[str, Database] = {}


def database_of(library: BlockingWellread | Wellread) -> Database:
    settings = (library.library if isinstance(library, BlockingWellread) else library).settings
    place: str | Path = settings.database or settings.home / "wellread.db"
    if str(place) not in _open:
        while len(_open) >= _MOST_OPEN:
            _open.pop(next(iter(_open))).close()
        _open[str(place)] = Database.open(place)
    return _open[str(place)]


def catalog_of(library: BlockingWellread | Wellread) -> Catalog:
    return Catalog(database_of(library))


def runs_of(library: BlockingWellread | Wellread) -> RunStore:
    return RunStore(database_of(library))


def journal_of(library: BlockingWellread | Wellread) -> Journal:
    return Journal(runs_of(library), is_server=False)
