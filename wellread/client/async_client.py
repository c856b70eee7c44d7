"""The client that does not wait: as `blocking_client`, with await."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path
from typing import Literal, Self, Unpack

from wellread.client import conversations, imports, library, runs, uploads
from wellread.client.address import Address
from wellread.client.connection import AsyncConnection
from wellread.client.server import HEALTH, MODELS, READINESS, try_model, usage
from wellread.events import AnswerCompleted, AnyEvent
from wellread.import_events import ImportEvent
from wellread.wire.conversations import Conversations, ConversationView, WholeConversation
from wellread.wire.imports import ImportView
from wellread.wire.library import (
    Amendments,
    Cell,
    PlaceView,
    ProductDetails,
    ProductList,
    ProductView,
    SectionEntry,
    SectionView,
)
from wellread.wire.runs import AskOptions, RunView
from wellread.wire.server import Health, ModelsView, ModelTrial, Readiness, UsageView


class AsyncClient:
    """A server's library; an async context manager. What its methods do is said at `Client`."""

    def __init__(
        self, base_url: str, token: str | None = None, *, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        self._connection = AsyncConnection(Address(base_url, token, timeout, patience))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._connection.close()

    # Asking

    async def ask(
        self, question: str, options: AskOptions | None = None, *, idempotency_key: str = ""
    ) -> "AsyncRun":
        return AsyncRun(
            self._connection,
            await self._connection.do(runs.begin(question, options or AskOptions(), idempotency_key)),
        )

    async def run(self, run_id: str) -> "AsyncRun":
        return AsyncRun(self._connection, await self._connection.do(runs.view(run_id)))

    # The library

    async def products(
        self, query: str = "", *, offset: int = 0, limit: int = 50, **narrowed: Unpack[library.Narrowed]
    ) -> ProductList:
        return await self._connection.do(library.listing(query, narrowed, offset, limit))

    async def product(self, product_id: str) -> ProductDetails:
        return await self._connection.do(library.product(product_id))

    async def contents(self, product_id: str) -> tuple[SectionEntry, ...]:
        return await self._connection.do(library.contents(product_id))

    async def section(self, product_id: str, section_id: str) -> SectionView:
        return await self._connection.do(library.section(product_id, section_id))

    async def open(self, anchor: str, *, around: int = 2) -> PlaceView:
        return await self._connection.do(library.anchor(anchor, around))

    async def search(
        self, questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5
    ) -> list[Cell]:
        found = await self._connection.do(library.search(questions, product_ids, limit))
        return found.cells

    async def remove(self, product_id: str) -> None:
        await self._connection.do(library.remove(product_id))

    async def amend(self, product_id: str, amendments: Amendments) -> ProductView:
        return await self._connection.do(library.amend(product_id, amendments))

    # Adding

    async def add(
        self,
        paths: Sequence[Path | str],
        *,
        collection: str = "",
        progress: uploads.Progress | None = None,
    ) -> "AsyncImport":
        patience = self._connection.patience()
        upload_ids = await self._connection.carry_out(uploads.sending_all(paths, patience, progress))
        return await self.import_(upload_ids, collection=collection)

    async def upload(
        self, path: Path | str, *, upload_id: str = "", progress: uploads.Progress | None = None
    ) -> str:
        patience = self._connection.patience()
        sending = uploads.sending(path, patience, progress, upload_id=upload_id)
        return await self._connection.carry_out(sending)

    async def begin_upload(self, name: str, size: int) -> str:
        return await self._connection.do(uploads.begin(name, size))

    async def remove_upload(self, upload_id: str) -> None:
        await self._connection.do(uploads.remove(upload_id))

    async def import_(self, upload_ids: Sequence[str], *, collection: str = "") -> "AsyncImport":
        return AsyncImport(self._connection, await self._connection.do(imports.begin(upload_ids, collection)))

    async def add_demo(self) -> "AsyncImport":
        return AsyncImport(self._connection, await self._connection.do(imports.demo()))

    async def add_folder(self, path: str, *, collection: str = "") -> "AsyncImport":
        return AsyncImport(self._connection, await self._connection.do(imports.folder(path, collection)))

    # Conversations

    async def conversations(self, query: str = "", *, cursor: str = "", limit: int = 50) -> Conversations:
        return await self._connection.do(conversations.listing(query, cursor, limit))

    async def conversation(self, conversation_id: str) -> WholeConversation:
        return await self._connection.do(conversations.conversation(conversation_id))

    async def rename_conversation(self, conversation_id: str, title: str) -> ConversationView:
        return await self._connection.do(conversations.rename(conversation_id, title))

    async def share_conversation(self, conversation_id: str) -> str:
        return (await self._connection.do(conversations.share(conversation_id))).link

    async def unshare_conversation(self, conversation_id: str) -> None:
        await self._connection.do(conversations.unshare(conversation_id))

    async def delete_conversation(self, conversation_id: str) -> None:
        await self._connection.do(conversations.delete(conversation_id))

    # The server

    async def health(self) -> Health:
        return await self._connection.do(HEALTH)

    async def ready(self) -> Readiness:
        return await self._connection.do(READINESS)

    async def models(self) -> ModelsView:
        return await self._connection.do(MODELS)

    async def try_model(self, name: str) -> ModelTrial:
        return await self._connection.do(try_model(name))

    async def usage(
        self,
        first: date | None = None,
        last: date | None = None,
        *,
        group: Literal["day", "model"] = "day",
        of_all: bool = False,
    ) -> UsageView:
        return await self._connection.do(usage(first, last, group, of_all=of_all))


class AsyncRun:
    """A run on the server. What its methods do is said at `Run`."""

    def __init__(self, connection: AsyncConnection, begun: RunView) -> None:
        self._connection = connection
        self.run_id = begun.run_id
        self.conversation_id = begun.conversation_id

    def events(self, after: int = 0) -> AsyncGenerator[AnyEvent, None]:
        return self._connection.follow(runs.following(self.run_id, after, self._connection.patience()))

    async def answer(self) -> AnswerCompleted:
        ending = runs.RunEnd()
        async with aclosing(self.events()) as events:
            async for event in events:
                ending.told(event)
        return ending.answer()

    async def view(self) -> RunView:
        return await self._connection.do(runs.view(self.run_id))

    async def stop(self) -> RunView:
        return await self._connection.do(runs.stop(self.run_id))

    async def cancel(self) -> RunView:
        return await self._connection.do(runs.cancel(self.run_id))


class AsyncImport:
    """Files that are being added on the server. What its methods do is said at `Import`."""

    def __init__(self, connection: AsyncConnection, begun: ImportView) -> None:
        self._connection = connection
        self.import_id = begun.import_id

    def events(self, after: int = 0) -> AsyncGenerator[ImportEvent, None]:
        following = imports.following(self.import_id, after, self._connection.patience())
        return self._connection.follow(following)

    async def view(self) -> ImportView:
        return await self._connection.do(imports.view(self.import_id))

    async def ended(self) -> ImportView:
        async with aclosing(self.events()) as events:
            async for _ in events:
                pass
        return await self.view()
