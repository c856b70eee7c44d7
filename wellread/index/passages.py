"""What a search engine of passages must do: the seam behind which LanceDB (and others) stand."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

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


class TellingRange(NamedTuple):
    """A sentence of a passage by its code points, and how much it tells of what was asked, 0 to 1."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `keyword` is its BM25 score (0 when it was not a keyword hit), `cosine` −1 to 1 (None
    without a vector; half of it is the best sentence's when sentences have vectors), `score` what it was ranked by,
    `relevance` 0 to 1 as described in index.relevance. `telling` are its sentences that tell most, best first:
    ranges of `passage.text`."""

    passage: Passage
    score: float
    relevance: float
    keyword: float
    cosine: float | None
    telling: tuple[TellingRange, ...]


@dataclass(frozen=True, slots=True)
class IndexStats:
    rows: int
    without_vectors: int
    without_sentence_vectors: int  # passages: of their sentences
    size: int  # bytes on disk
    parts: int  # of the keyword index: what is added stands beside the rest until enough has gathered
    by_vector_index: int  # rows; the vectors of the others are compared one by one


@dataclass(frozen=True, slots=True)
class Recall:
    """What the vector index finds of the true best, 0 to 1, for questions that were asked both ways."""

    questions: int
    at_10: float


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Sentences of one passage: `ranges` of its text, a unit vector for each, and where its terms stand among those
    of the passage (see text.terms; nothing where they cannot be told apart)."""

    ranges: list[tuple[int, int]]
    vectors: Vectors
    term_ranges: list[tuple[int, int]]


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

    def without_vectors(self, batch: int) -> AsyncGenerator[Sequence[Passage]]:
        """The passages that still wait for a vector, `batch` at a time (an async generator)."""
        ...

    def without_sentence_vectors(self, batch: int) -> AsyncGenerator[Sequence[Passage]]:
        """The passages with a vector whose sentences still wait for theirs, as `without_vectors`."""
        ...

    async def has_waiting(self) -> bool:
        """Whether any of the two would give any. Cheap enough to ask after every answer."""
        ...

    async def waiting(self, product_ids: Collection[str]) -> int:
        """How many passages of these products `without_vectors` would give."""
        ...

    async def put_vectors(self, passage_ids: Sequence[str], vectors: Vectors) -> None: ...

    async def put_sentence_vectors(
        self, passage_ids: Sequence[str], sentences: Sequence[SentenceVectors]
    ) -> None: ...

    async def keep_only(self, product_id: str, passage_ids: Sequence[str]) -> None:
        """Remove every row of a product that is not among `passage_ids` (all of them, if that is empty)."""
        ...

    async def stats(self) -> IndexStats: ...

    async def recall(self, questions: int) -> Recall | None:
        """How well the vector index finds what comparing each vector finds, by so many sentences of the passages
        themselves; None when there is no vector index."""
        ...

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

    async def absent(self, question: str, product_ids: Sequence[str] = ()) -> tuple[str, ...]:
        """The words of a question, as typed, that no passage of these titles (none given: of the whole index) has
        in any form. Words too common to find anything by are passed over, as are those of writing without spaces."""
        ...
