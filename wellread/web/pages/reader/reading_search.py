"""Searching within a title: where the words stand as they were typed, and which places are about them."""

import asyncio
from dataclasses import dataclass

from wellread.content import Anchor
from wellread.engine import Wellread
from wellread.events import FoundPassage
from wellread.store.catalog.outline import Occurrence

_MOST = 50


@dataclass(frozen=True, slots=True)
class Exact:
    """A place with the words, and its anchor."""

    anchor: str
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class TitleSearch:
    """What a search within a title found. `more`: the words stand in further places."""

    query: str
    exact: tuple[Exact, ...] = ()
    more: bool = False
    about: tuple[FoundPassage, ...] = ()


async def search_title(library: Wellread, product_id: str, query: str) -> TitleSearch:
    """Both kinds of places; none for a query without words."""
    query = " ".join(query.split())
    if not query:
        return TitleSearch("")
    (exact, more), cells = await asyncio.gather(
        asyncio.to_thread(library.titles.occurrences, product_id, query, limit=_MOST),
        library.search([query], product_ids=[product_id]),
    )
    return TitleSearch(
        query,
        tuple(Exact(str(Anchor(product_id, one.section_id, one.start, one.end)), one) for one in exact),
        more,
        tuple(passage for cell in cells for passage in cell.found),
    )
