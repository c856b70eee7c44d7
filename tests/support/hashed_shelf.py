"""Four small titles for tests of the index, and a small true embedder."""

import hashlib
from collections.abc import Sequence

import numpy as np

from wellread.content import Passage
from wellread.index.lance.index import LanceIndex
from wellread.index.passages import Vectors, text_to_embed
from wellread.index.sentence_vectors import embedded_sentences

TOPICS = {
    "bees": ("The hive raises a queen when the colony prepares to swarm in spring.", "Swarming"),
    "bread": (
        "A sourdough starter ferments the flour; the oven must be hot before baking.",
        "The first loaf",
    ),
    "sails": ("The skipper trims the mainsail when the wind freshens on the beam.", "Trim"),
    "roses": ("Prune the roses late in winter, above an outward facing bud.", "Pruning"),
}


class HashingEmbedder:
    """A small true embedder: letter trigrams hashed into a unit vector."""

    name = "hashing"

    def __init__(self, dimensions: int = 64) -> None:
        self.dimensions = dimensions

    def check(self) -> None: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            padded = f"  {text.lower()}  "
            for start in range(len(padded) - 2):
                digest = hashlib.blake2b(
                    padded[start : start + 3].encode("utf-8", "replace"), digest_size=4
                ).digest()
                vectors[row, int.from_bytes(digest) % self.dimensions] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self.embed_passages(texts)

    def fragmentation(self, text: str) -> float:
        return 0.1


def passage(number: int, product: str, text: str = "", heading: str = "", language: str = "en") -> Passage:
    topic, title = TOPICS.get(product, ("", ""))
    text = text or f"{topic} Note {number}."
    return Passage(
        f"{product}-{number}", product, f"s{number // 4}", 0, len(text), text, heading or title, language
    )


def shelf(size: int = 6) -> list[Passage]:
    return [passage(number, product) for product in TOPICS for number in range(size)]


async def embed(index: LanceIndex, embedder: HashingEmbedder, batch: int = 7) -> int:
    done = 0
    async for waiting in index.without_vectors(batch):
        vectors = embedder.embed_passages([text_to_embed(row) for row in waiting])
        await index.put_vectors([row.passage_id for row in waiting], vectors)
        done += len(waiting)
    async for waiting in index.without_sentence_vectors(batch):
        sentences = embedded_sentences(waiting, embedder)
        await index.put_sentence_vectors([row.passage_id for row in waiting], sentences)
    return done
