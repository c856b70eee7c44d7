"""Editions of one work among the titles of a scope."""

from collections.abc import Sequence

from wellread.events import ScopeEntry
from wellread.library.title_recognition import Work, same_work


def works(scope: Sequence[ScopeEntry]) -> dict[str, str]:
    """For each product in scope the first one that is an edition of the same work."""
    first: dict[str, str] = {}
    known: list[tuple[Work, str]] = []
    for entry in scope:
        work = Work(entry.title, entry.authors, entry.kind)
        same = next((product_id for other, product_id in known if same_work(other, work)), None)
        if same is None:
            known.append((work, entry.product_id))
        first[entry.product_id] = same or entry.product_id
    return first
