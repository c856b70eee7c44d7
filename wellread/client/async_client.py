"""The client that does not wait."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar, Self

from wellread.client import conversations, imports, library, runs, server, uploads
from wellread.client.address import Address
from wellread.client.connection import AsyncWire, BlockingWire, Connection, begins, does
from wellread.events import AnswerCompleted, AnyEvent
from wellread.import_events import ImportEvent
from wellread.wire.imports import ImportView
from wellread.wire.runs import RunView


class AsyncRun:
    """A run on the server."""

    def __init__(self, connection: Connection, begun: RunView) -> None:
        self._connection = connection
        self.run_id = begun.run_id
        self.conversation_id = begun.conversation_id

    def events(self, after: int = 0) -> AsyncGenerator[AnyEvent, None]:
        """The events beyond number `after`, each once and in order, until the last one of the run.

        A connection that is cut, or a server that restarts, is come back to. Types that this version does not know
        are left out.
        """
        return self._connection.follow(runs.following(self.run_id, after, self._connection.patience()))

    async def answer(self) -> AnswerCompleted:
        """Wait for the answer. Raises the error that the run failed with, ConflictError when it was cancelled."""
        ending = runs.RunEnd()
        async with aclosing(self.events()) as events:
            async for event in events:
                ending.told(event)
        return ending.answer()

    async def view(self) -> RunView:
        """The run as it stands."""
        return await self._connection.do(runs.view(self.run_id))

    async def stop(self) -> RunView:
        """Have it look nothing more up, and write with what there is."""
        return await self._connection.do(runs.stop(self.run_id))

    async def cancel(self) -> RunView:
        """Give it up."""
        return await self._connection.do(runs.cancel(self.run_id))


class AsyncImport:
    """Files that are being added on the server."""

    def __init__(self, connection: Connection, begun: ImportView) -> None:
        self._connection = connection
        self.import_id = begun.import_id

    def events(self, after: int = 0) -> AsyncGenerator[ImportEvent, None]:
        """As of a run, of an import."""
        following = imports.following(self.import_id, after, self._connection.patience())
        return self._connection.follow(following)

    async def view(self) -> ImportView:
        """The import as it stands."""
        return await self._connection.do(imports.view(self.import_id))

    async def ended(self) -> ImportView:
        """Wait for its end."""
        async with aclosing(self.events()) as events:
            async for _ in events:
                pass
        return await self.view()


class AsyncClient:
    """A server's library; an async context manager."""

    _wire: ClassVar[type[AsyncWire | BlockingWire]] = AsyncWire

    def __init__(
        self, base_url: str, token: str | None = None, *, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        """`timeout` is how many seconds one request may take, `patience` how many a server that is away, or asks to
        come back later, is tried again."""
        address = Address(base_url, token, timeout, patience)
        self._connection = Connection(self._wire(address), patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._connection.close()

    # Asking

    ask = begins(AsyncRun, runs.begin)
    run = begins(AsyncRun, runs.view)

    # The library

    products = does(library.listing)
    product = does(library.product)
    contents = does(library.contents)
    section = does(library.section)
    open = does(library.open)
    search = does(library.search)
    remove = does(library.remove)
    amend = does(library.amend)

    # Adding

    async def add(
        self,
        paths: Sequence[Path | str],
        *,
        collection: str = "",
        progress: uploads.Progress | None = None,
    ) -> AsyncImport:
        """Send files and have them added together: a talk with its captions is several. `progress` is told the bytes
        of the file under way that have arrived, and how many it has."""
        patience = self._connection.patience()
        upload_ids = await self._connection.carry_out(uploads.sending_all(paths, patience, progress))
        return await self.import_(upload_ids, collection=collection)

    async def upload(
        self, path: Path | str, *, upload_id: str = "", progress: uploads.Progress | None = None
    ) -> str:
        """Send a file, or with `upload_id` what is missing of it; gives the upload's id, for `import_`."""
        patience = self._connection.patience()
        sending = uploads.sending(path, patience, progress, upload_id=upload_id)
        return await self._connection.carry_out(sending)

    begin_upload = does(uploads.begin)
    remove_upload = does(uploads.remove)
    import_ = begins(AsyncImport, imports.begin)
    add_demo = begins(AsyncImport, imports.demo)
    add_folder = begins(AsyncImport, imports.folder)

    # Conversations

    conversation = does(conversations.conversation)
    rename_conversation = does(conversations.rename)
    share_conversation = does(conversations.share)
    unshare_conversation = does(conversations.unshare)
    delete_conversation = does(conversations.delete)
    conversations = does(conversations.listing)  # the last: it takes the module's name

    # The server

    health = does(server.health)
    ready = does(server.ready)
    models = does(server.models)
    try_model = does(server.try_model)
    usage = does(server.usage)
