"""The vectors of a passage's sentences, as they lie beside it: int8, each with its range, in one value.

A unit vector is stored as its largest component and 127ths of it. What is lost moves a cosine by less than .002.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wellread.content import Passage
from wellread.index.passages import Embedder, SentenceVectors, Vectors
from wellread.index.sentence_ranges import sentence_ranges
from wellread.text.terms import language_of, passage_terms

_STEPS = 127


@dataclass(frozen=True, slots=True)
class SentenceCosines:
    """How near the sentences of one passage are to a question: `ranges` of the passage's text, shape (n, 2), and
    `term_ranges` as in SentenceVectors, 0 where they are unknown."""

    ranges: NDArray[np.uint32]
    term_ranges: NDArray[np.uint32]
    cosines: NDArray[np.float32]

    @property
    def best(self) -> float:
        return float(self.cosines.max(initial=-1.0)) if self.cosines.size else float("nan")


def packed(sentences: SentenceVectors) -> bytes:
    records = np.zeros(len(sentences.ranges), _record(sentences.vectors.shape[1]))
    if sentences.ranges:
        largest = np.maximum(np.abs(sentences.vectors).max(axis=1), 1e-9)
        records["range"] = sentences.ranges
        records["terms"] = sentences.term_ranges or 0
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
    steps = records["steps"].astype(np.float32)
    cosines = np.einsum("ij,j->i", steps, question) * records["largest"] / _STEPS
    ranges, terms = records["range"], records["terms"]
    return [
        SentenceCosines(ranges[start:stop], terms[start:stop], cosines[start:stop]) if known else None
        for known, start, stop in zip(values.is_valid().to_pylist(), stops - sizes, stops, strict=True)
    ]


def first_sentences(values: pa.LargeBinaryArray, dimensions: int) -> list[Vectors]:
    """The vector of the first sentence of each packed value that has one."""
    record = _record(dimensions)
    records = [np.frombuffer(value, record, 1)[0] for value in values.to_pylist() if value]
    return [(one["steps"] * (one["largest"] / _STEPS)).astype(np.float32) for one in records]


def embedded_sentences(passages: Sequence[Passage], embedder: Embedder) -> list[SentenceVectors]:
    """The sentences of each passage with their vectors, embedded together: texts of like length are fastest so."""
    ranges = [sentence_ranges(passage.text) for passage in passages]
    cut = list(zip(passages, ranges, strict=True))
    vectors = embedder.embed_passages([one.text[start:end] for one, some in cut for start, end in some])
    stops = np.cumsum([len(some) for some in ranges])
    return [
        SentenceVectors(some, vectors[stop - len(some) : stop], _term_ranges(passage, some))
        for (passage, some), stop in zip(cut, stops, strict=True)
    ]


def _term_ranges(passage: Passage, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Empty when the terms of the sentences are not, one after the other, those of the passage: a word was made of
    parts of the text."""
    language = passage.language or language_of(passage.text)
    terms = passage_terms("", passage.heading, language)
    found = []
    for start, end in ranges:
        before = len(terms)
        terms += passage_terms(passage.text[start:end], "", language)
        found.append((before, len(terms)))
    return found if terms == passage_terms(passage.text, passage.heading, passage.language) else []


def _record(dimensions: int) -> np.dtype[np.void]:
    columns = [
        ("range", "<u4", (2,)),
        ("terms", "<u4", (2,)),
        ("largest", "<f4"),
        ("steps", "i1", (dimensions,)),
    ]
    return np.dtype(columns)
