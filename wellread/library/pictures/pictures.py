"""Pictures of titles, kept on the disk once they are drawn: covers, pages of PDFs, figures.

They lie under the library's `cache/pictures`, named by the digest of the file that they are drawn from; the folder may
be deleted at any time.
"""

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from wellread.content import Product
from wellread.formats.sandbox import UnfinishedError
from wellread.library.pictures.book_figures import drawing, entry_name
from wellread.library.pictures.thumbnail_process import ThumbnailProcess
from wellread.library.titles import Titles
from wellread.store.catalog.source_files import StoredFile

VERSION = 1  # raised when the same file would be drawn differently
TEXT = "text"  # the role of the file that was read
_RESTS = 300.0  # seconds until what was not finished is tried again: it may be the file that ends the process
_UNFINISHED = 2  # pictures of a file, until all of it rests
_ABSENT = 4_000  # names that are remembered as those of no picture
Gone = Callable[[], Awaitable[bool]]  # whether nobody waits any longer


async def _waits() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of WebP; `tag` changes whenever its bytes may."""

    data: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class _Hand:
    """A process, and whose turn it is."""

    process: ThumbnailProcess = field(default_factory=ThumbnailProcess)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pictures:
    """The pictures of one library. What is not kept yet is drawn one at a time, so that however many are asked for,
    they do not take the threads that others need. Pages are measured beside that: no PDF opens before."""

    def __init__(self, titles: Titles, folder: Path) -> None:
        self._titles = titles
        self._folder = folder
        self.drawer = _Hand()
        self.measurer = _Hand()
        self._resting: dict[Path, float] = {}  # what was not finished, and until when it is not tried again
        # What cannot be drawn, the last of it; nothing is kept of it on the disk.
        self._absent: dict[Path, None] = {}

    def close(self) -> None:
        self.drawer.process.close()
        self.measurer.process.close()

    def source(self, product: Product) -> StoredFile | None:
        """The file that a product's text was read from, while it is there. Blocks."""
        for role, file in self._titles.files(product.product_id):
            if role == TEXT and self.path(file).is_file():
                return file
        return None

    def path(self, file: StoredFile) -> Path:
        return self._titles.path(file)

    async def cover(self, product: Product, *, is_gone: Gone = _waits) -> Picture | None:
        """The cover that its file has; None when it has none that can be shown."""
        file = await self._file(product, "epub", "pdf")
        return (
            await self._picture(file, "cover", f"{product.format}_cover", is_gone=is_gone) if file else None
        )

    async def page(self, product: Product, number: int, *, is_gone: Gone = _waits) -> Picture | None:
        """A page of a PDF."""
        file = await self._file(product, "pdf")
        if file is None or not 0 < number <= len(await self.sizes(product)):
            return None
        return await self._picture(file, f"page-{number}", "pdf_page", number, is_gone=is_gone)

    async def figure(self, product: Product, entry: str, *, is_gone: Gone = _waits) -> Picture | None:
        """A picture of an EPUB by its name in the archive."""
        file = await self._file(product, "epub")
        # Its own name is what it is kept by, however it was spelled.
        name = await asyncio.to_thread(entry_name, self.path(file), file.sha256, entry) if file else None
        if file is None or name is None:
            return None
        kind = f"figure-{hashlib.sha256(name.encode()).hexdigest()[:24]}"
        return await self._picture(file, kind, "epub_picture", name, is_gone=is_gone)

    async def drawing(self, product: Product, entry: str) -> bytes | None:
        """An SVG of an EPUB, as it is: see `book_figures`."""
        file = await asyncio.to_thread(self.source, product) if product.format == "epub" else None
        return await asyncio.to_thread(drawing, self.path(file), entry) if file else None

    async def sizes(self, product: Product) -> list[tuple[float, float]]:
        """Width and height of each page of a PDF, in points; none when it cannot be drawn."""
        file = await asyncio.to_thread(self.source, product) if product.format == "pdf" else None
        if file is None:
            return []
        process = self.measurer.process
        kept = await self._kept(
            self.measurer, file, "sizes.json", lambda: _json(process.draw("pdf_sizes", self.path(file)))
        )
        return [(across, down) for across, down in json.loads(kept or b"[]")]

    async def _file(self, product: Product, *formats: str) -> StoredFile | None:
        return await asyncio.to_thread(self.source, product) if product.format in formats else None

    async def _picture(
        self, file: StoredFile, kind: str, name: str, *arguments: str | int, is_gone: Gone
    ) -> Picture | None:
        path, process = self.path(file), self.drawer.process
        data = await self._kept(
            self.drawer, file, f"{kind}.webp", lambda: process.draw(name, path, *arguments) or b"", is_gone
        )
        return Picture(data, f"{file.sha256[:24]}-{kind}-{VERSION}") if data else None

    async def _kept(
        self, hand: _Hand, file: StoredFile, name: str, draw: Callable[[], bytes], is_gone: Gone = _waits
    ) -> bytes:
        """What cannot be drawn is b"", and remembered for a while; what was not finished is tried again later."""
        path = self._folder / f"v{VERSION}" / file.sha256[:2] / f"{file.sha256}-{name}"
        data = await asyncio.to_thread(_read, path)
        if data is not None:
            return data
        if path in self._absent:
            return b""
        async with hand.turn:
            data = await asyncio.to_thread(_read, path)  # somebody else may have had it drawn meanwhile
            if data is not None:
                return data
            if path in self._absent or self._rests(path, file) or await is_gone():
                return b""
            try:
                data = await asyncio.to_thread(draw)
            except UnfinishedError:
                self._resting[path] = time.monotonic() + _RESTS
                return b""
            if data:
                await asyncio.to_thread(_write, path, data)
            else:
                self._absent[path] = None
                if len(self._absent) > _ABSENT:
                    del self._absent[next(iter(self._absent))]
        return data

    def _rests(self, path: Path, file: StoredFile) -> bool:
        now = time.monotonic()
        self._resting = {path: until for path, until in self._resting.items() if until > now}
        unfinished = sum(other.name.startswith(file.sha256) for other in self._resting)
        return path in self._resting or unfinished >= _UNFINISHED


def _json(sizes: list[tuple[float, float]] | None) -> bytes:
    return json.dumps(sizes or []).encode()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing; when the disk is full, nothing is kept."""
    partial = path.with_name(f".{uuid.uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
