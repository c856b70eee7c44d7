"""`add`, `embed`, `rm` and `reindex`."""

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from wellread import malloc
from wellread.cli.output import command_name, console, print_json, progress_console, tell
from wellread.content import Product
from wellread.engine import Wellread
from wellread.import_events import (
    FileReading,
    FileRefused,
    ProductAdded,
    QuestionsTried,
    VectorsMade,
    WaitingFor,
)
from wellread.import_events import Progress as AddEvent
from wellread.text.characters import harmless


async def add(paths: Sequence[Path], *, collection: str, wait: bool, as_json: bool) -> int:
    malloc.share_arenas()
    async with Wellread() as library:
        report = AddReport(as_json=as_json)
        await report.follow(library.add(paths, collection=collection, vectors=wait))
        if library.embedder_problem:
            problem = library.embedder_problem
            progress_console.print(f"{problem.message} {problem.hint}", style="yellow")
        elif library.embedder_note:
            progress_console.print(library.embedder_note, style="yellow", markup=False)
        elif not wait and not as_json:
            console.print("The vectors are made in the background; keyword search works now.")
    if not wait:
        start_embedding()
    return report.status


async def embed(*, quiet: bool, workers: int, as_json: bool) -> int:
    malloc.share_arenas()
    async with Wellread() as library:
        if quiet:
            async for _ in library.embed(wait=False, workers=workers):
                pass
        else:
            await AddReport(as_json=as_json, summary=False).follow(library.embed(workers=workers))
            if library.embedder_note:
                progress_console.print(library.embedder_note, style="yellow", markup=False)
        if library.embedder_problem:
            raise library.embedder_problem
    return 0


async def reindex(product_id: str, *, wait: bool, as_json: bool) -> int:
    malloc.share_arenas()
    async with Wellread() as library:
        if product_id:
            await library.product(product_id)
        passages = products = 0
        async for product in library.reindex(product_id):
            products += 1
            passages += product.passages
            told = f"Reindexed {product.title} ({product.passages:,} passages)"
            tell({"type": "reindexed", **_named(product)}, told, as_json=as_json)
        if wait:
            await AddReport(as_json=as_json, summary=False).follow(library.embed())
        if not as_json:
            console.print(f"Products: {products:,}. Passages: {passages:,}.")
    if not wait:
        start_embedding()
    return 0


async def remove(product_ids: Sequence[str], *, as_json: bool) -> int:
    async with Wellread() as library:
        for product_id in product_ids:
            product = await library.remove(product_id)
            told = f"Removed {product.title} ({product.product_id})"
            tell({"type": "removed", **_named(product)}, told, as_json=as_json)
    return 0


class AddReport:
    """Shows what an add does as it happens: a bar on a terminal, a line for each product, or JSON lines."""

    def __init__(self, *, as_json: bool, summary: bool = True) -> None:
        self._as_json = as_json
        self._summary = summary
        self._added = self._unchanged = self._refused = 0
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=progress_console,
            transient=True,
            disable=as_json or not progress_console.is_terminal,
        )
        self._reading = self._bar.add_task("Reading", total=None, visible=False)
        self._vectors = self._bar.add_task("Vectors", total=None, visible=False)

    @property
    def status(self) -> int:
        return 1 if self._refused else 0

    async def follow(self, events: AsyncIterator[AddEvent]) -> None:
        with self._bar:
            async for event in events:
                if self._as_json:
                    print_json(event.model_dump(mode="json", exclude={"seq", "at"}))
                self._count(event)
                if not self._as_json:
                    self._show(event)
        if self._summary and not self._as_json:
            parts = [f"{self._added} added"]
            parts += [f"{self._unchanged} unchanged"] if self._unchanged else []
            parts += [f"{self._refused} refused"] if self._refused else []
            console.print(f'{", ".join(parts)}. Ask: {command_name()} ask "…"', markup=False)

    def _count(self, event: AddEvent) -> None:
        match event:
            case ProductAdded(outcome="unchanged"):
                self._unchanged += 1
            case ProductAdded():
                self._added += 1
            case FileRefused():
                self._refused += 1
            case _:
                pass

    def _show(self, event: AddEvent) -> None:
        match event:
            case FileReading(path=path, number=number, total=total):
                self._bar.update(
                    self._reading,
                    description=f"Reading {Path(path).name[:40]}",
                    completed=number - 1,
                    total=total,
                    visible=True,
                )
            case ProductAdded():
                details = f"{event.passages:,} passages, {event.seconds:.1f} s"
                mark = {"added": "✓", "replaced": "✓ (replaced)", "unchanged": "= (already here)"}[
                    event.outcome
                ]
                self._line(f"{mark} {event.title}  [{event.product_id}]  {details}")
                for warning in event.warnings[:5]:
                    self._line(f"    note: {warning}", style="yellow")
            case FileRefused(path=path, message=message, hint=hint):
                place = f"{path}: " if path else ""
                self._line(f"✗ {place}{message}", style="red")
                if hint:
                    self._line(f"    {hint}", style="dim")
            case VectorsMade(of=of, done=done, total=total):
                label = "Vectors" if of == "passages" else "Vectors of sentences"
                if total:
                    self._bar.update(self._reading, visible=False)
                    self._bar.update(
                        self._vectors, description=label, completed=done, total=total, visible=True
                    )
                if total and done == total:
                    self._line(f"✓ {total:,} vectors" if of == "passages" else "✓ vectors of their sentences")
            case QuestionsTried(title=title, kept=kept):
                if kept:
                    self._line(
                        f"✓ {title}: {kept} {'question' if kept == 1 else 'questions'} to begin with",
                        style="dim",
                    )
            case WaitingFor(what=what):
                self._line(f"Waiting for {what} to finish …", style="dim")

    def _line(self, text: str, style: str | None = None) -> None:
        # On a terminal the bar shares the screen: print through it, or the two overwrite each other.
        target = self._bar.console if progress_console.is_terminal else console
        target.print(harmless(text), style=style, markup=False)


def start_embedding() -> None:
    """Start a process that makes the waiting vectors and ends; it outlives this one."""
    subprocess.Popen(
        [sys.executable, "-P", "-m", "wellread", "embed", "--quiet"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _named(product: Product) -> dict[str, object]:
    return {"product_id": product.product_id, "title": product.title, "passages": product.passages}
