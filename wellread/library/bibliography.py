"""The titles that an answer cites, as entries of a bibliography, and as CSL-JSON (citationstyles.org, schema 1.0)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wellread.content import Product, ProductKind
from wellread.events import Citation
from wellread.formats.isbn import isbn13
from wellread.library.person_names import PersonName, person_name
from wellread.text.characters import harmless
from wellread.text.languages import word_list

_TYPES = {  # CSL type, medium
    ProductKind.BOOK: ("book", ""),
    ProductKind.VIDEO: ("motion_picture", "Video"),  # any moving picture, not only a film
    ProductKind.RECORDING: ("speech", "Audio recording"),  # "song" is set as an album by many styles
}
_GONE = "document"
_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?![\d-])")
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[-._;()/:A-Za-z0-9]+)", re.I)
_PAGE = re.compile(r"p\. (\S+)")
_WORD = re.compile(r"[a-z0-9]+")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A title that was cited, with the citations of it in the answer's order.

    `key` is the same whatever else is cited and in which order, as long as no other cited title has the same first
    author, year and first word.
    """

    title: str
    citations: tuple[Citation, ...]
    key: str = ""
    kind: ProductKind | None = None  # None: the title is no longer in the library, and only its name is known
    short_title: str = ""  # without the subtitle; "" if that is all of it
    authors: tuple[PersonName, ...] = ()
    date: tuple[int, ...] = ()  # year, month, day, as far as they are known
    publisher: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""
    doi: str = ""
    language: str = ""

    @property
    def medium(self) -> str:
        """How it is called if it is not a book: "Video", "Audio recording"."""
        return _TYPES[self.kind][1] if self.kind else ""

    @property
    def places(self) -> tuple[str, ...]:
        """The cited places for people, each once: "p. 12", "00:03:12"."""
        return tuple(dict.fromkeys(line(citation.place) for citation in self.citations if citation.place))


def entries(citations: Sequence[Citation], products: Mapping[str, Product]) -> tuple[Entry, ...]:
    """One entry for each product cited, in the order of their first citations.

    `products` has them by id; of one that is not among them, its name in the citation is all that is told.
    """
    cited: dict[str, list[Citation]] = {}
    for citation in citations:
        cited.setdefault(citation.product_id, []).append(citation)
    found = {
        product_id: _known(products[product_id], tuple(places))
        if product_id in products
        else Entry(line(places[0].title), tuple(places), isbn=isbn13(product_id))
        for product_id, places in cited.items()
    }
    taken: dict[str, int] = {}
    for product_id in sorted(found):  # so that the order of the citations does not matter
        key = _key(found[product_id]) or re.sub("[^a-z0-9]", "", product_id.lower()) or "source"
        taken[key] = number = taken.get(key, 0) + 1
        found[product_id] = replace(found[product_id], key=key if number == 1 else f"{key}-{number}")
    return tuple(found.values())


def csl_json(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """The entries as items of CSL-JSON. What is cited of each stands in `locator`, and, place by place, in
    `custom.cited`."""
    return [_item(entry) for entry in entries]


def line(text: str) -> str:
    """`text` on one line, without characters that act on who reads it."""
    return " ".join(harmless(text).split())


def _known(product: Product, citations: tuple[Citation, ...]) -> Entry:
    metadata = product.metadata
    identifiers = [line(identifier) for identifier in metadata.identifiers]
    isbns = (isbn13(text) for text in (*identifiers, product.product_id))
    dois = (match[1] for text in identifiers if (match := _DOI.fullmatch(text)))
    short, subtitle = line(metadata.title), line(metadata.subtitle)
    if subtitle.casefold() in short.casefold():
        subtitle = ""
    return Entry(
        kind=metadata.kind,
        title=f"{short}{' ' if short.endswith(('?', '!', ':')) else ': '}{subtitle}" if subtitle else short,
        short_title=short.rstrip(":") if subtitle else "",
        authors=tuple(person_name(name) for author in metadata.authors if (name := line(author))),
        date=_date(metadata.date),
        publisher=line(metadata.publisher),
        series=line(metadata.series),
        series_number=line(metadata.series_index),
        isbn=next(filter(None, isbns), ""),
        doi=next(dois, ""),
        language=line(metadata.language),
        citations=citations,
    )


def _date(text: str) -> tuple[int, ...]:
    match = _DATE.match(text.strip())
    return tuple(int(part) for part in match.groups() if part) if match else ()


def _key(entry: Entry) -> str:
    """ "osmani2024leading": family name of the first author, year, first word of the title that says something."""
    first = entry.authors[0] if entry.authors else PersonName()
    year = f"{entry.date[0]:04}" if entry.date else ""
    author = "".join(_words(first.family)) or next(iter(_telling(first.literal)), "")
    word = next(iter(_telling(entry.title)), "")
    return f"{author}{year}{word}" if author or word else ""


def _telling(text: str) -> list[str]:
    words = _words(text)
    return [word for word in words if word not in word_list("articles")] or words


def _words(text: str) -> list[str]:
    """The words of `text` in ASCII, as far as its letters have a form there."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return _WORD.findall(re.sub("['’]", "", letters))


def _item(entry: Entry) -> dict[str, object]:
    pages = [_PAGE.fullmatch(place) for place in entry.places]
    # "page" is what styles put before.
    places = [page[1] for page in pages if page] if all(pages) else entry.places
    fields: dict[str, object] = {
        "title-short": entry.short_title,
        "author": [_name(author) for author in entry.authors],
        "issued": {"date-parts": [list(entry.date)]} if entry.date else None,
        "publisher": entry.publisher,
        "collection-title": entry.series,
        "collection-number": entry.series_number if entry.series else "",
        "ISBN": entry.isbn,
        "DOI": entry.doi,
        "language": entry.language,
        "medium": entry.medium,
        "locator": ", ".join(places),
        "custom": {"cited": [citation.model_dump(mode="json") for citation in entry.citations]},
    }
    return {
        "id": entry.key,
        "type": _TYPES[entry.kind][0] if entry.kind else _GONE,
        "title": entry.title,
        **{name: value for name, value in fields.items() if value},
    }


def _name(name: PersonName) -> dict[str, str]:
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
        "literal": name.literal,
    }
    return {part: value for part, value in parts.items() if value}
