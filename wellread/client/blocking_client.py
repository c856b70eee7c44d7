"""The client that waits."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, Self, Unpack

from wellread.client import conversations, imports, library, runs, uploads
from wellread.client.address import Address
from wellread.client.connection import BlockingConnection
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


class Client:
    """A server's library. A context manager; it may be used by several threads."""

    def __init__(
        self, base_url: str, token: str | None = None, *, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        """`timeout` is how many seconds one request may take, `patience` how many a server that is away, or asks to
        come back later, is tried again."""
        self._connection = BlockingConnection(Address(base_url, token, timeout, patience))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # Asking

    def ask(self, question: str, options: AskOptions | None = None, *, idempotency_key: str = "") -> "Run":
        """Begin a run. It goes on whether or not anybody watches."""
        return Run(
            self._connection,
            self._connection.do(runs.begin(question, options or AskOptions(), idempotency_key)),
        )

    def run(self, run_id: str) -> "Run":
        """A run that was begun before. Raises NotFoundError."""
        return Run(self._connection, self._connection.do(runs.view(run_id)))

    # The library

    def products(
        self, query: str = "", *, offset: int = 0, limit: int = 50, **narrowed: Unpack[library.Narrowed]
    ) -> ProductList:
        """The titles that fit a query, or all, by title; `narrowed` to a collection, kind, author or topic."""
        return self._connection.do(library.listing(query, narrowed, offset, limit))

    def product(self, product_id: str) -> ProductDetails:
        return self._connection.do(library.product(product_id))

    def contents(self, product_id: str) -> tuple[SectionEntry, ...]:
        """The sections of a product in reading order, without their text."""
        return self._connection.do(library.contents(product_id))

    def section(self, product_id: str, section_id: str) -> SectionView:
        return self._connection.do(library.section(product_id, section_id))

    def open(self, anchor: str, *, around: int = 2) -> PlaceView:
        """What an anchor opens, with so many blocks before and after."""
        return self._connection.do(library.anchor(anchor, around))

    def search(
        self, questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5
    ) -> list[Cell]:
        """The matrix of questions × titles. Without `product_ids` the titles are those that fit best."""
        return self._connection.do(library.search(questions, product_ids, limit)).cells

    def remove(self, product_id: str) -> None:
        """Take a product out of the library. Only an admin may."""
        self._connection.do(library.remove(product_id))

    def amend(self, product_id: str, amendments: Amendments) -> ProductView:
        """Correct what is known about a product: `title="…"`, `topics=[…]`; None takes it back. Only an admin may."""
        return self._connection.do(library.amend(product_id, amendments))

    # Adding

    def add(
        self,
        paths: Sequence[Path | str],
        *,
        collection: str = "",
        progress: uploads.Progress | None = None,
    ) -> "Import":
        """Send files and have them added together: a talk with its captions is several. `progress` is told the bytes
        of the file under way that have arrived, and how many it has."""
        patience = self._connection.patience()
        upload_ids = self._connection.carry_out(uploads.sending_all(paths, patience, progress))
        return self.import_(upload_ids, collection=collection)

    def upload(
        self, path: Path | str, *, upload_id: str = "", progress: uploads.Progress | None = None
    ) -> str:
        """Send a file, or with `upload_id` what is missing of it; gives the upload's id, for `import_`."""
        patience = self._connection.patience()
        sending = uploads.sending(path, patience, progress, upload_id=upload_id)
        return self._connection.carry_out(sending)

    def begin_upload(self, name: str, size: int) -> str:
        """An upload of which nothing is sent yet; gives its id."""
        return self._connection.do(uploads.begin(name, size))

    def remove_upload(self, upload_id: str) -> None:
        self._connection.do(uploads.remove(upload_id))

    def import_(self, upload_ids: Sequence[str], *, collection: str = "") -> "Import":
        """Have uploads added to the library. The same uploads again give the same import."""
        return Import(self._connection, self._connection.do(imports.begin(upload_ids, collection)))

    def add_demo(self) -> "Import":
        """Have the library that comes with Wellread added. Only an admin may."""
        return Import(self._connection, self._connection.do(imports.demo()))

    def add_folder(self, path: str, *, collection: str = "") -> "Import":
        """Have what is below a folder of the server's machine added, where nobody needs to log in."""
        return Import(self._connection, self._connection.do(imports.folder(path, collection)))

    # Conversations

    def conversations(self, query: str = "", *, cursor: str = "", limit: int = 50) -> Conversations:
        """The caller's, the one that was added to last first; `next` is the cursor of the next part."""
        return self._connection.do(conversations.listing(query, cursor, limit))

    def conversation(self, conversation_id: str) -> WholeConversation:
        return self._connection.do(conversations.conversation(conversation_id))

    def rename_conversation(self, conversation_id: str, title: str) -> ConversationView:
        return self._connection.do(conversations.rename(conversation_id, title))

    def share_conversation(self, conversation_id: str) -> str:
        """The link of the page that shows it to anybody who has it; the same until it is taken back."""
        return self._connection.do(conversations.share(conversation_id)).link

    def unshare_conversation(self, conversation_id: str) -> None:
        """Take the link back."""
        self._connection.do(conversations.unshare(conversation_id))

    def delete_conversation(self, conversation_id: str) -> None:
        """With its runs; what is under way is cancelled."""
        self._connection.do(conversations.delete(conversation_id))

    # The server

    def health(self) -> Health:
        """Raises UnavailableError when it does not answer."""
        return self._connection.do(HEALTH)

    def ready(self) -> Readiness:
        """What a question needs, and whether it is there."""
        return self._connection.do(READINESS)

    def models(self) -> ModelsView:
        """The language models that a question may name."""
        return self._connection.do(MODELS)

    def try_model(self, name: str) -> ModelTrial:
        """Call a model once for a structured reply and once for a text. Only an admin may; with a model that is slow
        to open, give the client a long `timeout`."""
        return self._connection.do(try_model(name))

    def usage(
        self,
        first: date | None = None,
        last: date | None = None,
        *,
        group: Literal["day", "model"] = "day",
        of_all: bool = False,
    ) -> UsageView:
        """What runs took: of the last 30 days, if no others are given; of all callers only for an admin."""
        return self._connection.do(usage(first, last, group, of_all=of_all))


class Run:
    """A run on the server."""

    def __init__(self, connection: BlockingConnection, begun: RunView) -> None:
        self._connection = connection
        self.run_id = begun.run_id
        self.conversation_id = begun.conversation_id

    def events(self, after: int = 0) -> Iterator[AnyEvent]:
        """The events beyond number `after`, each once and in order, until the last one of the run.

        A connection that is cut, or a server that restarts, is come back to. Types that this version does not know
        are left out.
        """
        return self._connection.follow(runs.following(self.run_id, after, self._connection.patience()))

    def answer(self) -> AnswerCompleted:
        """Wait for the answer. Raises the error that the run failed with, ConflictError when it was cancelled."""
        ending = runs.RunEnd()
        for event in self.events():
            ending.told(event)
        return ending.answer()

    def view(self) -> RunView:
        """The run as it stands."""
        return self._connection.do(runs.view(self.run_id))

    def stop(self) -> RunView:
        """Have it look nothing more up, and write with what there is."""
        return self._connection.do(runs.stop(self.run_id))

    def cancel(self) -> RunView:
        """Give it up."""
        return self._connection.do(runs.cancel(self.run_id))


class Import:
    """Files that are being added on the server."""

    def __init__(self, connection: BlockingConnection, begun: ImportView) -> None:
        self._connection = connection
        self.import_id = begun.import_id

    def events(self, after: int = 0) -> Iterator[ImportEvent]:
        """As `Run.events`, of an import."""
        following = imports.following(self.import_id, after, self._connection.patience())
        return self._connection.follow(following)

    def view(self) -> ImportView:
        """The import as it stands."""
        return self._connection.do(imports.view(self.import_id))

    def ended(self) -> ImportView:
        """Wait for its end."""
        for _ in self.events():
            pass
        return self.view()
