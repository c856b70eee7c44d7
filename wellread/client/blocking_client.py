"""The client that waits: the one that does not, over a wire that blocks. What its methods do is said there."""

from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, Generic, Self, TypeVar

from wellread.client.async_client import AsyncClient, AsyncImport, AsyncRun
from wellread.client.connection import BlockingWire, finished
from wellread.waiting import drained, streams, waits, waits_for

A = TypeVar("A")
T = TypeVar("T")


class _Blocking(Generic[A]):
    """Has what is awaited done at once: over `BlockingWire` nothing is ever suspended."""

    def __init__(self, awaited: A) -> None:
        self._awaited = awaited

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return finished(work)

    def _drain(self, stream: AsyncGenerator[T, None]) -> Iterator[T]:
        return drained(stream, finished)


class Run(_Blocking[AsyncRun]):
    """A run on the server."""

    def __init__(self, awaited: AsyncRun) -> None:
        super().__init__(awaited)
        self.run_id = awaited.run_id
        self.conversation_id = awaited.conversation_id

    events = streams(AsyncRun.events)
    answer = waits(AsyncRun.answer)
    view = waits(AsyncRun.view)
    stop = waits(AsyncRun.stop)
    cancel = waits(AsyncRun.cancel)


class Import(_Blocking[AsyncImport]):
    """Files that are being added on the server."""

    def __init__(self, awaited: AsyncImport) -> None:
        super().__init__(awaited)
        self.import_id = awaited.import_id

    events = streams(AsyncImport.events)
    view = waits(AsyncImport.view)
    ended = waits(AsyncImport.ended)


class Client(_Blocking[AsyncClient]):
    """A server's library. A context manager; it may be used by several threads."""

    def __init__(
        self, base_url: str, token: str | None = None, *, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        """As of AsyncClient."""
        super().__init__(_BlockingTwin(base_url, token, timeout=timeout, patience=patience))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    close = waits(AsyncClient.close)

    ask = waits_for(Run, AsyncClient.ask)
    run = waits_for(Run, AsyncClient.run)

    products = waits(AsyncClient.products)
    product = waits(AsyncClient.product)
    contents = waits(AsyncClient.contents)
    section = waits(AsyncClient.section)
    open = waits(AsyncClient.open)
    search = waits(AsyncClient.search)
    remove = waits(AsyncClient.remove)
    amend = waits(AsyncClient.amend)

    add = waits_for(Import, AsyncClient.add)
    upload = waits(AsyncClient.upload)
    begin_upload = waits(AsyncClient.begin_upload)
    remove_upload = waits(AsyncClient.remove_upload)
    import_ = waits_for(Import, AsyncClient.import_)
    add_demo = waits_for(Import, AsyncClient.add_demo)
    add_folder = waits_for(Import, AsyncClient.add_folder)

    conversations = waits(AsyncClient.conversations)
    conversation = waits(AsyncClient.conversation)
    rename_conversation = waits(AsyncClient.rename_conversation)
    share_conversation = waits(AsyncClient.share_conversation)
    unshare_conversation = waits(AsyncClient.unshare_conversation)
    delete_conversation = waits(AsyncClient.delete_conversation)

    health = waits(AsyncClient.health)
    ready = waits(AsyncClient.ready)
    models = waits(AsyncClient.models)
    try_model = waits(AsyncClient.try_model)
    usage = waits(AsyncClient.usage)


class _BlockingTwin(AsyncClient):
    _wire = BlockingWire
