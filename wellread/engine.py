"""The composition root: a library at a folder, with what adds to it, searches it, asks it and reads it."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Self

from wellread.agent.budget import budget_for
from wellread.agent.direct import Facts
from wellread.agent.extractive import ExtractiveWriter
from wellread.agent.knowledge import fold_events
from wellread.agent.loop import Loop
from wellread.agent.planner import RulePlanner
from wellread.agent.questions import is_follow_up, self_contained
from wellread.agent.record import Record, recorded
from wellread.content import Product, Section
from wellread.errors import BadRequestError, NotFoundError, UnavailableError, WellreadError
from wellread.events import TERMINAL, AnyEvent, Mode, RunStarted, ScopeEntry
from wellread.index.passages import Embedder, PassageIndex
from wellread.ingest.document import Source
from wellread.ingest.pipeline import Added, Embedded, Pipeline, Reading, Refused, Waiting
from wellread.ingest.sources import find
from wellread.library.inside import CellFindings, Inside
from wellread.library.reading import Place, open_anchor
from wellread.library.scope import scope_of
from wellread.settings import Settings
from wellread.store.catalog import Catalog
from wellread.store.database import Database
from wellread.store.files import FileStore
from wellread.store.runs import RunStore

MODEL = "extractive"
LONGEST_QUESTION = 20_000  # code points
_RUN = re.compile(r"([^\w\s])\1{3,}")


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

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._index is not None:
            await self._index.close()
        self.database.close()

    def _open(self) -> None:
        home = self.settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadRequestError(
                f"The library's folder {home} cannot be made: {error.strerror}.",
                hint="Set WELLREAD_HOME to a folder that you may write to.",
            ) from error
        self._database = Database.open(home / "wellread.db")
        self.catalog = Catalog(self._database)
        self.files = FileStore(home / "files")
        self.runs = RunStore(self._database)

    @property
    def database(self) -> Database:
        if self._database is None:
            raise RuntimeError("use `async with Wellread(...)`")
        return self._database

    # Adding

    async def add(
        self, paths: Iterable[Path | str], *, collection: str = "", vectors: bool = True
    ) -> AsyncGenerator[Reading | Added | Refused | Waiting | Embedded, None]:
        """Add what is below `paths`. Each product is searchable by keyword from its Added on; then, with
        `vectors`, the passages that wait get theirs."""
        pipeline = await self._pipeline()
        sources: list[Source | WellreadError] = await asyncio.to_thread(
            lambda: list(find(Path(path) for path in paths))
        )
        changed = False
        async with aclosing(pipeline.add(sources, collection)) as events:
            async for event in events:
                changed = changed or (isinstance(event, Added) and event.outcome != "unchanged")
                yield event
        if vectors:  # who added nothing need not wait for the vectors that another process makes
            async with aclosing(pipeline.embed(wait=changed)) as embedding:
                async for progress in embedding:
                    yield progress

    async def embed(self, *, wait: bool = True) -> AsyncGenerator[Embedded | Waiting, None]:
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

    async def read(self, anchor: str) -> Place:
        """What an anchor opens. Raises BadRequestError or NotFoundError."""
        return await asyncio.to_thread(open_anchor, self.catalog, anchor)

    # Searching and asking

    async def search(
        self, questions: Sequence[str], *, product_ids: Sequence[str] = (), limit: int = 5
    ) -> list[CellFindings]:
        """The matrix of questions × titles. Without `product_ids` the titles are those that fit best."""
        for question in questions:
            _check(question)
        inside = await self._inside()
        ids = list(dict.fromkeys(product_ids))
        for product_id in ids:
            await self.product(product_id)
        if not ids:
            ids = [hit.product_id for hit in await inside.titles(questions, limit=limit)]
        return await inside.matrix([(question, product_id) for question in questions for product_id in ids])

    async def ask(
        self,
        question: str,
        *,
        product_ids: Sequence[str] = (),
        mode: Mode = "quick",
        max_steps: int | None = None,
        max_seconds: float | None = None,
        conversation_id: str = "",
    ) -> AsyncGenerator[AnyEvent, None]:
        """The events of a run on `question`, each stored before it is given out.

        `product_ids` are the titles to search, else those that the question names, else those of the
        conversation's last run, else what is found. After `max_seconds` nothing more is looked up, and the answer
        is written from what there is. A run whose stream is closed before its end is cancelled.

        Raises BadRequestError for an empty or overlong question, NotFoundError for an unknown product or
        conversation; later errors are the event run.failed.
        """
        question = _check(question)
        if max_steps is not None and max_steps < 1:
            raise BadRequestError("A run needs at least one step.", hint="Give --max-steps 1 or more.")
        if max_seconds is not None and not max_seconds > 0:
            raise BadRequestError("A run needs some time.", hint="Give more than 0 seconds, or no limit.")
        loop = await self._loop()
        before = await asyncio.to_thread(self._last_run, conversation_id) if conversation_id else None
        leans = before is not None and is_follow_up(question)
        asked = self_contained(question, before.asked) if before is not None else question
        carried = self._carried(conversation_id) if before is not None else ()
        scope = await asyncio.to_thread(
            lambda: scope_of(
                self.catalog,
                asked if leans else question,
                picked=product_ids,
                carried=carried,
                small_library=self.settings.discovered_titles,
            )
        )
        conversation = conversation_id or await asyncio.to_thread(self.runs.new_conversation, question)
        run_id = await asyncio.to_thread(self.runs.new_run, conversation, question)
        start = RunStarted(
            run_id=run_id,
            conversation_id=conversation,
            question=question,
            asked=asked,
            mentions=scope.mentions,
            mode=mode,
            model=MODEL,
            scope=scope.entries,
            outside=scope.outside,
            options=scope.options,
            budget=budget_for(mode, self.settings, steps=max_steps, seconds=max_seconds),
        )
        async with aclosing(recorded(Record(self.runs, run_id), [start], loop)) as stored:
            async for event in stored:
                yield event

    async def resume(self, run_id: str) -> AsyncGenerator[AnyEvent, None]:
        """Go on with a run that was cut off, from its last finished step: its further events, numbered on.

        Nothing for a run that has ended. Only for a run that no process is at work on. Raises NotFoundError.
        """
        events = await asyncio.to_thread(self.runs.events, run_id)
        if not events:
            raise NotFoundError(
                f"There is no run {run_id!r}, or it was cut off before it began.", hint="Ask again."
            )
        if isinstance(events[-1], TERMINAL):
            return
        record = Record(self.runs, run_id, seq=events[-1].seq)
        async with aclosing(recorded(record, events, await self._loop())) as stored:
            async for event in stored:
                yield event

    async def _loop(self) -> Loop:
        inside = await self._inside()
        return Loop(
            catalog=self.catalog,
            inside=inside,
            planner=RulePlanner(),
            writer=ExtractiveWriter(self.embedder, await asyncio.to_thread(self._facts)),
            discovered=self.settings.discovered_titles,
        )

    def _facts(self) -> Facts:
        examples = self.catalog.products(limit=3)
        return Facts(self.catalog.count(), MODEL, tuple(product.title for product in examples))

    def _last_run(self, conversation_id: str) -> RunStarted | None:
        self.runs.conversation(conversation_id)
        for run_id in reversed(self.runs.runs(conversation_id)):
            events = self.runs.events(run_id)
            if events and isinstance(events[0], RunStarted):
                return events[0]
        return None

    def _carried(self, conversation_id: str) -> tuple[ScopeEntry, ...]:
        """The scope with which the conversation's last run ended."""
        for run_id in reversed(self.runs.runs(conversation_id)):
            events = self.runs.events(run_id)
            if events and isinstance(events[0], RunStarted):
                return fold_events(events).scope
        return ()

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
        index_type = await asyncio.to_thread(_load, "wellread.indexes", self.settings.index)
        index: PassageIndex = await index_type.open(self.settings.home / "index", self.embedder)
        return index


def load_embedder(settings: Settings) -> Embedder | None:
    """The embedder that the settings name, None for "none". Raises UnavailableError when its model is missing."""
    if settings.embedder == "none":
        return None
    embedder: Embedder = _load("wellread.embedders", settings.embedder)(settings.home / "cache")
    embedder.check()
    return embedder


def _check(question: str) -> str:
    # White space and rows of marks mean nothing to a search, and patterns are slow on them.
    text = _RUN.sub(r"\1\1\1", " ".join(question.split()))
    if not text:
        raise BadRequestError(
            "The question is empty.", hint='Ask something, as in: wellread ask "What is …?"'
        )
    if len(text) > LONGEST_QUESTION:
        raise BadRequestError(
            f"The question is {len(text):,} characters long; {LONGEST_QUESTION:,} is the most.",
            hint="Ask a shorter question; a long text belongs into the library: `wellread add FILE`.",
        )
    return text


def _load(group: str, name: str) -> Any:
    """The class that an entry point names. Raises BadRequestError when there is none of that name."""
    points = {point.name: point for point in entry_points(group=group)}
    if name not in points:
        raise BadRequestError(
            f"There is no {name!r} in {group}.", hint=f"Installed are {', '.join(sorted(points)) or 'none'}."
        )
    return points[name].load()
