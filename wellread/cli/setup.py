"""`setup`: what is found, a key given or removed, a model used from now on."""

import asyncio
import getpass
import sys
from collections.abc import Sequence
from dataclasses import asdict

from wellread.cli.models import show_trial
from wellread.cli.output import command_name, console, print_json, progress_console
from wellread.errors import BadRequestError
from wellread.models.resolve import EXTRACTIVE, Models
from wellread.settings import Settings
from wellread.setup.changes import check_models, checked_changes
from wellread.setup.connections import ModelConnection, Connections
from wellread.store import settings_file

NO_MODEL = "No AI model: quoting only."


def set_up(*, as_json: bool) -> None:
    """Prints what is found and what can be done."""
    models = Models(Settings.load())
    found = Connections(models).found()
    if as_json:
        for connection in found:
            print_json(asdict(connection))
        return
    show_found(found, models)
    name = command_name()
    console.print(
        f"\nWhat can be done:\n"
        f"  {name} setup key PROVIDER      connect a provider by its key\n"
        f"  {name} models --try MODEL      try one: does it work, and how fast\n"
        f"  {name} setup use MODEL         use it for questions that name none",
        markup=False,
    )


def show_found(found: Sequence[ModelConnection], models: Models) -> None:
    for connection in found:
        mark = "✓" if connection.connected else "–"
        console.print(f"{mark} {connection.title}: {connection.how}", markup=False)
        for model in connection.models:
            console.print(f"    {model}", markup=False)
        if not connection.connected and connection.hint:
            console.print(f"    {connection.hint}", markup=False, style="dim")
    choice = models.automatic()
    if choice.name == EXTRACTIVE:
        console.print(f"\n{NO_MODEL}", markup=False)
    else:
        console.print(f"\nUsed when none is named: {choice.name} ({choice.why}).", markup=False)


def asked_key(provider: str) -> str:
    """What is typed unseen, or the first line of standard input. Raises BadRequestError when there is none."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Key for {provider} (it is not shown): ")
    line = sys.stdin.readline()
    if not line.strip():
        raise BadRequestError(
            "There is no key on standard input.",
            hint=f"Give it as a line: {command_name()} setup key {provider} < FILE",
        )
    return line


async def give_key(provider: str, key: str, *, insist: bool) -> int:
    """The exit status is 1 when the key was not kept."""
    models = Models(Settings.load())
    progress_console.print(f"Trying the key with {provider} …", style="dim", markup=False)
    outcome = await Connections(models).connect(provider, key, insist=insist)
    for trial in outcome.trials:
        show_trial(trial)
    if not outcome.kept:
        console.print("The key was not kept. To keep it all the same, add --insist.", markup=False)
        return 1
    choice = await asyncio.to_thread(models.automatic)
    console.print(
        f"\nConnected. The key is kept in {models.settings.home / 'keys.toml'}, readable by you alone.\n"
        f"Questions that name no model now go to {choice.name}, with passages of your library: {choice.why}.",
        markup=False,
    )
    return 0


async def forget_key(provider: str) -> None:
    await Connections(Models(Settings.load())).disconnect(provider)
    console.print(f"The key for {provider} was removed.", markup=False)


async def use(value: str, setting: str) -> None:
    settings = Settings.load()
    changes = checked_changes({setting: value}, running=False)
    await asyncio.to_thread(check_models, Models(settings), changes)
    await asyncio.to_thread(settings_file.change, settings.home, changes)
    console.print(f"{setting} = {value!r} stands in settings.toml from now on.", markup=False)
