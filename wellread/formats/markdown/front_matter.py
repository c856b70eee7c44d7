"""The front matter of a Markdown file: a small part of YAML between dashes, or TOML between plus signs."""

import datetime
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wellread.content import Metadata
from wellread.formats.isbn import isbn13

_FENCE = re.compile(r"(---|\+\+\+)[ \t]*$")
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w .-]*?)\s*:(?:\s+(?P<value>.*))?$")
_DASH = re.compile(r"\s*-\s+(?P<value>.*)$")
_BLOCK_SCALAR = re.compile(r"[|>][+-]?\d?$")
_LONGEST = 500  # lines

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

    def texts(self, name: str) -> tuple[str, ...]:
        for key in _KEYS[name]:
            if found := tuple(text for text in self.values.get(key, ()) if text):
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
    """The front matter at the very beginning of a file; an empty one when there is none.

    Of YAML it reads scalars, quoted and folded texts, lists in brackets or with dashes, and the `name` of
    mappings in a list; the rest is passed over.
    """
    opening = _FENCE.match(lines[0]) if lines else None
    if not opening:
        return FrontMatter()
    closings = (opening[1], "...") if opening[1] == "---" else (opening[1],)
    end = next((n for n, line in enumerate(lines[1:_LONGEST], 1) if line.rstrip() in closings), None)
    if end is None:
        return FrontMatter()
    body = lines[1:end]
    if opening[1] == "+++":
        return FrontMatter(_toml("\n".join(body)), end + 1)
    if body and not any(_KEY.match(line) for line in body):
        return FrontMatter()  # a rule and another one below, not front matter
    return FrontMatter(_yaml(body), end + 1)


def _toml(text: str) -> dict[str, list[str]]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    return {key.lower(): _strings(value) for key, value in content.items()}


def _strings(value: object) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    if isinstance(value, dict):
        return _strings(value.get("name", ""))
    if isinstance(value, datetime.date):
        return [value.isoformat()]
    return [str(value)] if isinstance(value, str | int | float) else []


def _yaml(lines: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    number = 0
    while number < len(lines):
        match = _KEY.match(lines[number])
        number += 1
        if not match:
            continue
        first = number
        while number < len(lines) and (
            lines[number][:1] in ("", " ", "\t", "#") or _DASH.match(lines[number])
        ):
            number += 1
        found[match["key"].lower()] = _value((match["value"] or "").strip(), lines[first:number])
    return found


def _value(value: str, below: Sequence[str]) -> list[str]:
    """The texts of a key: what stands behind its colon, and on the lines below that belong to it."""
    if _BLOCK_SCALAR.match(value):
        joint = "\n" if value[0] == "|" else " "
        return [joint.join(line.strip() for line in below).strip()]
    if value.startswith("["):
        return _bracketed(" ".join([value, *(line.strip() for line in below)]))
    if value and not value.startswith("#"):
        return [_scalar(" ".join([value, *(line.strip() for line in below if line.strip())]))]
    items: list[str] = []
    for line in below:
        dashed = _DASH.match(line)
        text = dashed["value"] if dashed else line.strip()
        pair = _KEY.match(text)
        if pair and pair["key"].lower() == "name":
            items.append(_scalar((pair["value"] or "").strip()))
        elif dashed and not pair:
            items.append(_scalar(text.strip()))
    return items


def _bracketed(text: str) -> list[str]:
    inner = text[1 : text.rfind("]")] if "]" in text else text[1:]
    return [
        _scalar(item.strip()) for item in re.findall(r'"[^"]*"|\'[^\']*\'|[^,"\']+', inner) if item.strip()
    ]


def _scalar(text: str) -> str:
    if text[:1] == '"' and (end := re.match(r'"((?:[^"\\]|\\.)*)"', text)):
        return re.sub(r"\\(.)", lambda escape: {"n": "\n", "t": " "}.get(escape[1], escape[1]), end[1])
    if text[:1] == "'" and (end := re.match(r"'((?:[^']|'')*)'", text)):
        return end[1].replace("''", "'")
    text = re.split(r"\s#", text)[0].strip()
    return "" if text in ("~", "null", "{}") else text


def _persons(texts: Sequence[str]) -> tuple[str, ...]:
    parts = (
        part.strip() for text in texts for part in re.split(r";|\s+and\s+|,(?=[^,]*\s[^,]*)|\s+<[^>]*>", text)
    )
    return tuple(dict.fromkeys(part for part in parts if part))


def _separate(texts: Sequence[str]) -> tuple[str, ...]:
    parts = (part.strip() for text in texts for part in (text.split(",") if len(texts) == 1 else [text]))
    return tuple(dict.fromkeys(part for part in parts if part))
