"""The metadata of an HTML page: its title, `meta` elements and language."""

from typing import Any

from wellread.content import Metadata
from wellread.formats.dates import iso_date
from wellread.formats.isbn import isbn_in
from wellread.formats.markup.block_drafts import one_line
from wellread.formats.markup.parse import local_name

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TOLD_BY = ("meta", "title", "h2", "h3", "h4", "span", "p")
_AUTHOR_CLASSES = frozenset({"author", "corpauthor"})


def metadata(root: Any) -> Metadata:
    """What a page says about itself; `title` is "" if it says none."""
    named: dict[str, list[str]] = {}
    title = ""
    byline: list[str] = []
    for element in root.iter(*("{*}" + name for name in _TOLD_BY)):
        name = local_name(element)
        if name == "meta":
            key = (element.get("name") or element.get("property") or "").lower()
            key = key.replace("dcterms.", "dc.").replace("dc:", "dc.").replace("dcterms:", "dc.")
            if key and (content := one_line(element.get("content") or "")):
                named.setdefault(key, []).append(content)
        elif name == "title" and not title:
            title = one_line("".join(element.itertext()))
        elif _AUTHOR_CLASSES & set((element.get("class") or "").split()):
            byline.append(one_line("".join(element.itertext())))

    def all_of(*keys: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for key in keys for text in named.get(key, ())))

    def first(*keys: str) -> str:
        return next(iter(all_of(*keys)), "")

    topics = [part.strip() for text in all_of("keywords", "dc.subject") for part in text.split(",")]
    language = root.get("lang") or root.get(_LANG) or first("dc.language", "language")
    return Metadata(
        title=first("dc.title", "citation_title") or title or first("og:title"),
        authors=all_of("author", "dc.creator", "citation_author")
        or tuple(dict.fromkeys(filter(None, byline[:4]))),
        contributors=all_of("dc.contributor"),
        publisher=first("dc.publisher", "citation_publisher", "publisher"),
        date=iso_date(
            first(
                "dc.date",
                "date",
                "dc.date.issued",
                "dc.issued",
                "citation_publication_date",
                "article:published_time",
            )
        ),
        language=language.strip().replace("_", "-"),
        description=first("description", "dc.description", "og:description"),
        topics=tuple(dict.fromkeys(topic for topic in topics if topic)),
        identifiers=tuple(
            _identifier(text) for text in all_of("dc.identifier", "citation_isbn", "citation_doi")
        ),
        rights=first("dc.rights", "rights", "copyright"),
    )


def _identifier(text: str) -> str:
    isbn = isbn_in(text) if len(text) <= 30 else ""
    return f"urn:isbn:{isbn}" if isbn else text
