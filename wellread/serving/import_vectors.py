"""The vectors of what imports added: made for all of them together, and told to each of its own products."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field
from math import inf

from wellread.engine import Wellread
from wellread.errors import WellreadError, public_text
from wellread.import_events import QuestionsTried, VectorsMade
from wellread.serving.import_record import ImportRecord, UnstoredError

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    """An import whose products lack vectors."""

    record: ImportRecord
    note: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    told: int = 0  # passages with vectors
    told_at: float = -inf  # by the event loop's clock


class ImportVectors:
    """One for each server process. `tell_seconds` lie between two events about the vectors of an import."""

    def __init__(self, library: Wellread, *, tell_seconds: float) -> None:
        self._library = library
        self._tell_seconds = tell_seconds
        self._waiting: dict[str, _Waiting] = {}
        self._embedding: asyncio.Task[None] | None = None
        self._counted_at = -inf  # the passages that wait, by the event loop's clock

    def catch_up(self) -> None:
        """Begin to make the vectors that are missing without an import: all, when the embedder is another one."""
        self._embedding = asyncio.create_task(self._embed(catching_up=True))

    async def announce(self, record: ImportRecord) -> None:
        """Tell an import how many passages wait, long before the first have vectors. Raises UnstoredError."""
        is_told = any(isinstance(event, VectorsMade) for event in record.events)
        if self._library.embedder is not None and record.changed and not is_told:
            await record.append(VectorsMade(done=0, total=sum(record.changed.values())))

    async def made(self, record: ImportRecord) -> str:
        """Wait until what an import added has the vectors that can be made; gives why it has none, if it has none.
        Raises UnstoredError."""
        import_id = record.import_.import_id
        waiting = self._waiting[import_id] = _Waiting(record)
        await self._library.prefer(list(record.changed))
        if self._embedding is None or self._embedding.done():
            self._embedding = asyncio.create_task(self._embed())
        try:
            return await waiting.note
        finally:
            self._waiting.pop(import_id, None)

    async def close(self) -> None:
        if self._embedding is not None:
            self._embedding.cancel()
            await asyncio.gather(self._embedding, return_exceptions=True)

    async def _embed(self, *, catching_up: bool = False) -> None:
        """Make the vectors of what was added, also of what is added meanwhile."""
        while self._waiting or catching_up:
            catching_up = False
            waiting = list(self._waiting.values())
            note = ""
            try:
                async with aclosing(self._library.embed(wait=False)) as embedding:
                    async for event in embedding:
                        if isinstance(event, VectorsMade | QuestionsTried):
                            await self._count()
                for one in waiting:
                    await self._tell(one)
            except WellreadError as error:
                note = f"Search is by keyword only. {public_text(error)}"
            except Exception as error:  # noqa: BLE001  # what was added stays, and can be found by keyword
                _log.exception("vectors_failed")
                note = f"Search is by keyword only: an unexpected error, {type(error).__name__}."
            for one in waiting:
                self._end(one, note)

    async def _count(self) -> None:
        """Now and then: tell the imports of their vectors, and let those go that have all."""
        now = asyncio.get_running_loop().time()
        if now - self._counted_at < self._tell_seconds:
            return
        self._counted_at = now
        for one in list(self._waiting.values()):
            if await self._tell(one):
                self._end(one)

    async def _tell(self, one: _Waiting) -> bool:
        """Tell an import how many passages of its own products have vectors; gives whether all have, and questions were
        tried of them."""
        if self._library.embedder is None or one.note.done():
            return False
        index = await self._library.index(take_up=False)
        total = sum(one.record.changed.values())
        done = max(0, total - await index.waiting(one.record.changed))
        if done > one.told:
            clock = asyncio.get_running_loop()
            await asyncio.sleep(one.told_at + self._tell_seconds - clock.time())
            one.told, one.told_at = done, clock.time()
            try:
                await one.record.append(VectorsMade(done=done, total=total))
            except UnstoredError as error:
                self._end(one, error)
        return done == total and await asyncio.to_thread(self._library.titles.are_tried, one.record.changed)

    def _end(self, one: _Waiting, result: str | UnstoredError = "") -> None:
        self._waiting.pop(one.record.import_.import_id, None)
        if one.note.done():
            return
        if isinstance(result, str):
            one.note.set_result(result)
        else:
            one.note.set_exception(result)
