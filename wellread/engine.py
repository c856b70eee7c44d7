"""The composition root: a library at a folder, with what adds to it, searches it, asks it and reads it."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from wellread.agent.run.assembly import assemble, scorer
from wellread.agent.run.estimate import Estimate
from wellread.agent.run.estimate import estimate as estimated
from wellread.agent.run.history import RunHistory
from wellread.agent.run.loop import Loop
from wellread.agent.run.recorder import Recorder, cancelled_when_closed, continued, recorded
from wellread.agent.run.rehearsal import Rehearsal
from wellread.agent.run.start import RunRequest, RunStart, checked_question
from wellread.agent.state.control import Control
from wellread.agent.writing.direct_answers import Facts
from wellread.content import Product, ProductKind, Section
from wellread.embedding.opening import open_embedder
from wellread.errors import BadRequestError, ConflictError, NotFoundError, UnavailableError
from wellread.events import AnyEvent, Roles, scope_of
from wellread.formats.discovery import find
from wellread.import_events import ProductAdded, Progress, WaitingFor
from wellread.index.choice import open_index
from wellread.index.passages import Embedder, PassageIndex
from wellread.ingest.pipeline import Pipeline
from wellread.library.diagnosis import Diagnosis, diagnose
from wellread.library.matrix import TitleMatrix
from wellread.library.open_anchor import OpenedPlace, open_anchor
from wellread.library.stores import Stores
from wellread.library.title_search import FoundTitle, find_titles
from wellread.library.titles import Titles
from wellread.models.resolve import Models
from wellread.preferred_titles import prefer
from wellread.settings import Settings
from wellread.store.backup.backup import BackupProgress, back_up
from wellread.store.backup.restore import Backup, restore
from wellread.store.event_log import StoredEvent
from wellread.store.runs.runs import Begun, IdempotencyKey
from wellread.wire.library import Cell
from wellread.wire.runs import AskOptions

if TYPE_CHECKING:
    from wellread.library.pictures.pictures import Pictures

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
        self._opened: Stores | None = None
        self._index: PassageIndex | None = None
        self._opening = asyncio.Lock()
        self._taken_up = False
        self.embedder: Embedder | None = None
        self.embedder_problem: UnavailableError | None = None  # why search is by keyword only
        self.embedder_note = ""  # why it is not the embedder, or the device, that the settings name
        self.models = Models(self.settings)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        if "pictures" in vars(self):
            await asyncio.to_thread(self.pictures.close)
        await self.models.close()
        if self._index is not None:
            await self._index.close()
        await asyncio.to_thread(self._stores.close)

    def _open(self) -> None:
        stores = self._opened = Stores(self.settings)
        self._catalog = stores.catalog
        self._run_start = RunStart(self.settings, stores.catalog, stores.runs)
        self.titles = Titles(stores.catalog, stores.files, stores.database)
        self.history = RunHistory(stores.runs)
        self.queue = stores.queue
        self.run_log = stores.runs.log
        self.conversations = stores.conversations
        self.feedback = stores.feedback
        self.usage = stores.usage
        self.imports = stores.imports
        self.uploads = stores.uploads
        self.accounts = stores.accounts

    @cached_property
    def pictures(self) -> "Pictures":
        """Covers, pages and figures of titles. What draws them takes long to import, and few commands show any."""
        module = importlib.import_module("wellread.library.pictures.pictures")
        pictures: Pictures = module.Pictures(self.titles, self.settings.home / "cache" / "pictures")
        return pictures

    def observe_store(self, observe: Callable[[float], object]) -> None:
        """Have `observe` told the seconds that each storing of events of runs takes."""
        self._stores.journal.on_stored = observe

    def configure(self, settings: Settings) -> None:
        """Have the runs that begin from now on follow other settings. Raises BadRequestError when one differs that is
        read at the start only."""
        fixed = self.settings.fixed_in(settings)
        if fixed or settings.home != self.settings.home:
            raise BadRequestError(
                f"{', '.join(fixed) or 'home'} cannot change while the library is open.",
                hint="Set it in settings.toml or in the environment, and start again.",
            )
        self.settings = settings
        self.models.configure(settings)
        self._run_start = replace(self._run_start, settings=settings)

    @property
    def _stores(self) -> Stores:
        if self._opened is None:
            raise RuntimeError("use `async with Wellread(...)`")
        return self._opened

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
        sources = await asyncio.to_thread(lambda: list(find(Path(path) for path in paths)))
        changed = False
        async with aclosing(pipeline.add(sources, collection, may_replace=may_replace)) as events:
            async for event in events:
                changed = changed or (isinstance(event, ProductAdded) and event.outcome != "unchanged")
                yield event
        if vectors:  # who added nothing need not wait for the vectors that another process makes
            async with aclosing(self.embed(wait=changed)) as embedding:
                async for progress in embedding:
                    yield progress

    async def embed(self, *, wait: bool = True, workers: int = 0) -> AsyncGenerator[Progress, None]:
        """Give the passages that wait for vectors theirs, then try what can be asked of the titles (`Rehearsal`).
        Without `wait`, nothing that another process does. By so many processes, if `workers` is not 0."""
        rehearsal = await self._rehearsal()
        embed = (await self._pipeline()).embed
        async with aclosing(rehearsal.after(embed, wait=wait, workers=workers)) as progress:
            async for event in progress:
                yield event

    async def reindex(self, product_id: str = "") -> AsyncGenerator[Product, None]:
        """Cut and index anew, from the catalog, with the settings as they are now. Vectors wait for `embed`."""
        async with aclosing((await self._pipeline()).reindex(product_id)) as reindexing:
            async for product in reindexing:
                yield product

    async def remove(self, product_id: str) -> Product:
        """Take a product out of the library. Raises NotFoundError."""
        product = await asyncio.to_thread(self._catalog.product, product_id)
        await (await self._pipeline()).remove(product_id)
        return product

    async def amend(
        self, product_id: str, changes: Mapping[str, object], *, collection: str | None = None
    ) -> Product:
        """Say something of a product in place of what its files say (`Catalog.amend`). Raises NotFoundError.

        In another language its words are others: its passages are indexed anew, at once or, while something is added,
        by what is added next or the first search after it.
        """
        before = await asyncio.to_thread(self._catalog.product, product_id)
        product = await asyncio.to_thread(self._catalog.amend, product_id, changes, collection=collection)
        if product.metadata.language != before.metadata.language:
            self._taken_up = await (await self._pipeline()).take_up()
        return await asyncio.to_thread(self._catalog.product, product_id)

    # Reading

    async def products(
        self, *, collection: str = "", offset: int = 0, limit: int = 1_000_000
    ) -> list[Product]:
        return await asyncio.to_thread(
            lambda: self._catalog.products(collection=collection, offset=offset, limit=limit)
        )

    async def product(self, product_id: str) -> Product:
        return await asyncio.to_thread(self._catalog.product, product_id)

    async def contents(self, product_id: str) -> list[Section]:
        """The sections of a product in reading order, without their text."""
        await self.product(product_id)
        return await asyncio.to_thread(self._catalog.contents, product_id)

    async def read(self, anchor: str) -> OpenedPlace:
        """What an anchor opens. Raises BadRequestError or NotFoundError."""
        return await asyncio.to_thread(open_anchor, self._catalog, anchor)

    # Searching and asking

    async def find_products(
        self, query: str, *, kinds: Collection[ProductKind] = (), limit: int = 10
    ) -> list[FoundTitle]:
        """The titles that `query` names, then those whose text or metadata fit it."""
        query = checked_question(query)
        return await find_titles(self._catalog, await self._inside(), query, kinds=kinds, limit=limit)

    async def search(
        self, questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5
    ) -> list[Cell]:
        """The matrix of questions × titles. Without `product_ids` the titles are those that fit best."""
        for question in questions:
            checked_question(question)
        return await (await self._inside()).cells(questions, product_ids, limit=limit)

    async def roles(self, options: AskOptions | None = None) -> Roles:
        """The models of a run: those that the options name, else those of the settings, else the automatic choice.

        Raises BadRequestError, NotFoundError or UnavailableError for one that cannot be used.
        """
        return await asyncio.to_thread(lambda: self.models.roles(**(options or AskOptions()).models))

    async def ask(
        self, question: str, options: AskOptions | None = None, *, control: Control | None = None
    ) -> AsyncGenerator[AnyEvent, None]:
        """The events of a run on `question`, each stored before it is given out.

        The titles to search are those of the options, else those that the question names, else those of the
        conversation's last run, else what is found. `control` lets the reader stop the run. A run whose stream is
        closed before its end is cancelled.

        Raises BadRequestError for an empty or overlong question, NotFoundError for an unknown product or
        conversation, and as `roles` does; later errors are the event run.failed.
        """
        request = await self.request(question, options)
        loop = await self._loop(request.roles)  # what cannot be opened is said before the run begins
        begun = await asyncio.to_thread(self._run_start.begin, request)
        record = Recorder(self._stores.journal, begun.run_id, begun.events)
        with cancelled_when_closed(record):
            for event in begun.events:
                yield event
            await self.prefer(scope_of(begun.events))
            async with aclosing(recorded(record, begun.events, loop, control)) as stored:
                async for following in stored:
                    yield following.event

    async def request(self, question: str, options: AskOptions | None = None) -> RunRequest:
        """A question with the models that its options come to. Raises as `roles` does, and for an empty question."""
        options = options or AskOptions()
        return RunRequest(checked_question(question), options, await self.roles(options))

    async def last_conversation(self) -> str:
        """The id of the conversation in which something was last asked, by whoever needs no login; "" without one."""
        conversation = await asyncio.to_thread(self._stores.runs.last_conversation)
        return conversation.conversation_id if conversation else ""

    async def begin(
        self,
        request: RunRequest,
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
            lambda: self._run_start.begin(
                request, caller=caller, queued=queued, key=key, most_queued=most_queued
            )
        )

    async def estimate(self, request: RunRequest, *, caller: str = "") -> Estimate:
        """What a run would take, as ranges. Nothing is stored, and no model is called. Raises as `ask` does."""
        roles = request.roles
        start = await asyncio.to_thread(self._run_start.start, request, caller)
        names = (roles.planner, roles.writer, scorer(roles))
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
        await self.prefer(scope_of(events))
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

    async def _run(self, run_id: str) -> tuple[list[AnyEvent], Recorder]:
        events = await asyncio.to_thread(self._stores.runs.events, run_id)
        if not events:
            raise NotFoundError(f"There is no run {run_id!r}.", hint="Ask again.")
        return events, Recorder(self._stores.journal, run_id, events)

    async def _loop(self, roles: Roles) -> Loop:
        inside = await self._inside()
        facts = await asyncio.to_thread(self._facts, roles.writer)
        return assemble(roles, self.models, self.settings, self._catalog, inside, self.embedder, facts)

    def _facts(self, model: str) -> Facts:
        examples = self._catalog.products(limit=3)
        return Facts(self._catalog.count(), model, tuple(product.title for product in examples))

    async def _rehearsal(self) -> Rehearsal:
        index = await self.index()
        return Rehearsal(self._run_start, await self._inside(), index, self.embedder, self._loop)

    async def _inside(self) -> TitleMatrix:
        index = await self.index()
        return TitleMatrix(self._catalog, index, snippets=self.settings.cell_snippets)

    async def _pipeline(self) -> Pipeline:
        index = await self.index(take_up=False)
        return Pipeline(self.settings, self._catalog, self._stores.files, index, self.embedder)

    async def index(self, *, take_up: bool = True) -> PassageIndex:
        """The passage index, opened at the first call; with `take_up`, after finishing what a killed process
        left undone."""
        async with self._opening:
            if self._index is None:
                opened = await open_embedder(self.settings)
                self.embedder, self.embedder_problem, self.embedder_note = opened
                self._index = await open_index(self.settings, self.embedder)
        if take_up and not self._taken_up:
            self._taken_up = await (await self._pipeline()).take_up()
        return self._index

    # Keeping

    async def diagnose(self, *, full: bool = False) -> Diagnosis:
        """How the library is. With `full` every source file is read and checked against its hash."""
        stats = await (await self.index(take_up=False)).stats()
        return await asyncio.to_thread(
            lambda: diagnose(self._catalog, self._stores.files, self._stores.database, stats, full=full)
        )

    def back_up(self, target: Path) -> AsyncGenerator[WaitingFor | BackupProgress, None]:
        """Write the whole library to a new file. Raises BadRequestError, StorageError."""
        return back_up(target, self._stores.database, self.settings.home)

    def restore(self, source: Backup, *, replace: bool) -> Generator[BackupProgress]:
        """Put a backup in place, whose library nobody else may use meanwhile."""
        return restore(source, self.settings.home, self._stores.database, replace=replace)

    async def vectors_wait(self) -> bool:
        """Whether passages wait for vectors that this installation can make."""
        index = await self.index(take_up=False)
        return self.embedder is not None and await index.has_waiting()

    async def prefer(self, product_ids: Sequence[str]) -> None:
        """Have the passages of these titles get their vectors before others, if any wait."""
        if product_ids and await self.vectors_wait():
            await asyncio.to_thread(prefer, self.settings.home / "index", product_ids)
