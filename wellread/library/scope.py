"""Which titles a run may search: picked, named in the question, carried over, or the whole of a small library."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wellread.content import Product
from wellread.events import Found, ScopeEntry
from wellread.library.title_recognition import Mention, Naming, kind_mentions, named_titles, one_edition_each
from wellread.library.topic_recognition import title_about, topic_mentions
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.product_query import Listing

_CANDIDATES = 60


@dataclass(frozen=True, slots=True)
class Scope:
    """`outside`: titles beyond `entries` may be looked for. `mentions`: the stretches of the question (code
    points) that name titles. `options`: the works between which the reader must choose, if a name fits several.
    """

    entries: tuple[ScopeEntry, ...]
    outside: bool
    mentions: tuple[tuple[int, int], ...] = ()
    options: tuple[ScopeEntry, ...] = ()


def scope_of(
    catalog: Catalog,
    question: str,
    *,
    picked: Sequence[str] = (),
    excluded: Collection[str] = (),
    carried: Sequence[ScopeEntry] = (),
    small_library: int,
) -> Scope:
    """The scope of a question. `picked` product ids win over names, names over titles `carried` over from the
    conversation, and a library of at most `small_library` products is searched whole. Products that are `excluded` are
    not meant, whatever the question names.

    Raises NotFoundError for a picked id that is not there.
    """
    naming = named(catalog, question)
    mentions = tuple((mention.start, mention.end) for mention in naming.mentions)
    if picked:
        products = [catalog.product(product_id) for product_id in dict.fromkeys(picked)]
        return Scope(tuple(entry(p, "picked") for p in products), False, mentions)
    meant = [product for product in naming.products if product.product_id not in excluded]
    if meant:
        ambiguous = [product for product in naming.ambiguous if product.product_id not in excluded]
        return Scope(
            tuple(entry(product, "named") for product in meant),
            False,
            mentions,
            tuple(entry(product, "named") for product in ambiguous) if len(ambiguous) > 1 else (),
        )
    if carried:
        present = catalog.products_by_id([known.product_id for known in carried])
        kept = tuple(
            known for known in carried if known.product_id in present and known.product_id not in excluded
        )
        if kept:
            return Scope(kept, False, mentions)
    if 0 < catalog.count() <= small_library:
        whole = [product for product in catalog.products() if product.product_id not in excluded]
        works = one_edition_each(whole, question)
        if works:
            return Scope(tuple(entry(product, "whole library") for product in works), False, mentions)
    return Scope((), True, mentions)


def entry(product: Product, found: Found) -> ScopeEntry:
    return ScopeEntry(
        product_id=product.product_id,
        title=product.title,
        found=found,
        kind=product.kind.value,
        authors=product.metadata.authors,
        language=product.metadata.language,
    )


def named(catalog: Catalog, question: str) -> Naming:
    """What a question names among all titles of the library: by their words, by kind and topic ("the talk about
    Kubernetes"), or by their kind ("the talk")."""
    candidates = catalog.titles.candidates(question, limit=_CANDIDATES)
    products = catalog.products_by_id([candidate.product_id for candidate in candidates])
    naming = named_titles(question, list(products.values()))
    kinds = kind_mentions(question, naming)
    told = set()
    for about in topic_mentions(question, kinds):
        known = [*products.values(), *_with_topics(catalog, about.topics)]
        found = title_about(about, question, known, catalog.times_said, catalog.product)
        if found and found[0] not in naming.products:
            told.add(about.start)
            mention = Mention(about.start, found[1], (found[0],))
            naming = Naming((*naming.mentions, mention), naming.ambiguous)
    for said in kinds:
        if said.start in told:
            continue
        only = catalog.only_of_kinds(sorted(said.kinds))
        if only and only not in naming.products:
            naming = Naming((*naming.mentions, Mention(said.start, said.end, (only,))), naming.ambiguous)
    return naming


def _with_topics(catalog: Catalog, topics: Sequence[str]) -> list[Product]:
    """Titles one of whose topics is called so."""
    called = dict.fromkeys(form for topic in topics for form in (topic, topic.lower()))
    return [one for topic in called for one in catalog.page(Listing(topic=topic), limit=_CANDIDATES)[1]]


def describe(title: str, section: str) -> str:
    """A title with the section's path, for a line of sources; its name stands once."""
    return ", ".join(filter(None, (title, below_title(title, section))))


def below_title(title: str, section: str) -> str:
    """A section's path without the title's own name, with which the contents of many begin."""
    first, _, below = section.partition(" › ")
    same = " ".join(first.casefold().split()) == " ".join(title.casefold().split())
    return below if same else section
