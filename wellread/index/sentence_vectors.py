"""The vectors of a passage's sentences, as they lie beside it: int8, each with its range, in one value.

A unit vector is stored as its largest component and 127ths of it. What is lost moves a cosine by less than .002.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wellread.index.passages import Embedder, SentenceVectors, Vectors
from wellread.index.sentence_ranges import sentence_ranges

_STEPS = 127


@dataclass(frozen=True, slots=True)
class SentenceCosines:
    """How near the sentences of one passage are to a question: `ranges` of the passage's text, shape (n, 2)."""

    ranges: NDArray[np.uint32]
    cosines: NDArray[np.float32]

    @property
    def best(self) -> float:
        return float(self.cosines.max(initial=-1.0)) if self.cosines.size else float("nan")


def packed(sentences: SentenceVectors) -> bytes:
    records = np.zeros(len(sentences.ranges), _record(sentences.vectors.shape[1]))
    if sentences.ranges:
        largest = np.maximum(np.abs(sentences.vectors).max(axis=1), 1e-9)
        records["range"] = sentences.ranges
        records["largest"] = largest
        records["steps"] = np.rint(sentences.vectors / largest[:, None] * _STEPS)
    return records.tobytes()


def sentence_cosines(values: pa.LargeBinaryArray, question: Vectors) -> list[SentenceCosines | None]:
    """Of each packed value; None where there is none."""
    held = pc.fill_null(values, b"")
    record = _record(len(question))
    sizes = pc.binary_length(held).to_numpy(zero_copy_only=False) // record.itemsize
    stops = np.cumsum(sizes)
    records = np.frombuffer(b"".join(held.to_pylist()), record)
    cosines = (records["steps"].astype(np.float32) @ question) * records["largest"] / _STEPS
    return [
        SentenceCosines(records["range"][start:stop], cosines[start:stop]) if known else None
        for known, start, stop in zip(values.is_valid().to_pylist(), stops - sizes, stops, strict=True)
    ]


def embedded_sentences(texts: Sequence[str], embedder: Embedder) -> list[SentenceVectors]:
    """The sentences of each text with their vectors, embedded together: texts of like length are fastest so."""
    ranges = [sentence_ranges(text) for text in texts]
    sentences = [text[start:end] for text, some in zip(texts, ranges, strict=True) for start, end in some]
    vectors = embedder.embed_passages(sentences)
    stops = np.cumsum([len(some) for some in ranges])
    return [
        SentenceVectors(some, vectors[stop - len(some) : stop])
        for some, stop in zip(ranges, stops, strict=True)
    ]


def _record(dimensions: int) -> np.dtype[np.void]:
    return np.dtype([("range", "<u4", (2,)), ("largest", "<f4"), ("steps", "i1", (dimensions,))])
