"""Making the vectors that wait: of every passage first, then of the sentences of each."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wellread.content import Passage
from wellread.embedding.queue import EmbeddingQueue
from wellread.import_events import VectorsMade
from wellread.index.passages import PassageIndex, Vectors, text_to_embed
from wellread.index.sentence_vectors import CutPassages

_STEP = 64  # texts between two marks of progress


async def embed(index: PassageIndex, queue: EmbeddingQueue, rows: int) -> AsyncGenerator[VectorsMade]:
    """Until nothing waits. `rows` passages are written at once, and as many are embedded meanwhile: a kill loses no
    more than the vectors of these. What is added while sentences are embedded comes before the sentences left."""
    begun = False
    while not begun or await index.has_waiting():
        begun = True
        for stage in (_passages, _sentences):
            async with aclosing(stage(index, queue, rows)) as made:
                async for event in made:
                    yield event


async def _passages(index: PassageIndex, queue: EmbeddingQueue, rows: int) -> AsyncGenerator[VectorsMade]:
    def texts(waiting: Sequence[Passage]) -> list[str]:
        return [text_to_embed(passage) for passage in waiting]

    progress = _VectorCount("passages", (await index.stats()).without_vectors)
    yield progress.made()
    async with aclosing(_windows(index.without_vectors(rows), queue, texts)) as windows:
        async for window in windows:
            async with aclosing(window.steps()) as steps:
                async for share in steps:
                    yield progress.within(window, share)
            await index.put_vectors([passage.passage_id for passage in window.passages], window.vectors)
            yield progress.made(window)


async def _sentences(index: PassageIndex, queue: EmbeddingQueue, rows: int) -> AsyncGenerator[VectorsMade]:
    """Ends early when passages wait."""

    def texts(waiting: Sequence[Passage]) -> list[str]:
        return CutPassages.of(waiting).texts

    progress = _VectorCount("sentences", (await index.stats()).without_sentence_vectors)
    async with aclosing(_windows(index.without_sentence_vectors(rows), queue, texts)) as windows:
        async for window in windows:
            async with aclosing(window.steps()) as steps:
                async for share in steps:
                    yield progress.within(window, share)
            sentences = await asyncio.to_thread(CutPassages.of(window.passages).with_vectors, window.vectors)
            await index.put_sentence_vectors([passage.passage_id for passage in window.passages], sentences)
            yield progress.made(window)
            if (await index.stats()).without_vectors:
                return


class _Window:
    """Passages that are written together, whose texts have been given to the queue."""

    def __init__(self, passages: Sequence[Passage], texts: Sequence[str], queue: EmbeddingQueue) -> None:
        self.passages = passages
        numbers: dict[str, int] = {}
        self._places = [
            numbers.setdefault(text, len(numbers)) for text in texts
        ]  # what stands twice is made once
        distinct = sorted(numbers, key=len)
        self._order = [numbers[text] for text in distinct]
        self._steps = [
            asyncio.ensure_future(queue.embed(distinct[start : start + _STEP]))
            for start in range(0, len(distinct), _STEP)
        ]
        self.vectors: Vectors = np.zeros((0, 0), dtype=np.float32)

    async def steps(self) -> AsyncGenerator[float]:
        """The share (0 to 1) that is done, now and then; `vectors` has a row for each text afterwards."""
        made = []
        for number, step in enumerate(self._steps, 1):
            made.append(await step)
            yield number / len(self._steps)
        if made:
            vectors = np.concatenate(made)
            self.vectors = np.empty_like(vectors)
            self.vectors[self._order] = vectors
            self.vectors = self.vectors[self._places]

    async def leave(self) -> None:
        """Give up what is not done."""
        for step in self._steps:
            step.cancel()
        await asyncio.gather(*self._steps, return_exceptions=True)


async def _windows(
    waiting: AsyncGenerator[Sequence[Passage]],
    queue: EmbeddingQueue,
    texts: Callable[[Sequence[Passage]], list[str]],
) -> AsyncGenerator[_Window]:
    """One for each of `waiting`; the next is begun before one is given, so that the queue never runs dry."""
    begun: list[_Window] = []
    try:
        async with aclosing(waiting) as batches:
            async for passages in batches:
                begun.append(_Window(passages, await asyncio.to_thread(texts, passages), queue))
                if len(begun) > 1:
                    yield begun[0]
                    begun.pop(0)
            while begun:
                yield begun[0]
                begun.pop(0)
    finally:
        for window in begun:
            await window.leave()


@dataclass(slots=True)
class _VectorCount:
    of: Literal["passages", "sentences"]
    total: int
    done: int = 0

    def within(self, window: _Window, share: float) -> VectorsMade:
        """All of them are done only when they are written."""
        done = self.done + int(share * len(window.passages))
        return VectorsMade(of=self.of, done=max(0, min(done, self.total - 1)), total=self.total)

    def made(self, window: _Window | None = None) -> VectorsMade:
        self.done += len(window.passages) if window else 0
        self.total = max(self.total, self.done)
        return VectorsMade(of=self.of, done=self.done, total=self.total)
