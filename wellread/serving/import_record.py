"""An import as it is stored, each event before anybody sees it."""

import asyncio
from dataclasses import dataclass

from wellread.errors import StorageError
from wellread.import_events import ImportEvent, ProductAdded
from wellread.serving.feed import Feed
from wellread.store.imports.imports import ImportStore, StoredImport


class UnstoredError(StorageError):
    """An event of an import could not be stored: the database is away, or another process works on the import."""


@dataclass(slots=True)
class ImportRecord:
    """An import that goes on after `events`, all that it has so far."""

    import_: StoredImport
    events: list[ImportEvent]
    store: ImportStore
    feed: Feed[ImportEvent]

    async def append(self, event: ImportEvent) -> None:
        """Store its next event and tell those who follow it. Raises UnstoredError."""
        import_id = self.import_.import_id
        try:
            stored = await asyncio.to_thread(self.store.append, import_id, event, len(self.events))
        except Exception as error:
            raise UnstoredError(f"An event of the import {import_id} could not be stored.") from error
        self.events.append(stored.event)
        self.feed.tell(import_id, stored)

    @property
    def changed(self) -> dict[str, int]:
        """The products that came of it or were replaced, with the number of their passages."""
        return {
            event.product_id: event.passages
            for event in self.events
            if isinstance(event, ProductAdded) and event.outcome != "unchanged"
        }
