"""The links of a book that lead to another place in it."""

from collections.abc import Iterator

from wellread.formats.document import InnerLink
from wellread.formats.markup.block_drafts import Draft
from wellread.formats.markup.footnotes import Locate
from wellread.formats.markup.outline import FlowPages


def inner_links(pages: FlowPages, locate: Locate) -> dict[int, tuple[InnerLink, ...]]:
    """By the number of the block in which they stand. A link to an id that is nowhere leads nowhere."""
    found = {
        number: tuple(_links(draft, page, pages, locate))
        for number, (page, draft) in enumerate(pages.placed.drafts)
        if draft.hyperlinks
    }
    return {number: links for number, links in found.items() if links}


def _links(draft: Draft, page: int, pages: FlowPages, locate: Locate) -> Iterator[InnerLink]:
    for start, end, href in _standing(draft):
        target = locate(page, href)
        if target is None:
            continue
        to_page, fragment = target
        if not fragment or fragment in pages.flows[to_page].places:
            block = pages.block_at(to_page, fragment)
            if block < len(pages.placed.drafts):
                yield InnerLink(start, end, block)


def _standing(draft: Draft) -> list[tuple[int, int, str]]:
    """Start and end of each link in the settled text, with its href, in order.

    Looked for from the end, where a short text ("4" in "HTML 4, 4") is more often a link than at the beginning.
    """
    found: list[tuple[int, int, str]] = []
    before = len(draft.text)
    for link in reversed(draft.hyperlinks):
        start = draft.text.rfind(link.text, 0, before)
        if start >= 0:
            found.append((start, start + len(link.text), link.href))
            before = start
    found.reverse()
    return found
