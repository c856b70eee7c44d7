"""The composition root: a library at a folder, with what adds to it, searches it, asks it and reads it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Self

from wellread.agent.run.assembly import crew
from wellread.agent.run.estimate import Estimate
from wellread.agent.run.estimate import estimate as estimated
from wellread.agent.run.loop import Loop
from wellread.agent.run.recorder import Record, cancelled_when_closed, continued, recorded
from wellread.agent.run.start import Asking, Beginning, checked_question
from wellread.agent.state.budget import Limits
from wellread.agent.state.control import Control
from wellread.agent.writing.direct_answers import Facts
from wellread.content import Product, ProductKind, Section
from wellread.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnavailableError,
    WellreadError,
)
from wellread.events import (
    AnyEvent,
    Mode,
    Roles,
)
from wellread.formats.discovery import find
from wellread.formats.document import Source
from wellread.import_events import ProductAdded, Progress, VectorsMade, WaitingFor
from wellread.index.choice import load_embedder, open_index
from wellread.index.passages import Embedder, PassageIndex
from wellread.ingest.pipeline import Pipeline
from wellread.library.matrix import CellFindings, Inside
from wellread.library.open_anchor import OpenedPlace, open_anchor
from wellread.library.title_search import FoundTitle, find_titles
from wellread.models.resolve import Models
from wellread.settings import Settings, rows
from wellread.store.accounts.accounts import AccountStore
from wellread.store.backup.opening import open_database
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.source_files import FileStore
from wellread.store.database.database import Database
from wellread.store.event_log import EventLog, StoredEvent
from wellread.store.imports.imports import ImportStore
from wellread.store.imports.uploads import UploadStore
from wellread.store.runs.journal import Journal
from wellread.store.runs.queue import RunQueue
from wellread.store.runs.runs import Begun, IdempotencyKey, RunStore

_CANCEL_TRIES = 5


class Wellread:
    """A library and everything that is done with it; an async context manager.

        async with Wellread(Path("~/books")) as library:
            async for event in library.ask("What is delegation?"):
                ...

    The index and the embedder are opened when something first needs them, so `products` or `read` cost little.
    """

    def __init__(self, home: Path | str | None = None, *, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.load(Path(home) if home else None)
        self._database: Database | None = None
        self._index: PassageIndex | None = None
        self._opening = asyncio.Lock()
        self._taken_up = False
        self.embedder: Embedder | None = None
        self.embedder_problem: UnavailableError | None = None  # why search is by keyword only
        self.models = Models(self.settings)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.models.close()
        if self._index is not None:
            await self._index.close()
        await asyncio.to_thread(self.journal.close)
        self.database.close()

    def _open(self) -> None:
        home = self.settings.home
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is asked is nobody else's to read
        except OSError as error:
            raise BadRequestError(
                f"The library's folder {home} cannot be made: {error.strerror}.",
                hint="Set WELLREAD_HOME to a folder that you may write to.",
            ) from error
        self._database = open_database(
            self.settings.database or home / "wellread.db", backups=home / "backups"
        )
        self.catalog = Catalog(self._database)
        self.files = FileStore(home / "files")
        self.runs = RunStore(self._database)
        self.run_log: EventLog[AnyEvent] = self.runs.log
        self.run_queue = RunQueue(self._database)
        self.imports = ImportStore(self._database)
        self.uploads = UploadStore(self._database, home / "uploads")
        self.journal = Journal(self.runs, is_server=self._database.engine.dialect.name != "sqlite")
        self._beginning = Beginning(self.settings, self.catalog, self.runs)

    def observe_store(self, observe: Callable[[float], object]) -> None:
        """Have `observe` told the seconds that each storing of events of runs takes."""
        self.journal.on_stored = observe

    def configure(self, settings: Settings) -> None:
        """Have the runs that begin from now on follow other settings. Raises BadRequestError when one differs that is
        read at the start only."""
        fixed = [
            row.name
            for row in rows()
            if not row.live and getattr(settings, row.name) != getattr(self.settings, row.name)
        ]
        if fixed or settings.home != self.settings.home:
            raise BadRequestError(
                f"{', '.join(fixed) or 'home'} cannot change while the library is open.",
                hint="Set it in settings.toml or in the environment, and start again.",
            )
        self.settings = settings
        self.models.configure(settings)
        self._beginning = replace(self._beginning, settings=settings)

    @property
    def database(self) -> Database:
        if self._database is None:
            raise RuntimeError("use `async with Wellread(...)`")
        return self._database

    # Adding

    async def add(
        self,
        paths: Iterable[Path | str],
        *,
        collection: str = "",
        vectors: bool = True,
        may_replace: bool = True,
    ) -> AsyncGenerator[Progress, None]:
        """Add what is below `paths`. Each product is searchable by keyword from its ProductAdded on; then, with
        `vectors`, the passages that wait get theirs. Without `may_replace` the titles that are here stay as they are
        (`Pipeline.add`)."""
        pipeline = await self._pipeline()
        sources: list[Source | WellreadError] = await asyncio.to_thread(
            lambda: list(find(Path(path) for path in paths))
        )
        changed = False
        async with aclosing(pipeline.add(sources, collection, may_replace=may_replace)) as events:
            async for event in events:
                changed = changed or (isinstance(event, ProductAdded) and event.outcome != "unchanged")
                yield event
        if vectors:  # who added nothing need not wait for the vectors that another process makes
            async with aclosing(pipeline.embed(wait=changed)) as embedding:
                async for progress in embedding:
                    yield progress

    async def may_edit_titles(self, account_id: str) -> bool:
        """Whether an account, "" for the library's owner, may change or replace titles that are here."""
        if not account_id:
            return True
        try:
            account = await asyncio.to_thread(AccountStore(self.database).account, account_id)
        except NotFoundError:  # it was removed
            return False
        return account.is_admin

    async def embed(self, *, wait: bool = True) -> AsyncGenerator[VectorsMade | WaitingFor, None]:
        """Give the passages that wait for vectors theirs. Without `wait`, nothing when another process does it."""
        await self.index()
        async with aclosing((await self._pipeline()).embed(wait=wait)) as embedding:
            async for progress in embedding:
                yield progress

    async def reindex(self, product_id: str = "") -> AsyncGenerator[Product, None]:
        """Cut and index anew, from the catalog, with the settings as they are now. Vectors wait for `embed`."""
        async with aclosing((await self._pipeline()).reindex(product_id)) as reindexing:
            async for product in reindexing:
                yield product

    async def remove(self, product_id: str) -> Product:
        """Take a product out of the library. Raises NotFoundError."""
        product = await asyncio.to_thread(self.catalog.product, product_id)
        await (await self._pipeline()).remove(product_id)
        return product

    async def amend(
        self, product_id: str, changes: Mapping[str, object], *, collection: str | None = None
    ) -> Product:
        """Say something of a product in place of what its files say (`Catalog.amend`). Raises NotFoundError.

        In another language its words are others: its passages are indexed anew, at once or, while something is added,
        by what is added next or the first search after it.
        """
        before = await asyncio.to_thread(self.catalog.product, product_id)
        product = await asyncio.to_thread(
            lambda: self.catalog.amend(product_id, changes, collection=collection)
        )
        if product.metadata.language != before.metadata.language:
            self._taken_up = await (await self._pipeline()).take_up()
        return await asyncio.to_thread(self.catalog.product, product_id)

    # Reading

    async def products(
        self, *, collection: str = "", offset: int = 0, limit: int = 1_000_000
    ) -> list[Product]:
        return await asyncio.to_thread(
            lambda: self.catalog.products(collection=collection, offset=offset, limit=limit)
        )

    async def product(self, product_id: str) -> Product:
        return await asyncio.to_thread(self.catalog.product, product_id)

    async def contents(self, product_id: str) -> list[Section]:
        """The sections of a product in reading order, without their text."""
        await self.product(product_id)
        return await asyncio.to_thread(self.catalog.contents, product_id)

    async def read(self, anchor: str) -> OpenedPlace:
        """What an anchor opens. Raises BadRequestError or NotFoundError."""
        return await asyncio.to_thread(open_anchor, self.catalog, anchor)

    # Searching and asking

    async def find_products(
        self, query: str, *, kinds: Collection[ProductKind] = (), limit: int = 10
    ) -> list[FoundTitle]:
        """The titles that `query` names, then those whose text or metadata fit it."""
        query = checked_question(query)
        return await find_titles(self.catalog, await self._inside(), query, kinds=kinds, limit=limit)

    async def search(
        self, questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5
    ) -> list[CellFindings]:
        """The matrix of questions × titles. Without `product_ids` the titles are those that fit best."""
        for question in questions:
            checked_question(question)
        inside = await self._inside()
        ids = list(dict.fromkeys(product_ids))
        for product_id in ids:
            await self.product(product_id)
        if not ids:
            ids = [hit.product_id for hit in await inside.titles(questions, limit=limit)]
        return await inside.matrix([(question, product_id) for question in questions for product_id in ids])

    async def roles(
        self,
        *,
        model: str = "",
        planner_model: str = "",
        writer_model: str = "",
        judge_model: str = "",
        fallback_model: str = "",
    ) -> Roles:
        """The models of a run: those that are named here, else those of the settings, else the automatic choice.

        Raises BadRequestError, NotFoundError or UnavailableError for one that cannot be used.
        """
        return await asyncio.to_thread(
            lambda: self.models.roles(
                model=model,
                planner_model=planner_model,
                writer_model=writer_model,
                judge_model=judge_model,
                fallback_model=fallback_model,
            )
        )

    async def ask(
        self,
        question: str,
        *,
        product_ids: Sequence[str] = (),
        mode: Mode = "quick",
        roles: Roles | None = None,
        limits: Limits | None = None,
        conversation_id: str = "",
        control: Control | None = None,
    ) -> AsyncGenerator[AnyEvent, None]:
        """The events of a run on `question`, each stored before it is given out.

        `product_ids` are the titles to search, else those that the question names, else those of the
        conversation's last run, else what is found. `roles` are its models (see `roles`), `limits` what it may spend
        in place of its mode's own budget; `control` lets the reader stop it. A run whose stream is closed before its
        end is cancelled.

        Raises BadRequestError for an empty or overlong question or a limit of nothing, NotFoundError for an unknown
        product or conversation; later errors are the event run.failed.
        """
        asking = Asking(
            question,
            tuple(product_ids),
            mode,
            roles or await self.roles(),
            limits or Limits(),
            conversation_id,
        )
        loop = await self._loop(asking.roles)  # what cannot be opened is said before the run begins
        begun = await asyncio.to_thread(self._beginning.begin, asking)
        record = Record(self.journal, begun.run_id, begun.events)
        with cancelled_when_closed(record):
            for event in begun.events:
                yield event
            async with aclosing(recorded(record, begun.events, loop, control)) as stored:
                async for following in stored:
                    yield following.event

    async def begin(
        self,
        asking: Asking,
        *,
        caller: str = "",
        queued: bool = True,
        key: IdempotencyKey | None = None,
        most_queued: int | None = None,
    ) -> Begun:
        """A run that is stored and that `work` goes on with: by any server of this library if it is `queued`.

        Raises as `ask` does, ConflictError when the key was used for another question, and TooManyError when the
        caller has `most_queued` queued runs already.
        """
        return await asyncio.to_thread(
            lambda: self._beginning.begin(
                asking, caller=caller, queued=queued, key=key, most_queued=most_queued
            )
        )

    async def estimate(
        self,
        question: str,
        *,
        product_ids: Sequence[str] = (),
        mode: Mode = "quick",
        roles: Roles | None = None,
        limits: Limits | None = None,
    ) -> Estimate:
        """What `ask` would take, as ranges. Nothing is stored, and no model is called. Raises as `ask` does."""
        roles = roles or await self.roles()
        return await self.estimate_of(Asking(question, tuple(product_ids), mode, roles, limits or Limits()))

    async def estimate_of(self, asking: Asking, *, caller: str = "") -> Estimate:
        """The same, of a question with all that was said with it."""
        roles = asking.roles
        start = await asyncio.to_thread(self._beginning.start, asking, caller)
        names = (roles.planner, roles.writer, roles.judge)
        planner, writer, judge = await asyncio.to_thread(lambda: [*map(self.models.outlook, names)])
        return estimated(start, planner, writer, judge, self.settings.deep_judged)

    async def resume(self, run_id: str, *, control: Control | None = None) -> AsyncGenerator[AnyEvent, None]:
        """Go on with a run that was cut off, from its last finished step: its further events, numbered on. Closing the
        stream cancels the run.

        Nothing for a run that has ended. Only for a run that no process is at work on. Raises NotFoundError.
        """
        events, record = await self._run(run_id)
        with cancelled_when_closed(record):
            async with aclosing(continued(record, events, self._loop, control)) as further:
                async for stored in further:
                    yield stored.event

    async def work(
        self, run_id: str, *, control: Control | None = None
    ) -> AsyncGenerator[StoredEvent[AnyEvent], None]:
        """`resume`, but closing the stream leaves the run to be gone on with. The events come as they are stored."""
        events, record = await self._run(run_id)
        async with aclosing(continued(record, events, self._loop, control)) as further:
            async for event in further:
                yield event

    async def cancel(self, run_id: str) -> None:
        """End a run that no process is at work on, or that was just left; one that has ended stays as it is.

        Raises NotFoundError, and ConflictError when a process is at work on it.
        """
        for attempt in range(_CANCEL_TRIES):
            _, record = await self._run(run_id)
            try:
                await asyncio.to_thread(record.cancel)
            except ConflictError:  # what was being stored when the run was left came first
                if attempt == _CANCEL_TRIES - 1:
                    raise
            else:
                return

    async def _run(self, run_id: str) -> tuple[list[AnyEvent], Record]:
        events = await asyncio.to_thread(self.runs.events, run_id)
        if not events:
            raise NotFoundError(f"There is no run {run_id!r}.", hint="Ask again.")
        return events, Record(self.journal, run_id, events)

    async def _loop(self, roles: Roles) -> Loop:
        inside = await self._inside()
        facts = await asyncio.to_thread(self._facts, roles.writer)
        return crew(roles, self.models, self.settings, self.catalog, inside, self.embedder, facts)

    def _facts(self, model: str) -> Facts:
        examples = self.catalog.products(limit=3)
        return Facts(self.catalog.count(), model, tuple(product.title for product in examples))

    async def _inside(self) -> Inside:
        index = await self.index()
        return Inside(self.catalog, index, snippets=self.settings.cell_snippets)

    async def _pipeline(self) -> Pipeline:
        index = await self.index(take_up=False)
        return Pipeline(self.settings, self.catalog, self.files, index, self.embedder)

    async def index(self, *, take_up: bool = True) -> PassageIndex:
        """The passage index, opened at the first call; with `take_up`, after finishing what a killed process
        left undone."""
        async with self._opening:
            if self._index is None:
                self._index = await self._open_index()
        if take_up and not self._taken_up:
            self._taken_up = await (await self._pipeline()).take_up()
        return self._index

    async def vectors_wait(self) -> bool:
        """Whether passages wait for vectors that this installation can make."""
        index = await self.index(take_up=False)
        return self.embedder is not None and await index.has_waiting()

    async def _open_index(self) -> PassageIndex:
        try:
            self.embedder = await asyncio.to_thread(load_embedder, self.settings)
        except UnavailableError as error:
            self.embedder_problem = error
        return await open_index(self.settings, self.embedder)
