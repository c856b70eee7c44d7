"""Editions of one work: among the titles of a scope, and which edition a title says that it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wellread.content import Product
from wellread.events import ScopeEntry
from wellread.library.naming.works import Work, same_work
from wellread.text.languages import found

_TITLE_READ = 400  # code points in which an edition is looked for
_AROUND = " ,:;.([)]–—-"


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


@dataclass(frozen=True, slots=True)
class EditionOfWork:
    """A product as an edition of a work: which one it says it is ("2nd edition", "" when it does not say), and the year
    of its date, "" unknown."""

    product_id: str
    work: Work
    label: str
    year: str

    @classmethod
    def of(cls, product: Product) -> "EditionOfWork":
        title, label = _without_edition(product.title)
        label = label or _without_edition(product.metadata.subtitle)[1]
        work = Work(title, product.metadata.authors, product.kind.value)
        return cls(product.product_id, work, label, year_of(product))


def editions_among(products: Iterable[Product]) -> list[tuple[EditionOfWork, ...]]:
    """Of each work that is there in several editions these, the earliest first as far as years are known. The same
    edition in two formats is one."""
    groups: list[list[EditionOfWork]] = []
    for product in products:
        edition = EditionOfWork.of(product)
        group = next((own for own in groups if same_work(own[0].work, edition.work)), None)
        if group is None:
            groups.append([edition])
        elif not any((one.label, one.year) == (edition.label, edition.year) for one in group):
            group.append(edition)
    return [tuple(sorted(own, key=lambda one: (one.year, one.label))) for own in groups if len(own) > 1]


def year_of(product: Product) -> str:
    """The year of a product's date, "" unknown."""
    return product.metadata.date[:4]


def _without_edition(title: str) -> tuple[str, str]:
    """A title without the edition that it names, and that."""
    match = found("editions", "named", title[:_TITLE_READ])
    if match is None:
        return title, ""
    before, after = title[: match.start()].rstrip(_AROUND), title[match.end() :].lstrip(_AROUND)
    return ": ".join(filter(None, (before, after))) or title, match[0].strip(_AROUND)
