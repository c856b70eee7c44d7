"""The passage index that the settings name, found through its entry point, and whose vectors are in it."""

import importlib

from wellread.entry_points import named
from wellread.index.passages import Embedder, PassageIndex
from wellread.settings import Settings

_INDEXES = "wellread.indexes"


async def open_index(settings: Settings, embedder: Embedder | None) -> PassageIndex:
    """Raises BadRequestError for an unknown name."""
    index: PassageIndex = await named(_INDEXES, settings.index).open(settings.home / "index", embedder)
    return index


async def vectors_of(settings: Settings) -> str | None:
    """The name of the embedder whose vectors the index has, "" where it has none yet, None when it cannot be told.
    Nothing is written."""
    if settings.index != "lancedb":
        return None
    if not (settings.home / "index").is_dir():
        return ""
    # It takes long to import, and few need it.
    name: str | None = await importlib.import_module("wellread.index.lance.embedder").made_by(
        settings.home / "index"
    )
    return name
