"""Which titles a run may search: picked, named in the question, carried over, or the whole of a small library."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wellread.content import Product
from wellread.events import Found, ScopeEntry
from wellread.library.naming.kinds import kind_mentions
from wellread.library.naming.mentions import Mention, Naming
from wellread.library.naming.title_recognition import named_titles
from wellread.library.naming.topic_recognition import title_about, topic_mentions
from wellread.library.naming.words import title_spans
from wellread.library.naming.works import one_edition_each
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.product_query import Listing

_CANDIDATES = 60
_MOST_DOUBTFUL = 5  # titles that are searched because they may be named


@dataclass(frozen=True, slots=True)
class Scope:
    """`outside`: titles beyond `entries` may be looked for; they are when all `entries` are doubtful. `mentions`: the
    stretches of the question (code points) that name titles. `options`: the works between which the reader must choose,
    if a name fits two.
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
    conversation, and a library of at most `small_library` products is searched whole. What may be a name adds its
    title to what is carried over, or to what is looked for in the library, and shuts nothing out. Products that are
    `excluded` are not meant, whatever the question names.

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
    doubtful = tuple(
        entry(product, "doubtful")
        for product in naming.doubtful_products[:_MOST_DOUBTFUL]
        if product.product_id not in excluded
    )
    if carried:
        present = catalog.products_by_id([known.product_id for known in carried])
        kept = tuple(
            known for known in carried if known.product_id in present and known.product_id not in excluded
        )
        if kept:
            known_ids = {known.product_id for known in kept}
            return Scope((*kept, *(e for e in doubtful if e.product_id not in known_ids)), False, mentions)
    if 0 < catalog.count() <= small_library:
        whole = [product for product in catalog.products() if product.product_id not in excluded]
        works = one_edition_each(whole, question)
        if works:
            return Scope(tuple(entry(product, "whole library") for product in works), False, mentions)
    return Scope(doubtful, True, mentions)


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
    called = catalog.titles.called(title_spans(question))
    ids = dict.fromkeys((*called, *(candidate.product_id for candidate in candidates)))
    products = catalog.products_by_id(list(ids))
    naming = named_titles(question, list(products.values()), catalog.titles.titles_with)
    kinds = kind_mentions(question, naming)
    told = set()
    for about in topic_mentions(question, kinds):
        known = [*products.values(), *_with_topics(catalog, about.topics)]
        found = title_about(about, question, known, catalog.times_said, catalog.product)
        if found and found[0] not in naming.products:
            told.add(about.start)
            mention = Mention(about.start, found[1], (found[0],))
            naming = naming.with_mention(mention)
    for said in kinds:
        if said.start in told:
            continue
        only = catalog.only_of_kinds(sorted(said.kinds))
        if only and only not in naming.products:
            naming = naming.with_mention(Mention(said.start, said.end, (only,)))
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
