"""The embedder as a library opens it: the one of the settings, else the one that Wellread brings, else none."""

import asyncio
from typing import NamedTuple

from wellread.embedding.choice import bundled_embedder, load_embedder, on_device
from wellread.errors import UnavailableError
from wellread.index.choice import vectors_of
from wellread.index.passages import Embedder
from wellread.settings import Settings


class OpenedEmbedder(NamedTuple):
    """None with the `problem` for which search is by keyword only. `note` says why it is not the embedder or the device
    of the settings."""

    embedder: Embedder | None = None
    problem: UnavailableError | None = None
    note: str = ""


async def open_embedder(settings: Settings) -> OpenedEmbedder:
    """One that cannot be used is replaced by the bundled one where no vectors are lost by that: the index has those of
    the bundled one, or none. Raises BadRequestError for names that nobody knows."""
    try:
        chosen = await asyncio.to_thread(load_embedder, settings)
    except UnavailableError as problem:
        return await _without(settings, problem)
    if chosen is None:
        return OpenedEmbedder()
    embedder, note = await asyncio.to_thread(on_device, chosen, settings.embedder_device)
    return OpenedEmbedder(embedder, note=note)


async def _without(settings: Settings, problem: UnavailableError) -> OpenedEmbedder:
    try:
        bundled = await asyncio.to_thread(bundled_embedder, settings)
    except UnavailableError:
        return OpenedEmbedder(problem=problem)
    if await vectors_of(settings) not in ("", bundled.name):
        return OpenedEmbedder(problem=problem)
    note = (
        f"Vectors are those of {bundled.name}, not of {settings.embedder}: {problem.message} {problem.hint}"
    )
    return OpenedEmbedder(bundled, note=note)
