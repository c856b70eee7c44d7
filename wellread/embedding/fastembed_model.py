"""Any embedder that fastembed runs: one that it knows by name, fetched when that is asked for, or a folder of files."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType
from tokenizers import Tokenizer
from tokenizers.models import WordPiece

from wellread.errors import BadRequestError, UnavailableError
from wellread.index.fragmentation import encodable, fragmentation
from wellread.index.passages import Vectors

_FILES = ("model.onnx", "onnx/model.onnx", "model_optimized.onnx", "model_quantized.onnx")
_ONE_LANGUAGE = 60_000  # word pieces; those who were taught more languages have more


class FastembedEmbedder:
    """`model` is a name that fastembed knows, or a folder with an ONNX model and its tokenizer as the hub has them.

    Nothing is downloaded but by `fetch`. The model is loaded at the first call, which may come from any thread; a call
    raises UnavailableError when it is not there. Raises BadRequestError for a name that nothing has.
    """

    def __init__(
        self,
        cache: Path,
        model: str,
        *,
        threads: int = 1,
        batch: int = 1,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> None:
        self.batch = batch  # texts of like length that are read together
        self._opened_as = (cache, model)
        self._threads = threads
        self._providers = tuple(providers)
        self._cache = cache / "fastembed"
        self._loaded: TextEmbedding | None = None
        self._loading = threading.Lock()
        folder = Path(model).expanduser()
        if folder.is_dir():
            self._model = _registered(folder)
            self._folder: str | None = str(folder)
            self.name = f"{folder.name}-{(folder / _model_file(folder)).stat().st_size}"
        else:
            self._model, self._folder = _known(model), None
            self.name = self._model
        self.dimensions: int = TextEmbedding.get_embedding_size(self._model)
        prefixed = "e5" in self.name.lower()  # these were taught with a word in front of each text
        self._of_question, self._of_passage = ("query: ", "passage: ") if prefixed else ("", "")

    @property
    def memory_mb(self) -> int:
        """Libraries, and the model with as much again for what is computed."""
        if self._folder:
            size = (Path(self._folder) / _model_file(Path(self._folder))).stat().st_size >> 20
        else:
            known = next(one for one in TextEmbedding.list_supported_models() if one["model"] == self._model)
            size = int(known["size_in_GB"] * 1024)
        return 256 + 2 * size

    @property
    def accelerated(self) -> bool:
        return self._providers[0] != "CPUExecutionProvider"

    def recipe(self, *, threads: int, providers: Sequence[str] = ()) -> Callable[[], "FastembedEmbedder"]:
        """What makes another one like this, also in another process."""
        return partial(
            FastembedEmbedder,
            *self._opened_as,
            threads=threads,
            providers=tuple(providers) or self._providers,
        )

    def check(self) -> None:
        """Raises UnavailableError when the model is not there or cannot be loaded."""
        self._embedding()

    async def fetch(self) -> None:
        """Download the model, with a bar on standard error, unless it is there. Raises UnavailableError."""
        await asyncio.to_thread(self._open, local=False)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embedded([self._of_passage + text for text in texts])

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embedded([self._of_question + text for text in texts])

    def fragmentation(self, text: str) -> float:
        """0 for a model whose word pieces are those of many languages: it was taught them."""
        tokenizer = self._tokenizer()
        taught_one = isinstance(tokenizer.model, WordPiece) and tokenizer.get_vocab_size() < _ONE_LANGUAGE
        return fragmentation(tokenizer, text) if taught_one else 0.0

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if order:
            found = self._embedding().embed(
                [encodable(texts[index]) for index in order], batch_size=self.batch
            )
            vectors[order] = list(found)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, np.float32(1e-9))
        return unit

    def _tokenizer(self) -> Tokenizer:
        tokenizer = self._embedding().model.tokenizer  # type: ignore[attr-defined]  # of every kind that has one
        assert isinstance(tokenizer, Tokenizer)
        return tokenizer

    def _embedding(self) -> TextEmbedding:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._open(local=True)
            return self._loaded

    def _open(self, *, local: bool) -> TextEmbedding:
        self._cache.mkdir(parents=True, exist_ok=True)
        try:
            return TextEmbedding(
                self._model,
                cache_dir=str(self._cache),
                local_files_only=local,
                specific_model_path=self._folder,
                threads=self._threads,
                providers=list(self._providers),
            )
        except Exception as error:
            if self._folder:
                what, hint = (
                    "cannot be loaded",
                    "Its folder needs model.onnx, tokenizer.json and config.json.",
                )
            elif local:
                what = "is not here, so only keyword search works"
                hint = f"`wellread models pull {self._model}` fetches it."
            else:
                what, hint = "cannot be fetched", "Check the network (HF_ENDPOINT, HF_HUB_OFFLINE)."
            raise UnavailableError(f"The embedder {self.name} {what}: {error}", hint=hint) from error


def knows(name: str) -> bool:
    """Whether fastembed has a model of this name."""
    return any(name.lower() == known.lower() for known in _names())


def _names() -> list[str]:
    return [known["model"] for known in TextEmbedding.list_supported_models()]


def _known(name: str) -> str:
    for known in _names():
        if known.lower() == name.lower():
            return known
    raise BadRequestError(
        f"fastembed knows no embedder {name!r}, and it is no folder.", hint=f"It knows {', '.join(_names())}."
    )


def _registered(folder: Path) -> str:
    """The name by which fastembed knows the model in a folder from now on: it pools as the folder says (else by the
    mean)."""
    name = str(folder.absolute())
    if not knows(name):
        file = _model_file(folder)
        config = _json(folder / "config.json")
        pooling = _json(folder / "1_Pooling" / "config.json", optional=True)
        TextEmbedding.add_custom_model(
            name,
            pooling=PoolingType.CLS if pooling.get("pooling_mode_cls_token") else PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(url=folder.absolute().as_uri()),
            dim=int(config["hidden_size"]),
            model_file=file,
        )
    return name


def _model_file(folder: Path) -> str:
    for name in _FILES:
        if (folder / name).is_file():
            return name
    raise UnavailableError(
        f"The folder {folder} has no ONNX model.", hint=f"Looked for were {', '.join(_FILES)}."
    )


def _json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    if optional and not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnavailableError(
            f"{path} cannot be read: {error}", hint="Copy the model's folder again."
        ) from error
    return found
