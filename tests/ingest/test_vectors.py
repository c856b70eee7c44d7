"""Passages of a window are embedded together: what stands twice once, and the next before this one is written."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from support.tiny_embedder import TinyEmbedder, vector_of

from wellread.content import Passage
from wellread.embedding.queue import EmbeddingQueue, InProcess
from wellread.errors import UnavailableError
from wellread.import_events import VectorsMade
from wellread.index.lance.index import LanceIndex
from wellread.index.passages import text_to_embed
from wellread.ingest.vectors import embed

SAME = "This page intentionally tells the same. Every book has it, and so has this one."


def passage(number: int, text: str = "") -> Passage:
    text = text or f"Passage {number} tells {'more and ' * (number % 9)}more of its own. {SAME}"
    return Passage(f"p{number}", "book", "s", 0, len(text), text, f"Chapter {number % 2}", "en")


PASSAGES = [passage(n) for n in range(40)] + [passage(n, SAME) for n in range(40, 60)]


class Watched:
    """An index that has `note` told of vectors before they are written."""

    def __init__(self, index: LanceIndex, note) -> None:
        self.index = index
        self.note = note

    def __getattr__(self, name: str):
        return getattr(self.index, name)

    async def put_vectors(self, passage_ids, vectors) -> None:
        await self.note(passage_ids, vectors)
        await self.index.put_vectors(passage_ids, vectors)


@pytest.fixture
def embedder(tmp_path: Path) -> TinyEmbedder:
    return TinyEmbedder(tmp_path)


def indexed(tmp_path: Path, embedder: TinyEmbedder, story):
    async def opened():
        index = await LanceIndex.open(tmp_path / "index", embedder)
        await index.put(PASSAGES)
        try:
            async with EmbeddingQueue.of(embedder) as queue:
                return await story(index, queue)
        finally:
            await index.close()

    return asyncio.run(opened())


def test_each_text_is_embedded_once_in_a_window_and_each_passage_has_its_vector(tmp_path, embedder):
    written: dict[str, np.ndarray] = {}

    async def story(index: LanceIndex, queue: EmbeddingQueue) -> list[VectorsMade]:
        async def note(passage_ids, vectors):
            written.update(zip(passage_ids, vectors, strict=True))

        events = [event async for event in embed(Watched(index, note), queue, 1000)]
        assert not await index.has_waiting()
        return events

    events = indexed(tmp_path, embedder, story)
    texts = [text for _, _, text in embedder.log()]
    passages = [text for text in texts if "\n" in text]
    assert sorted(passages) == sorted({text_to_embed(one) for one in PASSAGES})
    assert len(passages) == 42
    sentences = [text for text in texts if "\n" not in text]
    assert len(sentences) == len(set(sentences)) == 42
    for one in PASSAGES:
        assert written[one.passage_id] == pytest.approx(vector_of(text_to_embed(one)), abs=1e-6)
    for of in ("passages", "sentences"):
        dones = [event.done for event in events if event.of == of]
        assert dones == sorted(dones)
        assert dones[-1] == 60
        assert {event.total for event in events if event.of == of} == {60}


def test_they_are_all_done_only_when_they_are_written(tmp_path, embedder):
    async def story(index: LanceIndex, queue: EmbeddingQueue) -> None:
        async with aclosing(embed(index, queue, 20)) as events:
            async for event in events:
                left = (await index.stats()).without_vectors
                if event.of == "passages":
                    assert (event.done == 60) == (left == 0)

    indexed(tmp_path, embedder, story)


def test_the_next_window_is_begun_before_this_one_is_written_and_no_more(tmp_path, embedder):
    begun: list[int] = []
    begun_when_written: list[int] = []

    class Noting(EmbeddingQueue):
        async def embed(self, texts):
            begun.append(len(texts))
            return await super().embed(texts)

    async def story(index: LanceIndex, _: EmbeddingQueue) -> None:
        async def note(passage_ids, vectors):
            await asyncio.sleep(0)  # what is scheduled starts
            begun_when_written.append(len(begun))

        async with Noting([InProcess(embedder)], dimensions=4) as queue:
            async for event in embed(Watched(index, note), queue, 10):
                if event.of == "passages" and event.done == 60:
                    break

    indexed(tmp_path, embedder, story)
    assert begun_when_written == [2, 3, 4, 5, 6, 6]


def test_who_leaves_in_the_middle_loses_only_what_was_not_written(tmp_path, embedder):
    async def story(index: LanceIndex, queue: EmbeddingQueue) -> None:
        async with aclosing(embed(index, queue, 10)) as events:
            async for event in events:
                if event.done > 10:  # of the second window; the first is written
                    break
        assert (await index.stats()).without_vectors == 50
        assert [event async for event in embed(index, queue, 10)][-1].done == 60
        assert not await index.has_waiting()

    indexed(tmp_path, embedder, story)


def test_what_was_made_before_an_embedder_failed_is_kept(tmp_path, embedder):
    class Failing(TinyEmbedder):
        def embed_passages(self, texts):
            if len(self.log()) > 30:
                raise UnavailableError("It is away.")
            return super().embed_passages(texts)

    async def story(index: LanceIndex, queue: EmbeddingQueue) -> None:
        async with EmbeddingQueue.of(Failing(embedder.folder)) as failing:
            with pytest.raises(UnavailableError, match="away"):
                async for _ in embed(index, failing, 10):
                    pass
        left = (await index.stats()).without_vectors
        assert 0 < left < 60
        async for _ in embed(index, queue, 10):
            pass
        assert not await index.has_waiting()

    indexed(tmp_path, embedder, story)
