"""The embedder that the settings name, and where it computes."""

import importlib
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint

from wellread.embedding.endpoint import endpoint
from wellread.embedding.process import ProcessorEmbedder
from wellread.entry_points import named
from wellread.errors import BadRequestError
from wellread.index.passages import Embedder
from wellread.settings import Settings

BUNDLED = "minilm"
_EMBEDDERS = "wellread.embedders"
# Of names with a slash. Loaded when they are asked for: fastembed takes half a second.
_BY_FASTEMBED = EntryPoint("fastembed", "wellread.embedding.fastembed_model", _EMBEDDERS)
_HOSTED = EntryPoint("hosted", "wellread.embedding.hosted", _EMBEDDERS)
_CPU = "CPUExecutionProvider"
_DEVICES = {
    "cpu": _CPU,
    "cuda": "CUDAExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
_ACCELERATED_BATCH = 64


def load_embedder(settings: Settings, environment: Mapping[str, str] = os.environ) -> Embedder | None:
    """The embedder, None for "none": of the entry point of that name, else, where the name has a slash, one of a
    provider (`openai/…`, `ollama/…`, `lmstudio/…`), one that fastembed knows, or a folder. Raises BadRequestError for
    an unknown name, UnavailableError when its model is missing or its provider cannot be used."""
    if settings.embedder == "none":
        return None
    embedder: Embedder
    if found := endpoint(settings, environment):
        embedder = _HOSTED.load().HostedEmbedder(found, settings.home / "cache", tries=settings.model_tries)
    elif "/" in settings.embedder:
        embedder = _BY_FASTEMBED.load().FastembedEmbedder(settings.home / "cache", settings.embedder)
    else:
        embedder = named(_EMBEDDERS, settings.embedder)(settings.home / "cache")
    embedder.check()
    return embedder


def bundled_embedder(settings: Settings) -> Embedder:
    """The one that Wellread brings. Raises UnavailableError."""
    embedder: Embedder = named(_EMBEDDERS, BUNDLED)(settings.home / "cache")
    embedder.check()
    return embedder


async def fetch_embedder(name: str, settings: Settings) -> bool:
    """Download an embedder that fastembed knows by that name; False when it knows none. Raises UnavailableError."""
    fastembed = _BY_FASTEMBED.load()
    if not fastembed.knows(name):
        return False
    await fastembed.FastembedEmbedder(settings.home / "cache", name).fetch()
    return True


def on_device(
    embedder: Embedder, device: str, installed: Sequence[str] | None = None
) -> tuple[Embedder, str]:
    """The embedder as it computes on a device, and why it is not that device, if it is not: then it is the processor.
    `installed` are the providers that ONNX Runtime has, if not those of this installation. Raises BadRequestError for a
    device that nobody knows."""
    if device not in _DEVICES:
        raise BadRequestError(
            f"The setting embedder_device is {device!r}.", hint=f"It may be {', '.join(_DEVICES)}."
        )
    if device == "cpu":
        return embedder, ""
    if not isinstance(embedder, ProcessorEmbedder):
        return embedder, f"The embedder {embedder.name} does not compute here: embedder_device is not used."
    if installed is None:
        installed = importlib.import_module("onnxruntime").get_available_providers()
    if _DEVICES[device] not in installed:
        return embedder, (
            f"This ONNX Runtime has no {device}, so vectors are made by the processor. It has "
            f"{', '.join(installed)}; `pip install onnxruntime-gpu` in its place brings cuda."
        )
    accelerated = embedder.recipe(threads=1, providers=(_DEVICES[device], _CPU))()
    accelerated.batch = _ACCELERATED_BATCH
    return accelerated, ""
