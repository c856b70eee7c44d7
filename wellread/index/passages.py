"""What a search engine of passages must do: the seam behind which LanceDB (and others) stand."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wellread.content import Passage

Vectors = NDArray[np.float32]  # shape (n, dimensions), rows of unit length


@dataclass(frozen=True, slots=True)
class PassageQuery:
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


@dataclass(frozen=True, slots=True)
class IndexStats:
    rows: int
    without_vectors: int
    size: int  # bytes on disk


def text_to_embed(passage: Passage) -> str:
    """What stands for a passage before the embedder: its heading, then its text."""
    return f"{passage.heading}\n{passage.text}" if passage.heading else passage.text


class Embedder(Protocol):
    """Turns text into unit vectors. Entry point group `wellread.embedders`.

    Vectors of different embedders are not compared: an index that was made with an embedder of another
    `name` or `dimensions` forgets its vectors.
    """

    dimensions: int

    @property
    def name(self) -> str: ...

    def check(self) -> None:
        """Raises UnavailableError, with a hint, when the model it needs is not there."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...
    def embed_questions(self, texts: Sequence[str]) -> Vectors: ...

    def fragmentation(self, text: str) -> float:
        """How foreign the text is to the model, 0 to 1: the share of what its tokenizer makes of it that is
        not whole words. 0 for a model that was taught all languages, or when that cannot be told."""
        ...


class PassageIndex(Protocol):
    """Keyword and vector search over passages. Rows are derived data, keyed by passage id."""

    async def put(self, passages: Sequence[Passage]) -> None:
        """Make passages searchable by keyword at once. Putting one again changes nothing; one of a known id that
        differs replaces what is there, and waits for a vector anew when its text or heading is another."""
        ...

    def without_vectors(self, batch: int) -> AsyncIterator[Sequence[Passage]]:
        """The passages that still wait for a vector, `batch` at a time (an async generator)."""
        ...

    async def has_waiting(self) -> bool:
        """Whether `without_vectors` would give any. Cheap enough to ask after every answer."""
        ...

    async def waiting(self, product_ids: Collection[str]) -> int:
        """How many passages of these products `without_vectors` would give."""
        ...

    async def put_vectors(self, passage_ids: Sequence[str], vectors: Vectors) -> None: ...

    async def keep_only(self, product_id: str, passage_ids: Sequence[str]) -> None:
        """Remove every row of a product that is not among `passage_ids` (all of them, if that is empty)."""
        ...

    async def stats(self) -> IndexStats: ...

    async def count(self) -> int:
        """The number of rows."""
        ...

    async def products(self) -> dict[str, int]:
        """The number of rows of each product that has any."""
        ...

    async def close(self) -> None: ...

    async def search(self, cells: Sequence[PassageQuery]) -> list[list[Hit]]:
        """For each cell its hits, best first."""
        ...
