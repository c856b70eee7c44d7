"""Making the vectors that wait: of every passage first, then of the sentences of each."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np

from wellread.import_events import VectorsMade
from wellread.index.passages import Embedder, PassageIndex, text_to_embed
from wellread.index.sentence_vectors import embedded_sentences

_STEP = 64  # passages between two marks of progress


async def embed(index: PassageIndex, embedder: Embedder, rows: int) -> AsyncGenerator[VectorsMade]:
    """Until nothing waits; `rows` passages are written at once, so a kill loses no more than their vectors. What is
    added while sentences are embedded comes before the sentences that are left."""
    begun = False
    while not begun or await index.has_waiting():
        begun = True
        for stage in (_passages, _sentences):
            async with aclosing(stage(index, embedder, rows)) as made:
                async for event in made:
                    yield event


async def _passages(index: PassageIndex, embedder: Embedder, rows: int) -> AsyncGenerator[VectorsMade]:
    total = (await index.stats()).without_vectors
    done = 0
    yield VectorsMade(done=done, total=total)
    async with aclosing(index.without_vectors(rows)) as batches:
        async for waiting in batches:
            vectors = []
            for start in range(0, len(waiting), _STEP):
                texts = [text_to_embed(passage) for passage in waiting[start : start + _STEP]]
                vectors.append(await asyncio.to_thread(embedder.embed_passages, texts))
                made = done + sum(map(len, vectors))
                yield VectorsMade(done=min(made, total - 1), total=total)
            await index.put_vectors([passage.passage_id for passage in waiting], np.concatenate(vectors))
            done += len(waiting)
            total = max(total, done)
            yield VectorsMade(done=done, total=total)  # all of them only now, when they are written


async def _sentences(index: PassageIndex, embedder: Embedder, rows: int) -> AsyncGenerator[VectorsMade]:
    """Ends early when passages wait."""
    total = (await index.stats()).without_sentence_vectors
    done = 0
    async with aclosing(index.without_sentence_vectors(rows)) as batches:
        async for waiting in batches:
            sentences = []
            for start in range(0, len(waiting), _STEP):
                some = waiting[start : start + _STEP]
                sentences += await asyncio.to_thread(embedded_sentences, some, embedder)
                yield VectorsMade(of="sentences", done=min(done + len(sentences), total - 1), total=total)
            await index.put_sentence_vectors([passage.passage_id for passage in waiting], sentences)
            done += len(waiting)
            total = max(total, done)
            yield VectorsMade(of="sentences", done=done, total=total)
            if (await index.stats()).without_vectors:
                return
