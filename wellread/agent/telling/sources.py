"""The sources of an answer as Markdown: its titles, numbered, with the places that were cited of each."""

from collections.abc import Iterator, Sequence

from wellread.events import Citation
from wellread.grounding.inline import inert
from wellread.library.bibliography import Entry, line
from wellread.library.person_names import PersonName
from wellread.library.scope import below_title

_MOST_AUTHORS = 3


def sources(entries: Sequence[Entry]) -> str:
    """The list, ending with a line break; "" for none. A title, name or quote shows as it is and makes no link."""
    return "".join(text for number, entry in enumerate(entries, 1) for text in _lines(number, entry))


def _lines(number: int, entry: Entry) -> Iterator[str]:
    indent = " " * len(f"{number}. ")
    yield f"{number}. {_described(entry)}\n"
    for citation in {(c.number, c.anchor): c for c in entry.citations}.values():
        yield f"{indent}- {_cited(citation)}\n"


def _described(entry: Entry) -> str:
    names = [_name(author) for author in entry.authors]
    if len(names) > _MOST_AUTHORS:
        names = [names[0], f"{len(names) - 1} others"]
    authors = inert(" and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names))
    published = ", ".join(filter(None, (entry.publisher, f"{entry.date[0]:04}" if entry.date else "")))
    parts = (
        f"{authors}: " if authors else "",
        f"*{inert(entry.title)}*",
        f" ({entry.medium.lower()})" if entry.medium else "",
        f", {inert(published)}" if published else "",
        f", ISBN {entry.isbn}" if entry.isbn else "",
    )
    return "".join(parts)


def _cited(citation: Citation) -> str:
    section = below_title(citation.title, citation.section)
    where = inert(", ".join(filter(None, (line(section), line(citation.place)))))
    anchor = line(citation.anchor).replace("`", "")
    return f"[{citation.number}] {where}{': ' if where else ''}“{inert(line(citation.quote))}” `{anchor}`"


def _name(name: PersonName) -> str:
    parts = (name.literal, name.given, name.particle, name.family, name.suffix)
    return " ".join(part for part in parts if part)
