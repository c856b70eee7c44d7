"""The vectors of questions: a run asks the same one of many titles, and again in its next step."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from wellread.errors import UnavailableError
from wellread.index.passages import Embedder, Vectors

_REMEMBERED = 256

UNREAD: tuple[Vectors | None, float] = (None, 0.0)
"""Of a question that no embedder has read."""


class QuestionVectors:
    """Vector and fragmentation of questions; those of the last few hundred are remembered."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._known: OrderedDict[str, tuple[Vectors | None, float]] = OrderedDict()

    async def of(self, texts: Sequence[str]) -> dict[str, tuple[Vectors | None, float]]:
        """UNREAD are those that the embedder cannot read now: a provider that does not answer stops no search."""
        distinct = list(dict.fromkeys(texts))
        embedder = self._embedder
        if embedder is None:
            return dict.fromkeys(distinct, UNREAD)
        new = [text for text in distinct if text not in self._known]
        found = {text: self._known[text] for text in distinct if text in self._known}
        if new:
            try:
                vectors = await asyncio.to_thread(embedder.embed_questions, new)
            except UnavailableError:
                return dict.fromkeys(new, UNREAD) | found
            found |= {
                text: (vector, embedder.fragmentation(text))
                for text, vector in zip(new, vectors, strict=True)
            }
        for text in distinct:
            self._known[text] = found[text]
            self._known.move_to_end(text)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found
