"""The front matter of a Markdown file: YAML between dashes, or TOML between plus signs."""

import datetime
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import yaml

from wellread.content import Metadata
from wellread.formats.isbn import isbn13

_FENCE = re.compile(r"(---|\+\+\+)[ \t]*$")
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w .-]*?)\s*:(?:\s+(?P<value>.*))?$")
_NOTHING = ("", "~", "null")
_MOST_LINES = 500
_MOST_CHARACTERS = 65_536  # that are read; PyYAML takes a second for half a million

_KEYS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "subtitle": ("subtitle",),
    "authors": ("author", "authors", "creator"),
    "publisher": ("publisher",),
    "date": ("date", "published", "pubdate"),
    "language": ("language", "lang"),
    "description": ("description", "summary", "abstract"),
    "topics": ("tags", "keywords", "topics", "subject", "categories"),
    "isbn": ("isbn",),
    "series": ("series",),
    "rights": ("rights", "license", "copyright"),
}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says: for each key (in lower case) its texts. `lines`: how many it takes."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lines: int = 0

    @classmethod
    def of(cls, content: Mapping[str, object], lines: int = 0) -> "FrontMatter":
        return cls({str(key).lower(): _texts(value) for key, value in content.items()}, lines)

    def texts(self, name: str) -> tuple[str, ...]:
        for key in _KEYS[name]:
            if found := tuple(self.values.get(key, ())):
                return found
        return ()

    def text(self, name: str) -> str:
        return next(iter(self.texts(name)), "")

    def metadata(self, title: str) -> Metadata:
        """`title` is what the product is called if the front matter does not say."""
        isbn = isbn13(self.text("isbn"))
        date = re.match(r"\d{4}(?:-\d\d(?:-\d\d)?)?(?![\d/])", self.text("date"))
        language = self.text("language").replace("_", "-")
        return Metadata(
            self.text("title") or title,
            subtitle=self.text("subtitle"),
            authors=_persons(self.texts("authors")),
            publisher=self.text("publisher"),
            date=date[0] if date else "",
            language=language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else "",
            description=self.text("description"),
            topics=_separate(self.texts("topics")),
            identifiers=(f"urn:isbn:{isbn}",) if isbn else (),
            series=self.text("series"),
            rights=self.text("rights"),
        )


def front_matter(lines: Sequence[str]) -> FrontMatter:
    """The front matter at the very beginning of a file; an empty one when there is none."""
    opening = _FENCE.match(lines[0]) if lines else None
    if not opening:
        return FrontMatter()
    closings = (opening[1], "...") if opening[1] == "---" else (opening[1],)
    end = next((n for n, line in enumerate(lines[1:_MOST_LINES], 1) if line.rstrip() in closings), None)
    if end is None:
        return FrontMatter()
    body = lines[1:end]
    if sum(map(len, body)) > _MOST_CHARACTERS:
        return FrontMatter(lines=end + 1)
    if opening[1] == "+++":
        return FrontMatter.of(_toml("\n".join(body)), end + 1)
    if body and not any(_KEY.match(line) for line in body):
        return FrontMatter()  # a rule and another one below, not front matter
    return FrontMatter.of(_yaml(body), end + 1)


def _toml(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _yaml(lines: Sequence[str]) -> dict[str, object]:
    """The keys at the top. What is no YAML as a whole is read key by key, and such a value as it stands."""
    content = _loaded("\n".join(lines))
    if isinstance(content, dict):
        return content
    starts = [number for number, line in enumerate(lines) if _KEY.match(line)]
    found: dict[str, object] = {}
    for start, end in pairwise([*starts, len(lines)]):
        if match := _KEY.match(lines[start]):
            found[match["key"]] = _value(match["value"] or "", lines[start + 1 : end])
    return found


def _value(first: str, below: Sequence[str]) -> object:
    value = _loaded("\n".join([f" {first}", *below]))
    if isinstance(value, str | list) or (isinstance(value, dict) and not first.strip()):
        return value
    return " ".join([first, *map(str.strip, below)])


def _loaded(text: str) -> object:
    """What YAML says, every scalar as the text that is written there; None if it is none."""
    # The last two: \\U beyond Unicode.
    with suppress(yaml.YAMLError, RecursionError, ValueError, OverflowError):
        return yaml.load(text.expandtabs(2), yaml.BaseLoader)
    return None


def _texts(value: object) -> list[str]:
    """What stands in a value or in its list, and the `name` of mappings: no deeper, however it is nested."""
    items = value if isinstance(value, list) else [value]
    named = [item.get("name", "") if isinstance(item, dict) else item for item in items]
    return [
        text.isoformat() if isinstance(text, datetime.date) else str(text).strip()
        for text in named
        if isinstance(text, str | int | float | datetime.date) and text not in _NOTHING
    ]


def _persons(texts: Sequence[str]) -> tuple[str, ...]:
    parts = (
        part.strip() for text in texts for part in re.split(r";|\s+and\s+|,(?=[^,]*\s[^,]*)|\s+<[^>]*>", text)
    )
    return tuple(dict.fromkeys(part for part in parts if part))


def _separate(texts: Sequence[str]) -> tuple[str, ...]:
    parts = (part.strip() for text in texts for part in (text.split(",") if len(texts) == 1 else [text]))
    return tuple(dict.fromkeys(part for part in parts if part))
