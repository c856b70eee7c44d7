"""`backup` and `restore`."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from wellread.cli.output import print_json, progress_console, tell
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.import_events import WaitingFor
from wellread.settings import Settings
from wellread.store.backup.backup import BackupProgress
from wellread.store.backup.restore import Backup
from wellread.store.locks import alone

_VERIFYING, _SAVING, _RESTORING = "verifying", "saving", "restoring"


async def backup(file: Path, *, as_json: bool) -> int:
    """Write a backup while others read; who adds, removes or embeds waits for it, and it for them."""
    target = file.expanduser().absolute()
    async with Wellread() as library:
        await Report(as_json=as_json).follow(_SAVING, library.back_up(target))
        products = library.titles.count()
    size = target.stat().st_size
    value = {"type": "backup", "path": str(target), "size": size, "products": products}
    return tell(value, f"✓ {target} ({size / 1e6:,.1f} MB). Products: {products:,}.", as_json=as_json)


async def restore(file: Path, *, replace: bool, as_json: bool) -> int:
    """Put a backup in place, after all of it was read and found whole."""
    home = Settings.load().home
    report = Report(as_json=as_json)
    with Backup.open(file.expanduser().absolute()) as source:
        await report.follow(_VERIFYING, _awaited(source.verify()))
        with alone(home) as others:
            if others:
                raise BadRequestError(
                    f"Another process is at work on the library at {home} ({', '.join(others)}).",
                    hint="Stop the server and wait for other commands, then restore again; nothing was changed.",
                )
            async with Wellread() as library:
                await report.follow(_RESTORING, _awaited(library.restore(source, replace=replace)))
                products = library.titles.count()
        made_at = source.manifest.made_at
    value = {"type": "restored", "made_at": made_at.isoformat(), "products": products}
    told = f"✓ The library is as it was at {made_at:%Y-%m-%d %H:%M} UTC. Products: {products:,}."
    return tell(value, told, as_json=as_json)


class Report:
    """Shows what a backup or restore does: a bar on a terminal, or JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    async def follow(self, phase: str, steps: AsyncGenerator[WaitingFor | BackupProgress, None]) -> None:
        """Do all steps; between two of them Ctrl-C is heard, and what was begun is cleared away."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=progress_console,
            transient=True,
            disable=self._as_json or not progress_console.is_terminal,
        )
        tasks: dict[str, TaskID] = {}
        last: BackupProgress | None = None
        async with aclosing(steps):
            with bar:
                async for step in steps:
                    if isinstance(step, WaitingFor):
                        self._tell_waiting(step)
                        continue
                    if self._as_json and step != last:
                        print_json({"type": phase, "part": step.part, "done": step.done, "total": step.total})
                    if step.part not in tasks:
                        tasks[step.part] = bar.add_task(f"{phase.capitalize()} {step.part}")
                    bar.update(tasks[step.part], completed=step.done, total=step.total)
                    last = step
                    await asyncio.sleep(0)

    def _tell_waiting(self, event: WaitingFor) -> None:
        if self._as_json:
            print_json({"type": event.type, "for": event.what})
        else:
            progress_console.print(f"Waiting for {event.what} …", style="dim")


async def _awaited(steps: Generator[BackupProgress]) -> AsyncGenerator[BackupProgress, None]:
    with closing(steps):
        for step in steps:
            yield step
