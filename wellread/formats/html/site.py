"""HTML pages that belong together: one file, or a folder of chapters (perhaps zipped) with an index."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from wellread.errors import UnreadableError
from wellread.formats.archive import MAX_ENTRIES, Archive
from wellread.formats.markup.parse import resolved

SUFFIXES = (".html", ".htm", ".xhtml")
INDEXES = ("index.html", "index.htm", "index.xhtml", "toc.html")
_LINK = re.compile(rb"""<a\s[^>]*?href\s*=\s*["']?([^"'\s>]+)""", re.I)
_LOOKED_AT = 4 << 20  # bytes of an index in which links are looked for


class Site(Protocol):
    """Pages by name, relative to the index, with slashes. `index` is the name of the page to begin with."""

    index: str

    def __iter__(self) -> Iterator[str]: ...

    def read(self, name: str) -> bytes: ...


class Folder:
    """A folder of pages. What lies outside of it, or is hidden, is not part of it."""

    def __init__(self, path: Path, index: str) -> None:
        self._path, self.index = path, index

    def __iter__(self) -> Iterator[str]:
        count = 0
        for found in sorted(self._path.rglob("*")):
            name = found.relative_to(self._path).as_posix()
            if not name.lower().endswith(SUFFIXES) or "/." in f"/{name}" or not found.is_file():
                continue
            count += 1
            if count > MAX_ENTRIES:
                raise UnreadableError(
                    f"{self._path.name} holds more than {MAX_ENTRIES:,} pages.",
                    hint="Add its parts one by one.",
                )
            yield name

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()


class ZippedFolder:
    """A zip archive of such a folder; names are those below the folder that holds the index."""

    def __init__(self, archive: Archive, index: str) -> None:
        self._archive = archive
        self._root = index[: index.rfind("/") + 1]
        self.index = index.removeprefix(self._root)

    def __iter__(self) -> Iterator[str]:
        for name in sorted(self._archive):
            own = name.removeprefix(self._root)
            if name.startswith(self._root) and own.lower().endswith(SUFFIXES) and "/." not in f"/{own}":
                yield own

    def read(self, name: str) -> bytes:
        return self._archive.read(self._root + name)


class SinglePage:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path, self.index = path, path.name

    def __iter__(self) -> Iterator[str]:
        return iter((self.index,))

    def read(self, name: str) -> bytes:
        return self._path.read_bytes() if name == self.index else b""


def folder_index(path: Path) -> str | None:
    """The name of a folder's index that links to further pages of the folder, or None."""
    names = {found.name.lower(): found for found in path.iterdir() if found.is_file()}
    for wanted in INDEXES:
        index = names.get(wanted)
        if index is None:
            continue
        with index.open("rb") as stream:
            linked = _linked(stream.read(_LOOKED_AT), index.name)
        if any((path / name).is_file() for name in linked):
            return index.name
    return None


def archive_index(archive: Archive) -> str | None:
    """The entry of the outermost index that links to further pages of the archive, or None."""
    outermost = sorted(archive, key=lambda name: (name.count("/"), name))
    for wanted in INDEXES:
        for name in outermost:
            if name.lower().rpartition("/")[2] == wanted and not name.startswith("__MACOSX/"):
                linked = _linked(archive.read(name)[:_LOOKED_AT], name)
                if any(archive.find(other) for other in linked):
                    return name
                break
    return None


def _linked(index: bytes, name: str) -> Iterator[str]:
    """The other pages that an index links to, as names beside it."""
    for match in _LINK.finditer(index):
        target = resolved(name, match[1].decode("utf-8", "replace"))[0]
        if target.lower().endswith(SUFFIXES) and target != name:
            yield target
