"""A zip archive read by entry, in memory. Nothing is ever extracted, so no entry's name is ever a path."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from unicodedata import normalize
from urllib.parse import unquote

from wellread.errors import UnreadableError

_MEBIBYTE = 1 << 20
MAX_ENTRIES = 10_000
MAX_UNPACKED = 2 << 30  # bytes, all entries together
MAX_ENTRY = 512 * _MEBIBYTE  # bytes of one entry that is read
MAX_RATIO = 200  # unpacked to packed, for entries of more than RATIO_FLOOR bytes
RATIO_FLOOR = 4 * _MEBIBYTE
_PIECE = _MEBIBYTE
_ENCRYPTED = 0x1  # bit 0 of an entry's general purpose flags

_BOMB_HINT = (
    "Such an archive is made to exhaust the computer that opens it. Make a new one from the original files."
)
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
_DAMAGED_HINT = "The file is damaged or was not downloaded to its end. Fetch it again and add the new copy."


class DamagedEntryError(UnreadableError):
    """One entry cannot be read; others may."""


class Archive:
    """The entries of one zip file by name.

    What the directory of the archive declares is checked when it is opened; what comes out is counted while
    it is inflated, because a declared size may lie. Raises UnreadableError for an archive that is damaged,
    encrypted or made to explode. Names that point outside the archive are left out and listed in `refused`.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise _not_a_zip(path) from error
        except (NotImplementedError, ValueError, EOFError) as error:
            raise UnreadableError(f"{path.name} is a damaged zip archive.", hint=_DAMAGED_HINT) from error
        self._name = path.name
        self._inflated = 0
        self.refused: list[str] = []
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._folded: dict[str, str] = {}
        try:
            self._admit(self._zip.infolist())
        except UnreadableError:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def _admit(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > MAX_ENTRIES:
            message = f"{self._name} holds {len(infos):,} entries; {MAX_ENTRIES:,} are allowed."
            raise UnreadableError(message, hint="Leave out what is not part of the book, and add it again.")
        declared = sum(info.file_size for info in infos)
        if declared > MAX_UNPACKED:
            raise UnreadableError(
                f"{self._name} would unpack to {declared / (1 << 30):,.1f} GiB; 2 GiB are allowed.",
                hint=_BOMB_HINT,
            )
        _refuse_bomb(self._name, declared, sum(info.compress_size for info in infos))
        for info in infos:
            _refuse_bomb(f"{info.filename!r} in {self._name}", info.file_size, info.compress_size)
            name = info.filename.replace("\\", "/")
            if name.startswith("/") or ".." in name.split("/") or name[1:3] == ":/" or "\0" in name:
                self.refused.append(info.filename)
            elif not name.endswith("/"):
                self._entries[name] = info
                self._folded.setdefault(_fold(name), name)

    def find(self, name: str) -> str | None:
        """The entry meant by `name`: as spelled, percent-decoded, or differing in case or Unicode form
        only."""
        if name in self._entries:
            return name
        decoded = unquote(name)
        if decoded in self._entries:
            return decoded
        return self._folded.get(_fold(decoded))

    def size(self, name: str) -> int:
        """How many bytes an entry that `find` gave declares to have."""
        return self._entries[name].file_size

    def read(self, name: str) -> bytes:
        """The bytes of an entry that `find` gave.

        Raises DamagedEntryError when it is damaged, UnreadableError when it is encrypted or inflates to
        more than it declared or may.
        """
        info = self._readable(name)
        if info.file_size > MAX_ENTRY:
            size = f"{info.file_size / _MEBIBYTE:,.0f} MiB"
            raise UnreadableError(
                f"{name!r} in {self._name} is {size} long; 512 MiB are allowed.",
                hint="Split it into chapters.",
            )
        pieces = []
        left = info.file_size
        try:
            with self._zip.open(info) as stream:
                while piece := stream.read(_PIECE):
                    pieces.append(piece)
                    left -= len(piece)
                    self._inflated += len(piece)
                    if left < 0 or self._inflated > MAX_UNPACKED:
                        raise UnreadableError(
                            f"{name!r} in {self._name} is longer than it says.", hint=_BOMB_HINT
                        )
        except _DAMAGES as error:
            raise self._damaged(name) from error
        return b"".join(pieces)

    def head(self, name: str, length: int) -> bytes:
        """The first bytes of an entry that `find` gave, no more than `length` of them; no more are inflated.

        Raises what `read` raises, as far as the beginning tells.
        """
        info = self._readable(name)
        try:
            with self._zip.open(info) as stream:
                return stream.read(length)
        except _DAMAGES as error:
            raise self._damaged(name) from error

    def _readable(self, name: str) -> zipfile.ZipInfo:
        info = self._entries[name]
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableError(
                f"{self._name} is protected by a password.",
                hint="Unpack it with its password and add an open copy.",
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableError(
                f"{name!r} in {self._name} is packed by an unusual method.",
                hint="Pack the files again as an ordinary zip archive.",
            )
        return info

    def _damaged(self, name: str) -> DamagedEntryError:
        return DamagedEntryError(f"{name!r} in {self._name} is damaged.", hint=_DAMAGED_HINT)


def _refuse_bomb(what: str, unpacked: int, packed: int) -> None:
    if unpacked > RATIO_FLOOR and unpacked > MAX_RATIO * max(packed, 1):
        size = f"{unpacked / _MEBIBYTE:,.0f} MiB, more than {MAX_RATIO} times its packed size"
        raise UnreadableError(f"{what} would unpack to {size}.", hint=_BOMB_HINT)


def _fold(name: str) -> str:
    return normalize("NFC", name).casefold()


def _not_a_zip(path: Path) -> UnreadableError:
    with path.open("rb") as stream:
        head = stream.read(4)
    if head == b"PK\x03\x04":
        return UnreadableError(f"{path.name} is a zip archive without its end.", hint=_DAMAGED_HINT)
    if not head:
        return UnreadableError(f"{path.name} is empty.", hint=_DAMAGED_HINT)
    return UnreadableError(
        f"{path.name} is not a zip archive, whatever its name says.",
        hint="Open it in the program that made it and save it as EPUB, or give it the ending of what it is.",
    )
