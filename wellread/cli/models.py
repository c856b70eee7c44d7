"""`models`: what can be used, trying one, getting one."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from wellread.cli.output import command_name, console, print_json, progress_console
from wellread.embedding.choice import fetch_embedder
from wellread.errors import BadRequestError
from wellread.grounding.entailment import EntailmentClassifier
from wellread.models.pull import SHA256_DIGITS, Report
from wellread.models.pull import pull as pull_file
from wellread.models.pull_classifier import find_classifier, pull_classifier
from wellread.models.resolve import AUTOMATIC, CLASSIFIER, EXTRACTIVE, Models
from wellread.models.trial import trials
from wellread.settings import Settings
from wellread.wire.server import Trial


async def list_models(*, as_json: bool) -> int:
    models = Models(Settings.load())
    rows, choice = await asyncio.to_thread(lambda: (models.listing(), models.automatic()))
    if as_json:
        for row in rows:
            print_json({"name": row.name, "usable": row.usable, "note": row.note, "hint": row.hint})
        print_json({"default": choice.name, "why": choice.why})
        return 0
    for row in rows:
        note = f"  {row.note}" if row.note else ""
        console.print(f"{'✓' if row.usable else '–'} {row.name}{note}", markup=False)
        if row.hint:
            console.print(f"    {row.hint}", markup=False, style="dim")
    if models.any_connected(rows):
        console.print(f"\nUsed when none is named: {choice.name} ({choice.why}).", markup=False)
    else:
        console.print(f"\nNo AI model: quoting only. Connect one: {command_name()} setup", markup=False)
    return 0


async def attempt(name: str, *, as_json: bool) -> int:
    """Tries one; the exit status is 1 when something did not work."""
    models = Models(Settings.load())
    try:
        chosen = await asyncio.to_thread(lambda: models.automatic().name if name == AUTOMATIC else name)
        checked = await asyncio.to_thread(models.check, chosen)
        if checked == EXTRACTIVE:
            console.print("extractive needs no model: there is nothing to try.")
            return 0
        if not as_json:
            progress_console.print(f"Opening {checked} …", style="dim", markup=False, soft_wrap=True)
        model = await models.open(checked)
        status = 0
        async for trial in trials(model):
            print_json(trial.model_dump(mode="json")) if as_json else show_trial(trial)
            status = status if trial.worked else 1
        if not as_json:
            console.print(f"Context: {model.context_tokens:,} tokens, prompt and reply together.")
        return status
    finally:
        await models.close()


async def pull(name: str) -> int:
    if await fetch_embedder(name, Settings.load()):
        console.print(
            f"Here it is. Use it by the setting embedder = {name!r} (WELLREAD_EMBEDDER).", markup=False
        )
        return 0
    with _bar(name) as report:
        path = await pull_file(name, Settings.load().home, report)
    console.print(f"Here it is: {path}\nUse it as --model local/{path.stem}", markup=False)
    return 0


async def show_classifier(name: str) -> None:
    """What `pull_judge` would get."""
    remote = await find_classifier(name)
    for path, file in remote.files.items():
        kind = "SHA-256" if len(file.checksum) == SHA256_DIGITS else "git SHA-1"
        console.print(
            f"{path:<16} {file.size / 1e6:>8.1f} MB  {kind} {file.checksum}  ({file.name})", markup=False
        )
    console.print(
        f"{remote.size / 1e6:.1f} MB, licence: {remote.license or 'its page says none'}.\n"
        f"Into {remote.folder(Settings.load().home)}",
        markup=False,
    )
    if remote.others:
        console.print(f"Its other models: {', '.join(remote.others)}.", style="dim", markup=False)


def agreed() -> bool:
    """Whether who sits at the terminal wants it. Raises BadRequestError when nobody does."""
    if not sys.stdin.isatty():
        raise BadRequestError("Nobody can be asked, so nothing was fetched.", hint="Agree with --yes.")
    return input("Fetch it? [y/N] ").strip().lower() in ("y", "yes")


async def pull_judge(name: str) -> None:
    """Gets a classifier and loads it once, so that what it lacks is said now."""
    remote = await find_classifier(name)
    with _bar(name) as report:
        folder = await pull_classifier(remote, Settings.load().home, report)
    await asyncio.to_thread(EntailmentClassifier(folder, remote.name).load)
    console.print(
        f"Here it is: {folder}\nUse it by --judge {CLASSIFIER}{remote.name}, or by the setting "
        f"judge = '{CLASSIFIER}{remote.name}' (WELLREAD_JUDGE).",
        markup=False,
    )


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    """A bar on standard error, of bytes that have come."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=progress_console) as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


def show_trial(trial: Trial) -> None:
    usage = trial.usage
    took = f"{trial.seconds:.1f} s, {usage.input_tokens} tokens read, {usage.output_tokens} written"
    if trial.first_seconds is not None:
        took += f", first word after {trial.first_seconds:.1f} s"
    if trial.tokens_per_second is not None:
        took += f", then {trial.tokens_per_second:.1f} tokens a second"
    console.print(f"{'✓' if trial.worked else '✗'} {trial.name} ({took})", markup=False)
    console.print(f"    {trial.said}", markup=False)
    if trial.hint:
        console.print(f"    {trial.hint}", markup=False)
