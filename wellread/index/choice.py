"""The passage index and the embedder that the settings name, found through their entry points."""

from importlib.metadata import entry_points
from typing import Any

from wellread.errors import BadRequestError
from wellread.index.passages import Embedder, PassageIndex
from wellread.settings import Settings


def load_embedder(settings: Settings) -> Embedder | None:
    """The embedder, None for "none". Raises BadRequestError for an unknown name, UnavailableError when its model is
    missing."""
    if settings.embedder == "none":
        return None
    embedder: Embedder = _load("wellread.embedders", settings.embedder)(settings.home / "cache")
    embedder.check()
    return embedder


async def open_index(settings: Settings, embedder: Embedder | None) -> PassageIndex:
    """Raises BadRequestError for an unknown name."""
    index: PassageIndex = await _load("wellread.indexes", settings.index).open(
        settings.home / "index", embedder
    )
    return index


def _load(group: str, name: str) -> Any:
    """The class that an entry point names. Raises BadRequestError when there is none of that name."""
    points = {point.name: point for point in entry_points(group=group)}
    if name not in points:
        raise BadRequestError(
            f"There is no {name!r} in {group}.", hint=f"Installed are {', '.join(sorted(points)) or 'none'}."
        )
    return points[name].load()
