"""While one source is indexed, the next is read: by the reading process, which would have nothing to do meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wellread.formats.document import Document, Source
from wellread.formats.reader_process import ReadingProcess
from wellread.store.catalog.source_files import FileStore, fingerprint


@dataclass(frozen=True, slots=True)
class DraftEdition:
    """A source with the hashes that its files had before it was read. `read` is the reader's signature with what it
    made of it; None when the library had it already."""

    source: Source
    files: dict[str, Path]
    digests: dict[str, str]
    read: tuple[str, Document] | None

    @property
    def mark(self) -> str:
        return fingerprint(self.digests)


class ReadingAhead:
    """Gives the drafts of `sources`, each when it is asked for, in their order; no more than one is read that was not
    asked for. `is_known` tells of a source, by its fingerprint, whether it need not be read; it is called in threads.
    """

    def __init__(
        self,
        process: ReadingProcess,
        files: FileStore,
        sources: Sequence[Source],
        is_known: Callable[[Source, str], bool],
    ) -> None:
        self._process = process
        self._files = files
        self._left = list(reversed(sources))
        self._is_known = is_known
        self._next: asyncio.Task[DraftEdition] | None = None

    async def next(self) -> DraftEdition:
        """The draft of the next source. From now on the one after it is read. Raises what reading it raises."""
        try:
            return await (self._next or self._begin())
        finally:
            self._next = self._begin() if self._left else None

    async def read(self, source: Source) -> tuple[str, Document]:
        """For a draft that was not read, and must be after all."""
        return await asyncio.to_thread(self._process.read, source)

    async def close(self) -> None:
        """Leave what was not asked for. The process must have ended."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)

    def _begin(self) -> asyncio.Task[DraftEdition]:
        return asyncio.create_task(asyncio.to_thread(self._draft, self._left.pop()))

    def _draft(self, source: Source) -> DraftEdition:
        files = {"text": source.path, **source.companions}
        digests = {role: self._files.digest(path) for role, path in files.items()}
        known = self._is_known(source, fingerprint(digests))
        return DraftEdition(source, files, digests, None if known else self._process.read(source))
