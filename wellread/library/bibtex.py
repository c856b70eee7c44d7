"""Entries of a bibliography as BibTeX, in UTF-8.

The libraries that write BibTeX were tried: pybtex and bibtexparser leave the backslashes of a title as commands and
fail or break the file at a lone brace, and both want a person's name split before.
"""

from collections.abc import Sequence

from wellread.content import ProductKind
from wellread.library.bibliography import Entry
from wellread.library.person_names import PersonName

_ESCAPED = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_"}
    | {
        # Written as commands: BibTeX counts braces also behind a backslash.
        "{": "\\textbraceleft{}",
        "}": "\\textbraceright{}",
        "\\": "\\textbackslash{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
        # Plain TeX fonts have other characters in these places.
        "<": "\\textless{}",
        ">": "\\textgreater{}",
        "|": "\\textbar{}",
    }
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def bibtex(entries: Sequence[Entry]) -> str:
    """The entries, each ending with a blank line but the last; "" for none."""
    return "\n".join(map(_entry, entries))


def escaped(text: str) -> str:
    """`text` as LaTeX that prints exactly it, its braces balanced."""
    return text.translate(_ESCAPED)


def _entry(entry: Entry) -> str:
    fields = {
        "author": " and ".join(map(_name, entry.authors)),
        # The inner braces keep a style from changing capitals, which are part of a name.
        "title": f"{{{escaped(entry.title)}}}",
        "publisher": escaped(entry.publisher),
        "year": f"{entry.date[0]:04}" if entry.date else "",
        "series": escaped(entry.series),
        "number": escaped(entry.series_number) if entry.series else "",
        "isbn": entry.isbn,
        "doi": entry.doi,
        "language": escaped(entry.language),
        "howpublished": entry.medium,
        "annote": escaped(f"Cited: {'; '.join(entry.places)}") if entry.places else "",
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    if len(entry.date) > 1:
        lines.append(f"  month = {_MONTHS[entry.date[1] - 1]},\n")
    kind = "book" if entry.kind is ProductKind.BOOK else "misc"
    return f"@{kind}{{{entry.key},\n{''.join(lines)}}}\n"


def _name(name: PersonName) -> str:
    if name.literal:
        return f"{{{escaped(name.literal)}}}"
    family = escaped(name.family)
    if " " in family or family[0].islower():
        family = f"{{{family}}}"  # BibTeX takes its lower-case words for a particle
    before = f"{name.particle} " if name.particle else ""
    suffix = f", {name.suffix}" if name.suffix else ""
    return f"{before}{family}{suffix}, {escaped(name.given)}"
