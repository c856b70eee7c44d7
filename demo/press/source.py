"""What the writers wrote: a book's folder of chapters, with the metadata and the index's cross-references."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
NUMBERED = re.compile(r"(\d+)-(.+)")


class SourceError(Exception):
    """A source that cannot be built as it stands; the message says where and what to mend."""


@dataclass(frozen=True)
class Metadata:
    """What a catalogue says of a title. `identifier` is a URN; `slug` names the built files."""

    title: str
    subtitle: str
    authors: tuple[str, ...]
    identifier: str
    slug: str
    language: str
    publisher: str
    date: date
    rights: str
    description: str
    topics: tuple[str, ...]


@dataclass(frozen=True)
class ChapterSource:
    """One Markdown file. `stem` is its name without the ending, `part` the part it stands in, if any."""

    stem: str
    part: str | None
    text: str


@dataclass(frozen=True)
class BookSource:
    """A book as written. `see` and `see_also` map an index term to the terms it points at."""

    folder: Path
    metadata: Metadata
    chapters: tuple[ChapterSource, ...]
    see: Mapping[str, tuple[str, ...]]
    see_also: Mapping[str, tuple[str, ...]]


def read_book(folder: Path) -> BookSource:
    """Read `book.toml`, `index.toml` and the numbered chapters, in the order of their names."""
    references = tomllib.loads((folder / "index.toml").read_text("utf-8"))
    return BookSource(
        folder=folder,
        metadata=metadata_from(tomllib.loads((folder / "book.toml").read_text("utf-8"))),
        chapters=tuple(_read_chapter(path) for path in sorted(folder.glob("[0-9]*-*.md"))),
        see=_targets(references.get("see", {})),
        see_also=_targets(references.get("see_also", {})),
    )


def metadata_from(fields: Mapping[str, object]) -> Metadata:
    """Make metadata of a file's fields; every field must be there, and only `subtitle` may be empty."""
    missing = [name for name in Metadata.__dataclass_fields__ if not fields.get(name) and name != "subtitle"]
    if missing:
        raise SourceError(f"{fields.get('title', 'untitled')}: no {', '.join(missing)}")
    text = {name: str(fields.get(name, "")) for name in Metadata.__dataclass_fields__}
    return Metadata(
        title=text["title"],
        subtitle=text["subtitle"],
        authors=_strings(fields["authors"]),
        identifier=text["identifier"],
        slug=text["slug"],
        language=text["language"],
        publisher=text["publisher"],
        date=date.fromisoformat(text["date"]),
        rights=text["rights"],
        description=text["description"],
        topics=_strings(fields["topics"]),
    )


def split_front_matter(text: str) -> tuple[dict[str, object], str]:
    """Part a file into its front matter's fields and what follows.

    A field is `name: value`, the value plain, quoted or a list (`[a, b]`, or `- a` on lines of its own).
    It looks like YAML but a plain value may hold a colon, as titles do.
    """
    match = FRONT_MATTER.match(text)
    if not match:
        return {}, text
    fields: dict[str, object] = {}
    name = ""
    for line in match[1].splitlines():
        item = re.fullmatch(r"\s*- (.+)", line)
        if item:
            fields[name] = (*_strings(fields[name] or ()), _unquoted(item[1]))
        elif line.strip():
            name, _, value = line.partition(":")
            fields[name.strip()] = _field(value.strip())
            name = name.strip()
    return fields, text[match.end() :]


def digest(folder: Path) -> str:
    """Give the SHA-256 of a folder of text files: their names and contents, whatever the line ends."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_text("utf-8").encode()
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _read_chapter(path: Path) -> ChapterSource:
    fields, text = split_front_matter(path.read_text("utf-8"))
    part = fields.get("part")
    return ChapterSource(stem=path.stem, part=str(part) if part else None, text=text)


def _targets(table: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    return {term: _strings(target) for term, target in table.items()}


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else (str(value),)


def _field(value: str) -> object:
    if value.startswith("[") and value.endswith("]"):
        return tuple(_unquoted(item.strip()) for item in re.findall(r'"[^"]*"|[^,]+', value[1:-1]))
    return _unquoted(value)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
