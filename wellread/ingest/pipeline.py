"""Adding to the library: read → structure → save → index. Vectors follow.

The order makes it safe to kill at any moment: source files are kept first (by hash), then the edition in one
transaction, then its passages (by fixed ids), then the mark that they are indexed. What is missing at any
point is seen from the catalog and the index, and done by `finish` and `embed`.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from wellread import malloc
from wellread.content import Product
from wellread.embedding.plan import EmbeddingPlans, Machine
from wellread.embedding.queue import EmbeddingQueue, opened_queue
from wellread.errors import ForbiddenError, UnreadableError, WellreadError
from wellread.formats.discovery import same_place
from wellread.formats.document import Document, Source
from wellread.formats.reader_process import ReadingProcess
from wellread.formats.registry import reader_for, signature
from wellread.import_events import FileReading, FileRefused, Outcome, ProductAdded, VectorsMade, WaitingFor
from wellread.index.passages import Embedder, PassageIndex, text_to_embed
from wellread.ingest.identity import apart, edition_id, has_firm_identity, product_id
from wellread.ingest.index_form import as_index
from wellread.ingest.passages import passages
from wellread.ingest.reading_ahead import ReadingAhead
from wellread.ingest.sections import sections
from wellread.ingest.vectors import embed
from wellread.settings import Settings
from wellread.store.catalog.catalog import Catalog, Edition, Known
from wellread.store.catalog.source_files import FileStore
from wellread.store.locks import ADDING, EMBEDDING, acquired, lock

_PUT_ROWS = 2000  # passages given to the index at once: bounds memory, whatever a book's size
_TRIM_BOOKS = (
    32  # after which memory that is free is given back: threads that took turns leave some everywhere
)
_SAMPLE = 512  # passages, those of middle length of which are measured with
_T = TypeVar("_T")


class Pipeline:
    """Writes to catalog, files and index; several processes may, one at a time."""

    vector_rows = 192  # passages whose vectors are written at once: a kill loses no more than these

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        files: FileStore,
        index: PassageIndex,
        embedder: Embedder | None,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._files = files
        self._index = index
        self._embedder = embedder

    async def add(
        self, sources: Iterable[Source | WellreadError], collection: str = "", *, may_replace: bool = True
    ) -> AsyncGenerator[FileReading | ProductAdded | FileRefused | WaitingFor, None]:
        """Add each source; afterwards each is searchable by keyword, and `embed` gives it vectors.

        Unless it `may_replace` titles, what is here stays as it is: a source that says by its id or ISBN that it is
        a title of the library is refused, and one that is only named like a title is another product.
        """
        found = list(sources)
        held = self._lock(ADDING)
        if not acquired(held):
            yield WaitingFor.model_validate({"for": "another `wellread add`"})
            await _acquire(held)
        try:
            await self._find_lost()
            await self.finish()
            await asyncio.to_thread(self._files.sweep)
            async with self._reading(
                [source for source in found if isinstance(source, Source)], may_replace=may_replace
            ) as reading:
                for number, source in enumerate(found, 1):
                    if isinstance(source, WellreadError):
                        yield FileRefused.of(source)
                        continue
                    yield FileReading(path=str(source.path), number=number, total=len(found))
                    if number % _TRIM_BOOKS == 0:
                        await asyncio.to_thread(malloc.trim)
                    try:
                        yield await self._add(reading, collection, may_replace=may_replace)
                    except WellreadError as error:
                        yield FileRefused.of(error, source.path)
        finally:
            held.release()

    async def finish(self) -> None:
        """Do what a killed `add`, `rm` or `reindex` left undone for keyword search."""
        for product in await asyncio.to_thread(self._catalog.removals):
            await self._index.keep_only(product, ())
            await asyncio.to_thread(self._catalog.removed, product)
        for product in await asyncio.to_thread(self._catalog.to_index):
            await self._index_product(product)

    async def take_up(self) -> bool:
        """`finish`, and rebuild what the index has lost. False when another process is at work on it."""
        held = self._lock(ADDING)
        if not acquired(held):
            return False
        try:
            await self._find_lost()
            await self.finish()
        finally:
            held.release()
        return True

    async def _find_lost(self) -> None:
        """Make index and catalog agree again where something else than a kill parted them: the folder of the index
        was deleted, or the catalog restored from a backup."""
        if await self._index.count() == await asyncio.to_thread(self._catalog.passages):
            return
        rows = await self._index.products()
        held = {p.product_id: p.passages for p in await asyncio.to_thread(self._catalog.products)}
        for stranger in rows.keys() - held.keys():
            await self._index.keep_only(stranger, ())
        lost = [product for product, passages in held.items() if rows.get(product, 0) != passages]
        if lost:
            await asyncio.to_thread(self._catalog.reindex, lost)

    async def reindex(self, product: str = "") -> AsyncGenerator[Product, None]:
        """Cut and index anew from the catalog, that product or all; yields each when it is done."""
        async with self._locked(ADDING):
            await asyncio.to_thread(self._catalog.reindex, [product] if product else None)
            for waiting in await asyncio.to_thread(self._catalog.to_index):
                await self._index_product(waiting)
                yield await asyncio.to_thread(self._catalog.product, waiting)

    async def remove(self, product: str) -> None:
        """Take a product out, with the source files that nothing else needs. Raises NotFoundError."""
        async with self._locked(ADDING):
            for digest in await asyncio.to_thread(self._catalog.remove, product):
                self._files.remove(digest)
            await self.finish()

    async def embed(
        self, *, wait: bool = True, workers: int = 0
    ) -> AsyncGenerator[VectorsMade | WaitingFor, None]:
        """Give vectors to the passages that wait for them, then to their sentences, by so many processes (0: by what
        the settings say, else as was measured). Ends at once when there is no embedder, and, without `wait`, when
        another process is at it. Raises UnavailableError when the embedder fails: the passages wait then."""
        if self._embedder is None:
            return
        held = self._lock(EMBEDDING)
        if not acquired(held):
            if not wait:
                return
            yield WaitingFor.model_validate({"for": "another process that makes vectors"})
            await _acquire(held)
        try:
            async with (
                self._queue(self._embedder, workers) as queue,
                aclosing(embed(self._index, queue, self.vector_rows)) as embedding,
            ):
                async for made in embedding:
                    yield made
        finally:
            held.release()

    @asynccontextmanager
    async def _queue(self, embedder: Embedder, workers: int) -> AsyncIterator[EmbeddingQueue]:
        async def sample() -> list[str]:
            async with aclosing(self._index.without_vectors(_SAMPLE)) as waiting:
                async for rows in waiting:
                    return [text_to_embed(passage) for passage in rows]
            return []

        stats = await self._index.stats()
        machine = await asyncio.to_thread(Machine.this)
        async with opened_queue(
            embedder,
            EmbeddingPlans(self._settings.home / "cache", machine),
            machine,
            workers=workers or self._settings.embed_workers,
            waiting=max(stats.without_vectors, stats.without_sentence_vectors),
            sample=sample,
        ) as queue:
            yield queue

    @asynccontextmanager
    async def _reading(self, sources: Sequence[Source], *, may_replace: bool) -> AsyncIterator[ReadingAhead]:
        def is_known(source: Source, mark: str) -> bool:
            return self._known(source, mark, may_replace=may_replace) is not None

        settings = self._settings
        process = ReadingProcess(seconds=settings.read_seconds, memory_mb=settings.read_memory_mb)
        reading = ReadingAhead(process, self._files, sources, is_known)
        try:
            with process:
                yield reading
        finally:
            await reading.close()

    def _known(self, source: Source, mark: str, *, may_replace: bool) -> Known | None:
        """The edition that was made of the very same files, and would be made of them today; whatever made it, unless
        it `may_replace` it."""
        for known in self._catalog.known(fingerprint=mark):
            if known.current and (not may_replace or known.reader == signature(reader_for(source.path))):
                return known
        return None

    async def _add(self, reading: ReadingAhead, collection: str, *, may_replace: bool) -> ProductAdded:
        """The next source of those that are read."""
        began = time.monotonic()
        draft = await reading.next()
        source, files, digests, mark = draft.source, draft.files, draft.digests, draft.mark
        # Asked again: the source before it may have been the same file.
        known = await asyncio.to_thread(lambda: self._known(source, mark, may_replace=may_replace))
        if known:
            await self._restore_copies(source, digests)
            if may_replace:
                await self._relocate(known, source, collection)
            return await self._added(source, known.product_id, "unchanged", began)

        reader, document = draft.read or await reading.read(source)
        if not any(block.text for block in document.blocks):
            raise UnreadableError(
                f"{source.path.name} has no text.", hint="There is nothing in it that could be searched."
            )
        identity = await asyncio.to_thread(self._identify, document, source, reader)
        replaced = await asyncio.to_thread(self._is_taken, identity)
        if replaced and not may_replace:
            identity = await asyncio.to_thread(self._beside, identity, document, source)
            replaced = False
        kept = {role: await asyncio.to_thread(self._files.add, path) for role, path in files.items()}
        if {role: file.sha256 for role, file in kept.items()} != digests:
            raise UnreadableError(
                f"{source.path.name} was changed while it was being read.",
                hint="Add it again when nothing writes to it.",
            )
        edition = edition_id(identity, mark, reader)
        await asyncio.to_thread(
            self._catalog.save,
            Edition(
                product_id=identity,
                edition_id=edition,
                fingerprint=mark,
                path=same_place(source.path),
                reader=reader,
                metadata=document.metadata,
                files=kept,
                sections=sections(document, edition),
                warnings=document.warnings,
                collection=collection,
            ),
        )
        await self._index_product(identity, fresh=not replaced)
        outcome: Outcome = "replaced" if replaced else "added"
        return await self._added(source, identity, outcome, began, document.warnings)

    async def _added(
        self, source: Source, product_id: str, outcome: Outcome, began: float, warnings: tuple[str, ...] = ()
    ) -> ProductAdded:
        product = await asyncio.to_thread(self._catalog.product, product_id)
        return ProductAdded(
            path=str(source.path),
            product_id=product_id,
            title=product.title,
            passages=product.passages,
            outcome=outcome,
            seconds=round(time.monotonic() - began, 3),
            warnings=warnings,
        )

    async def _restore_copies(self, source: Source, digests: dict[str, str]) -> None:
        """The same bytes again: what the library has lost of them is kept again."""
        for role, path in {"text": source.path, **source.companions}.items():
            if await asyncio.to_thread(self._files.damaged, digests[role]):
                await asyncio.to_thread(self._files.add, path)

    async def _relocate(self, known: Known, source: Source, collection: str) -> None:
        await asyncio.to_thread(
            lambda: self._catalog.relocate(
                known.product_id, known.edition_id, path=same_place(source.path), collection=collection
            )
        )

    def _identify(self, document: Document, source: Source, reader: str) -> str:
        """The product that a document is: one already here when it is another version of that product."""
        metadata, place = document.metadata, same_place(source.path)
        identity = product_id(metadata, source.path.name)
        if metadata.product_id:
            return identity
        if not has_firm_identity(metadata):
            for earlier in self._catalog.known(path=place):
                before = self._catalog.as_read(earlier.product_id)
                shared = set(before.identifiers) & set(metadata.identifiers)
                if not metadata.identifiers or shared or before.title == metadata.title:
                    return earlier.product_id
        others = self._catalog.known(product_id=identity)
        if not others or any(other.path == place for other in others):
            return identity
        kind = reader.split()[0]
        if all(other.reader.split()[0] != kind for other in others):
            return f"{identity}-{kind}"  # the same ISBN on an EPUB and a PDF: two products
        # Two files of the same name and title, or with the same wrong ISBN, are two products while both are there.
        same_title = self._catalog.as_read(identity).title == metadata.title
        moved = not any(Path(other.path).exists() for other in others)
        if moved or (metadata.identifiers and same_title):
            return identity
        return apart(identity, place)

    def _is_taken(self, identity: str) -> bool:
        return bool(self._catalog.known(product_id=identity))

    def _beside(self, taken: str, document: Document, source: Source) -> str:
        """The id of a product of its own for a document that `_identify` takes for a title that must stay. Raises
        ForbiddenError when the document itself says that it is that title."""
        if has_firm_identity(document.metadata):
            title = self._catalog.product(taken).title
            raise ForbiddenError(
                f"{source.path.name} has the id {taken}, which is that of “{title}”.",
                hint="Only an admin may replace a title: ask one, or give the file another `id` in a sidecar.",
            )
        identity = apart(taken, same_place(source.path))
        while self._is_taken(identity):
            identity = apart(identity, same_place(source.path))
        return identity

    async def _index_product(self, product: str, *, fresh: bool = False) -> None:
        """Put a product's passages into the index and take its other rows out (`fresh`: it has none)."""
        held = await asyncio.to_thread(self._catalog.product, product)
        [mark] = {
            known.fingerprint
            for known in await asyncio.to_thread(lambda: self._catalog.known(product_id=product))
            if known.current
        }
        settings = self._settings
        cut = passages(
            product,
            held.metadata.language,
            mark,
            map(as_index, self._catalog.sections(product)),
            words=(settings.passage_words_min, settings.passage_words_max),
        )
        ids: list[str] = []
        for rows in _batches(cut, _PUT_ROWS):
            await self._index.put(rows)
            ids += [passage.passage_id for passage in rows]
        if not fresh:
            await self._index.keep_only(product, ids)
        await asyncio.to_thread(
            self._catalog.mark_indexed, product, held.edition_id, held.metadata.language, len(ids)
        )

    def _lock(self, name: str) -> FileLock:
        return lock(self._settings.home, name)

    @asynccontextmanager
    async def _locked(self, name: str) -> AsyncIterator[None]:
        held = self._lock(name)
        await _acquire(held)
        try:
            yield
        finally:
            held.release()


async def _acquire(wanted: FileLock) -> None:
    while not acquired(wanted):
        await asyncio.sleep(0.2)


def _batches(items: Iterable[_T], size: int) -> Iterator[Sequence[_T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
