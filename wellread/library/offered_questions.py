"""Which of the suggestions are offered: on the first page, and after an answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wellread.content import Anchor, Product
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.suggestions import Suggestion
from wellread.text.terms import passage_terms

_TO_BEGIN_WITH = 4
_TO_GO_ON = 3
_LOOKED_AT = 80  # suggestions, the best first
_SAME = 0.8  # of the terms of two questions, from which they ask the same


@dataclass(frozen=True, slots=True)
class OfferedQuestion:
    """A question, and the titles that it is to be asked of."""

    question: str
    titles: tuple[Product, ...]

    @property
    def product_ids(self) -> tuple[str, ...]:
        return tuple(product.product_id for product in self.titles)


def to_begin_with(catalog: Catalog) -> list[OfferedQuestion]:
    """The best of the library: those that a person wrote, then of as many titles as there are."""
    offered = _offered(catalog, catalog.suggestions.best(_LOOKED_AT))
    written = {suggestion.question for suggestion, _ in offered if suggestion.score > 1}
    chosen: list[OfferedQuestion] = []
    works: set[str] = set()
    for fresh in (True, False):
        for _, one in offered:
            own = {_work(product) for product in one.titles}
            if len(chosen) == _TO_BEGIN_WITH or _is_asked(one.question, [other.question for other in chosen]):
                continue
            if one.question in written or not fresh or works.isdisjoint(own):
                chosen.append(one)
                works |= own
    return chosen


def to_go_on(catalog: Catalog, asked: Sequence[str], anchors: Collection[str]) -> list[OfferedQuestion]:
    """Of the titles that `anchors` open those suggestions that are nearest to these places and to the last of the
    questions `asked`, none of which is offered again."""
    places = [place for anchor in anchors if (place := Anchor.parse(anchor))]
    suggestions = catalog.suggestions.of({place.product_id for place in places}, _LOOKED_AT)
    offered = _offered(catalog, suggestions)
    terms = frozenset(passage_terms(asked[-1], "", "")) if asked else frozenset()

    def nearness(suggestion: Suggestion) -> float:
        own = frozenset(passage_terms(suggestion.question, "", ""))
        shared = len(own & terms) / max(1, len(own))
        return shared + max((_nearness(place, suggestion) for place in places), default=0.0)

    ranked = sorted(offered, key=lambda pair: -nearness(pair[0]))
    chosen: list[OfferedQuestion] = []
    for _, one in ranked:
        if len(chosen) < _TO_GO_ON and not _is_asked(
            one.question, [*asked, *(other.question for other in chosen)]
        ):
            chosen.append(one)
    return chosen


def _offered(catalog: Catalog, suggestions: Sequence[Suggestion]) -> list[tuple[Suggestion, OfferedQuestion]]:
    """Those whose titles are all there."""
    ids = {product_id for suggestion in suggestions for product_id in suggestion.product_ids}
    products = catalog.products_by_id(list(ids))
    return [
        (one, OfferedQuestion(one.question, tuple(products[product_id] for product_id in one.product_ids)))
        for one in suggestions
        if products.keys() >= set(one.product_ids)
    ]


def _nearness(place: Anchor, suggestion: Suggestion) -> float:
    """1 for the same section, less for one further on or back."""
    edition, _, ordinal = place.section_id.partition("-")
    apart = [
        abs(int(section.partition("-")[2]) - int(ordinal))
        for title in suggestion.titles
        if title.product_id == place.product_id and title.edition_id == edition
        for section in title.sections
    ]
    return 1 / (1 + min(apart)) if apart else 0.0


def _is_asked(question: str, others: Sequence[str]) -> bool:
    """Whether one of the others asks nearly the same."""
    terms = frozenset(passage_terms(question, "", ""))
    for other in others:
        its = frozenset(passage_terms(other, "", ""))
        if question.casefold() == other.casefold() or len(terms & its) >= _SAME * max(len(terms | its), 1):
            return True
    return False


def _work(product: Product) -> str:
    """What the editions of one work have in common."""
    return product.title.partition(":")[0].strip().casefold()
