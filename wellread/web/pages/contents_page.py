"""`/library/{product_id}/contents`: the table of contents of a title, of a long one a part at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response

from wellread.content import SectionRole
from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.store.catalog.outline import OutlineEntry
from wellread.web.http.dependencies import LibraryPart
from wellread.web.pages.book_language import language_tag, text_direction
from wellread.web.pages.page import PagePart

router = APIRouter(include_in_schema=False)
_WHOLE = 120  # sections, up to which all stand together
_MOST = 200  # lines that are shown at once


@dataclass(frozen=True, slots=True)
class ContentsItem:
    """A section of the contents. `parts` is how many sections it has within it that are not listed; they are behind
    `address`, on a page of their own, or in place of the link to it."""

    entry: OutlineEntry
    parts: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class ContentsList:
    """Lines of the contents, of `total` sections in all. Behind them are `left` more, at `further`."""

    total: int
    lines: tuple[ContentsItem, ...]
    left: int = 0
    further: str = ""

    @classmethod
    def of(cls, library: Wellread, product_id: str, within: str = "", start: int = 0) -> "ContentsList":
        """All of a short title; of a long one what is right within a section (or at the top) from line `start` on.
        Blocks. Raises NotFoundError for a section that the title does not have now."""
        outline = library.titles.outline(product_id)
        entries = [entry for entry in outline if entry.role is not SectionRole.CONTENTS]
        if len(entries) <= _WHOLE and not within:
            return cls(len(entries), tuple(map(ContentsItem, entries)))
        lines = _lines(entries, product_id, within)
        root: list[ContentsItem] = []
        if len(lines) == 1 and lines[0].parts and not within:  # a book that is one section at its top
            root = [ContentsItem(lines[0].entry)]
            within = lines[0].entry.section_id
            lines = _lines(entries, product_id, within)
        shown = lines[start : start + _MOST]
        left = max(0, len(lines) - start - len(shown))
        further = _address(product_id, within, start + len(shown)) if left else ""
        return cls(len(entries), (*(root if not start else ()), *shown), left, further)


def _lines(entries: Sequence[OutlineEntry], product_id: str, within: str) -> list[ContentsItem]:
    """What is right within a section, or at the top. Raises NotFoundError."""
    first, depth = 0, -1
    if within:
        at = next((n for n, entry in enumerate(entries) if entry.section_id == within), None)
        if at is None:
            raise NotFoundError(
                f"There is no section {within!r} in the contents.", hint="Open the contents again."
            )
        first, depth = at + 1, entries[at].depth
    heads: list[tuple[OutlineEntry, int]] = []  # with the number of sections behind each
    for entry in entries[first:]:
        if entry.depth <= depth:
            break
        if heads and entry.depth > heads[-1][0].depth:
            heads[-1] = heads[-1][0], heads[-1][1] + 1
        else:
            heads.append((entry, 0))
    return [
        ContentsItem(entry, parts, _address(product_id, entry.section_id) if parts else "")
        for entry, parts in heads
    ]


def _address(product_id: str, within: str, start: int = 0) -> str:
    values = {name: value for name, value in (("within", within), ("start", start)) if value}
    return f"/library/{quote(product_id)}/contents" + (f"?{urlencode(values)}" if values else "")


@router.get("/library/{product_id}/contents")
async def contents(
    product_id: str,
    page: PagePart,
    library: LibraryPart,
    within: Annotated[str, Query(max_length=80)] = "",
    start: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    part: Annotated[Literal["", "lines"], Query(description="For the script of a title's page.")] = "",
) -> Response:
    """The lines from `start` on of what is right within a section, or at the top."""
    product = await library.product(product_id)
    listed = await asyncio.to_thread(ContentsList.of, library, product_id, within, start)
    return page.html(
        "contents_lines.html" if part else "contents.html",
        product=product,
        contents=listed,
        lang=language_tag(product.metadata.language),
        dir=text_direction(product.metadata.language),
    )
