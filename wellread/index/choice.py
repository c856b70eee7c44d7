"""The passage index and the embedder that the settings name, found through their entry points."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from wellread.errors import BadRequestError
from wellread.index.passages import Embedder, PassageIndex
from wellread.settings import Settings

_EMBEDDERS = "wellread.embedders"
# Of every name with a slash. Loaded when it is asked for: fastembed takes half a second.
_BY_FASTEMBED = EntryPoint("fastembed", "wellread.index.fastembed_model", _EMBEDDERS)


def load_embedder(settings: Settings) -> Embedder | None:
    """The embedder, None for "none": of the entry point of that name, else, where the name has a slash, one that
    fastembed knows or a folder. Raises BadRequestError for an unknown name, UnavailableError when its model is
    missing."""
    if settings.embedder == "none":
        return None
    embedder: Embedder
    if "/" in settings.embedder:
        embedder = _BY_FASTEMBED.load().FastembedEmbedder(settings.home / "cache", settings.embedder)
    else:
        embedder = _load(_EMBEDDERS, settings.embedder)(settings.home / "cache")
    embedder.check()
    return embedder


async def fetch_embedder(name: str, settings: Settings) -> bool:
    """Download an embedder that fastembed knows by that name; False when it knows none. Raises UnavailableError."""
    fastembed = _BY_FASTEMBED.load()
    if not fastembed.knows(name):
        return False
    await fastembed.FastembedEmbedder(settings.home / "cache", name).fetch()
    return True


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
