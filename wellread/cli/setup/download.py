"""`setup get`: what is offered, what the hub says of it, and fetching it once the reader agrees."""

import sys

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from wellread.cli.output import command_name, console, progress_console
from wellread.errors import BadRequestError
from wellread.machine import available_bytes, usable_cores
from wellread.models.offers import (
    OFFERS,
    OfferedDownload,
    best_writer,
    checksum_words,
    download,
    inspect,
    is_here,
    offer_named,
    setting_of,
)
from wellread.settings import Settings


async def list_offers() -> None:
    home = Settings.load().home
    best = best_writer(usable_cores(), available_bytes())
    for offer in OFFERS:
        note = " (is here)" if is_here(offer, home) else " (suits this machine)" if offer is best else ""
        console.print(f"{offer.name}{note}", markup=False)
        console.print(f"    {offer.purpose}", markup=False)
        console.print(f"    {offer.repo}, about {_size(offer.size)}", markup=False, style="dim")
    console.print(f"\nGet one: {command_name()} setup get NAME", markup=False)


async def get(name: str, *, agreed: bool) -> int:
    """The exit status is 1 when the reader does not agree."""
    home = Settings.load().home
    offer = offer_named(name)
    progress_console.print(f"Asking the hub for {offer.repo} …", style="dim", markup=False)
    wanted = await inspect(offer)
    _show(wanted)
    if not agreed and not _agrees(name):
        console.print("Nothing was downloaded.")
        return 1
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=progress_console) as progress:
        task = progress.add_task(name, total=wanted.size)
        path = await download(wanted, home, lambda done, _: progress.update(task, completed=done))
    setting, value = setting_of(offer, path)
    console.print(f"Here it is: {path}", markup=False)
    way = f"{command_name()} setup use {value}" + (f" --as {setting}" if setting != "model" else "")
    console.print(f"Use it: {way}   (the setting {setting} = {value!r})", markup=False, soft_wrap=True)
    return 0


def _show(wanted: OfferedDownload) -> None:
    console.print(
        f"{wanted.offer.repo}: {_size(wanted.size)}, licence: {wanted.licence or 'none is stated'}, "
        f"revision {wanted.revision}",
        markup=False,
        soft_wrap=True,
    )
    for name, file in wanted.files.items():
        console.print(f"    {name}  {_size(file.size)}  {checksum_words(file)}", markup=False, soft_wrap=True)


def _agrees(name: str) -> bool:
    """Raises BadRequestError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise BadRequestError(
            "Nothing is downloaded without consent, and nobody can be asked here.",
            hint=f"Read the above, and run: {command_name()} setup get {name} --yes",
        )
    return console.input("Download it? [y/N] ").strip().lower() in ("y", "yes")


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
