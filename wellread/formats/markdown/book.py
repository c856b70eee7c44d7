"""A folder (or zip) of Markdown chapters with an index: which files, in which order and depth."""

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from wellread.errors import UnreadableError
from wellread.formats.archive import Archive
from wellread.formats.markdown.blocks import MarkdownText
from wellread.formats.markdown.front_matter import front_matter
from wellread.text.encoding import decode

SUFFIXES = frozenset({".md", ".markdown", ".mdown"})
# mdBook's and GitBook's own file first: a README beside it is an ordinary chapter.
_INDEXES = ("summary", "toc", "_sidebar", "index", "readme")
_SURE = frozenset({"summary", "toc", "_sidebar"})  # files that are made to be an index and nothing else
_OWN_TITLES = frozenset({"summary", "table of contents", "contents", "toc", ""})
_OTHER_PRODUCTS = frozenset({".epub", ".pdf", ".vtt", ".srt", ".html", ".htm", ".xhtml"})
_PLACES = ("", "src/", "docs/")
_SKIPPED = frozenset({"node_modules", "__pycache__", "target", "_build"})
_MOST_FILES = 5000
_LONGEST = 64 << 20  # bytes of one chapter


class ChapterPages(Protocol):
    """The files of a book by their names, with "/" between folders."""

    def names(self) -> Sequence[str]: ...

    def text(self, name: str) -> tuple[str, str]:
        """What a file holds, and a warning if its encoding was guessed."""
        ...


class FolderPages:
    """The Markdown files below a folder; nothing outside it is ever read, whatever a link says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Sequence[str]:
        """Nothing where no file is called like an index: a library must not be listed for each folder."""
        if not any(self._has_index(self._folder / inner) for inner in _PLACES):
            return []
        found: list[str] = []
        for folder, inner, files in os.walk(self._folder):
            inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in _SKIPPED)
            base = Path(folder).relative_to(self._folder)
            found += [(base / name).as_posix() for name in sorted(files) if not name.startswith(".")]
            if len(found) > _MOST_FILES:
                return []
        return found

    @staticmethod
    def _has_index(folder: Path) -> bool:
        return folder.is_dir() and any(
            path.suffix.lower() in SUFFIXES and _stem(path.name) in _INDEXES for path in folder.iterdir()
        )

    def text(self, name: str) -> tuple[str, str]:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise UnreadableError(
                f"{name} leads out of the folder.", hint="Put a copy of the file into the folder."
            )
        if path.stat().st_size > _LONGEST:
            raise UnreadableError(f"{name} is longer than 64 MiB.", hint="Split it into chapters.")
        return decode(path.read_bytes(), name)


class ZipPages:
    """The entries of a zip archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def names(self) -> Sequence[str]:
        return sorted(name for name in self._archive if not name.startswith("__MACOSX/"))

    def text(self, name: str) -> tuple[str, str]:
        return decode(self._archive.read(name), name)


@dataclass(frozen=True, slots=True)
class ChapterFile:
    """A line of the index: a file with its title and depth, or ("" for `name`) the title of a part."""

    name: str
    title: str
    depth: int


@dataclass(frozen=True, slots=True)
class Book:
    """The index, the chapters in order, and the Markdown files that the index does not name."""

    index: str
    chapters: tuple[ChapterFile, ...]
    unlisted: tuple[str, ...]

    @property
    def index_is_chapter(self) -> bool:
        """Whether the index has text of its own: index.md and README.md do, SUMMARY.md does not."""
        return _stem(self.index) not in _SURE


def book(pages: ChapterPages) -> Book | None:
    """The book that the files are, or None if no index links to them.

    An index.md or README.md counts only if it links to at least two files that are at least half of all, and
    if no other products lie beside it, so that a library with a README is not taken for a book.
    """
    names = pages.names()
    known = {name for name in names if posixpath.splitext(name)[1].lower() in SUFFIXES}
    for index in _candidates(known):
        chapters = tuple(_chapters(pages.text(index)[0], index, known))
        listed = {chapter.name for chapter in chapters if chapter.name}
        if not listed:
            continue
        if _stem(index) not in _SURE:
            others = any(posixpath.splitext(name)[1].lower() in _OTHER_PRODUCTS for name in names)
            if others or len(listed) < 2 or len(listed) * 2 < len(known) - 1:
                continue
        unlisted = tuple(sorted(known - listed - {index}))
        return Book(index, chapters, unlisted)
    return None


def _candidates(known: set[str]) -> list[str]:
    """The files that may be the index, likeliest first: at the top, or in the only folder or `src`."""
    tops = {name.split("/")[0] for name in known}
    only = f"{next(iter(tops))}/" if len(tops) == 1 else ""
    folders = dict.fromkeys(top + place for top in ("", only) for place in _PLACES)
    found = [
        name
        for folder in folders
        for name in known
        if name.startswith(folder) and "/" not in name[len(folder) :] and _stem(name) in _INDEXES
    ]
    return sorted(dict.fromkeys(found), key=lambda name: (_INDEXES.index(_stem(name)), name.count("/"), name))


def _stem(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[0].lower()


def _chapters(text: str, index: str, known: set[str]) -> Iterator[ChapterFile]:
    """The links of an index that lead to files beside it, each file once; and in SUMMARY.md the parts."""
    lines = text.split("\n")
    folder = posixpath.dirname(index)
    folded = {name.casefold(): name for name in known}
    seen = {index}
    part = 0
    for depth, href, title in MarkdownText(lines[front_matter(lines).lines :], index).links():
        if depth < 0:
            if _stem(index) in _SURE and title.casefold() not in _OWN_TITLES:
                part = 1
                yield ChapterFile("", title, 0)
            continue
        path = re.split(r"[?#]", href)[0]
        if not path or re.match(r"[a-z][a-z0-9+.-]*:|/", path, re.I):
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(path)))
        found = next((folded[n] for n in _spellings(name) if n in folded), None)
        if found and found not in seen:
            seen.add(found)
            yield ChapterFile(found, title, part + max(depth - 1, 0))


def _spellings(name: str) -> Iterator[str]:
    folded = name.casefold()
    yield folded
    yield folded + ".md"
    yield folded.removesuffix(".html") + ".md"
    yield folded + "/index.md"
    yield folded + "/readme.md"
