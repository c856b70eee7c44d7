"""The index at the back of a book: terms with subterms, the pages they are on, see and see also."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree
from lxml.builder import ElementMaker
from lxml.etree import _Element as Element

from press.markup import TYPE, XHTML, slug, tag
from press.source import SourceError

H = ElementMaker(namespace=XHTML, nsmap={None: XHTML})
SYMBOLS = "Symbols and numbers"


@dataclass(frozen=True)
class Locator:
    """Where a term is spoken of: the page as shown, and the link to the very place."""

    label: str
    href: str


@dataclass
class _Term:
    locators: list[Locator] = field(default_factory=list)
    subterms: dict[str, "_Term"] = field(default_factory=dict)
    see: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()


def render_index(
    places: Iterable[tuple[tuple[str, ...], Locator]],
    see: Mapping[str, tuple[str, ...]],
    see_also: Mapping[str, tuple[str, ...]],
) -> Element:
    """Make the index of places in reading order; a term's places on one page become one locator.

    A cross-reference leads to a term, or to its subterm where it reads `term > subterm`. Raises
    SourceError for a cross-reference to or from a term that the index does not have.
    """
    terms = _gather(places)
    for name, targets in see.items():
        terms.setdefault(name, _Term()).see = targets
    for name, targets in see_also.items():
        _known(terms, name).see_also = targets
    for term in terms.values():
        for target in (*term.see, *term.see_also):
            _known(terms, target)
    ids = _ids(terms)
    section = H.section(
        {TYPE: "index", "role": "doc-index", "aria-labelledby": "title"}, H.h1("Index", id="title")
    )
    for initial, names in _groups(terms).items():
        entries = [_entry(name, terms[name], ids) for name in names]
        section.append(H.section({TYPE: "index-group"}, H.h2(initial), _entry_list(entries)))
    return section


def _gather(places: Iterable[tuple[tuple[str, ...], Locator]]) -> dict[str, _Term]:
    root = _Term()
    for path, locator in places:
        term = root
        for name in path:
            term = term.subterms.setdefault(name, _Term())
        if all(other.label != locator.label for other in term.locators):
            term.locators.append(locator)
    return root.subterms


def _known(terms: Mapping[str, _Term], name: str) -> _Term:
    term, *subterms = _path(name)
    found = terms.get(term)
    for subterm in subterms:
        found = found and found.subterms.get(subterm)
    if not found:
        raise SourceError(f"index.toml: {name!r} is not a term of the index")
    return found


def _path(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in name.split(">"))


def _printed(name: str) -> str:
    """Give a term with the apostrophes that the text has."""
    return name.replace("'", "’")


def _ids(terms: Iterable[str]) -> dict[str, str]:
    """Give each term's entry an id of its own, also where two terms differ in their marks only."""
    seen: Counter[str] = Counter()
    ids = {}
    for name in sorted(terms, key=_order):
        base = f"entry-{slug(name)}"
        seen[base] += 1
        ids[name] = base if seen[base] == 1 else f"{base}-{seen[base]}"
    return ids


def _order(name: str) -> tuple[str, str]:
    """Sort as readers look things up: by letters, whatever the case and the marks around them."""
    return "".join(char for char in name.casefold() if char.isalnum() or char == " ").strip(), name


def _groups(terms: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in sorted(terms, key=_order):
        initial = _order(name)[0][:1].upper()
        groups.setdefault(initial if initial.isalpha() else SYMBOLS, []).append(name)
    return groups


def _entry_list(entries: Iterable[Element]) -> Element:
    return H.ul({"class": "index", TYPE: "index-entry-list"}, *entries)


def _entry(name: str, term: _Term, ids: Mapping[str, str], *, is_subterm: bool = False) -> Element:
    entry = H.li({TYPE: "index-entry"}, H.span({TYPE: "index-term"}, _printed(name)))
    if not is_subterm:
        entry.set("id", ids[name])
    for locator in term.locators:
        entry[-1].tail = ", "
        entry.append(H.a({TYPE: "index-locator", "href": locator.href}, locator.label))
    # A term that has pages of its own is not replaced by another, whatever the writer called it.
    alias = bool(term.see) and not term.locators and not term.subterms
    for targets, is_alias in ((term.see, alias), (term.see_also, False)):
        if targets:
            entry[-1].tail = ". "
            entry.append(_cross_reference(targets, is_alias, ids))
    if term.subterms:
        names = sorted(term.subterms, key=_order)
        entry.append(_entry_list(_entry(each, term.subterms[each], ids, is_subterm=True) for each in names))
    return entry


def _cross_reference(targets: tuple[str, ...], is_alias: bool, ids: Mapping[str, str]) -> Element:
    kind, words = ("index-xref-preferred", "See") if is_alias else ("index-xref-related", "See also")
    reference = H.span({TYPE: kind}, H.i(words))
    reference[0].tail = " "
    for number, target in enumerate(targets):
        path = _path(target)
        link = etree.SubElement(reference, tag("a"), {"href": f"#{ids[path[0]]}"})
        link.text = _printed(": ".join(path))
        link.tail = "; " if number + 1 < len(targets) else None
    return reference
