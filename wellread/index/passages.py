"""What a search engine of passages must do: the seam behind which LanceDB (and others) stand."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from wellread.content import Passage

Vectors = NDArray[np.float32]  # shape (n, dimensions), rows of unit length


@dataclass(frozen=True, slots=True)
class Cell:
    """One search: a question inside one title. No `product_id`: inside the titles in `product_ids`, or, when
    that is empty too, in the whole index."""

    question: str
    product_ids: tuple[str, ...] = ()
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `keyword` is its BM25 score (0 when it was not a keyword hit), `cosine` −1 to 1 (None
    without a vector), `score` what it was ranked by, `relevance` 0 to 1 as described in index.relevance."""

    passage: Passage
    score: float
    relevance: float
    keyword: float
    cosine: float | None


class Embedder(Protocol):
    """Turns text into unit vectors. Entry point group `wellread.embedders`."""

    name: ClassVar[str]
    dimensions: int

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...
    def embed_questions(self, texts: Sequence[str]) -> Vectors: ...


class PassageIndex(Protocol):
    """Keyword and vector search over passages. Rows are derived data, keyed by passage id."""

    async def put(self, passages: Sequence[Passage]) -> None:
        """Make passages searchable by keyword at once. Putting one again changes nothing."""
        ...

    async def without_vectors(self, batch: int) -> AsyncIterator[Sequence[Passage]]:
        """The passages that still wait for a vector, `batch` at a time."""
        ...

    async def put_vectors(self, passage_ids: Sequence[str], vectors: Vectors) -> None: ...

    async def keep_only(self, product_id: str, passage_ids: Sequence[str]) -> None:
        """Remove every row of a product that is not among `passage_ids` (all of them, if that is empty)."""
        ...

    async def search(self, cells: Sequence[Cell]) -> list[list[Hit]]:
        """For each cell its hits, best first."""
        ...
