"""How rare words are in the library: what a passage has of a question is weighed by it."""

import asyncio
from collections.abc import Iterable, Sequence

import numpy as np
from lancedb.query import MatchQuery
from lancedb.table import AsyncTable

from wellread.index.fusion import Scores

Forms = tuple[str, ...]

COMMON = 1_000  # passages from which a word counts as common, however many there are
_FEWEST_ROWS = (
    1_000  # passages from which a library tells how rare a word is; of a smaller one it is taken to be so
)
_RAREST = 10
_KNOWN = 20_000  # words that are remembered
_NOTICED = 20  # a part of the passages so large that comes or goes may change how rare a word is


class Rarity:
    """Document frequencies, asked of the keyword index word by word and remembered until many rows come or go."""

    def __init__(self, table: AsyncTable) -> None:
        self._table = table
        self._rows = -1
        self._frequencies: dict[Forms, int] = {}

    async def weights(self, words: Iterable[Sequence[Forms]]) -> list[Scores]:
        """For each list of words the weight of each: ln(1 + passages of the library / passages that have it), but
        for one that few have as if _RAREST had it: a word of the asker's own must not decide alone."""
        asked = [list(some) for some in words]
        rows = int(await self._table.count_rows())
        if abs(rows - self._rows) > self._rows // _NOTICED or len(self._frequencies) > _KNOWN:
            self._rows, self._frequencies = rows, {}
        known = self._frequencies
        new = list(dict.fromkeys(forms for some in asked for forms in some if forms not in known))
        for forms, found in zip(new, await asyncio.gather(*map(self._frequency, new)), strict=True):
            known[forms] = found
        rows = max(rows, _FEWEST_ROWS)
        return [np.array([np.log1p(rows / max(known[forms], _RAREST)) for forms in some]) for some in asked]

    async def _frequency(self, forms: Forms) -> int:
        """How many passages have the word in one of its forms, up to COMMON."""
        return await self.held(forms, "", COMMON)

    async def held(self, forms: Forms, where: str, most: int) -> int:
        query = self._table.query().nearest_to_text(matching(" ".join(forms)))
        query = query.where(where) if where else query
        return int((await query.select(["_score"]).limit(most).to_arrow()).num_rows)


def matching(terms: str) -> MatchQuery:
    """A keyword query for any of the terms."""
    return MatchQuery(terms, "terms")  # type: ignore[call-arg]  # pydantic's defaults
