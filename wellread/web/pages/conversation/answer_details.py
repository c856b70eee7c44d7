"""What stands below an answer on the page: its sources by title, and the words for its verdicts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wellread.events import Citation, Elsewhere, ScopeEntry, SearchCell, SearchElsewhere, Snippet, VerdictName


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A title that the answer cites, with the positions and values of its citations."""

    product_id: str
    title: str
    citations: tuple[tuple[int, Citation], ...]


def cited_sources(citations: Sequence[Citation]) -> list[CitedSource]:
    """The titles that an answer cites, in the order in which it does."""
    cited: dict[str, list[tuple[int, Citation]]] = {}
    for position, citation in enumerate(citations):
        cited.setdefault(citation.product_id, []).append((position, citation))
    return [CitedSource(product_id, own[0][1].title, tuple(own)) for product_id, own in cited.items()]


def authors_of(scope: Iterable[ScopeEntry]) -> list[str]:
    """The authors of titles, each once."""
    return list(dict.fromkeys(author for entry in scope for author in entry.authors))


def best_elsewhere(found: Iterable[SearchElsewhere]) -> list[Elsewhere]:
    """The best titles outside the scope, for what the scope left open; each once."""
    offered: dict[str, Elsewhere] = {}
    for event in found:
        for product in event.products:
            offered.setdefault(product.product_id, product)
    return sorted(offered.values(), key=lambda product: -product.best)


def places_of(cells: Iterable[SearchCell], snippets: Mapping[int, Snippet]) -> set[str]:
    """The anchors of the passages that searches came upon."""
    nearest = (passage.anchor for cell in cells for passage in (*cell.nearest, *cell.found))
    return {*nearest, *(snippet.anchor for snippet in snippets.values())}


def verdict_words(say: Callable[[str], str]) -> dict[VerdictName, str]:
    """What each verdict is called; `say` translates."""
    return {
        "quoted": say("quoted"),
        "supported": say("supported"),
        "partly": say("partly supported"),
        "contradicted": say("contradicted"),
        "unsupported": say("not supported"),
        "conflict": say("in conflict with the passages"),
        "not checked": say("not checked"),
        "general": say("without a source"),
    }
