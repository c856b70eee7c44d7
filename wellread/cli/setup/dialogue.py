"""`setup`: what is found, a key given or removed, a model used from now on."""

import asyncio
import contextlib
import getpass
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from wellread.cli.command import EXIT_INTERRUPTED
from wellread.cli.models import show_trial
from wellread.cli.output import command_name, console, print_json, progress_console
from wellread.errors import BadRequestError
from wellread.models.resolve import EXTRACTIVE, Models
from wellread.settings import Settings
from wellread.setup.changes import check_models, checked_changes
from wellread.setup.connections import Connections, ModelConnection
from wellread.store import settings_file

NO_MODEL = "No AI model: quoting only."


def set_up(*, as_json: bool) -> None:
    """Prints what is found and what can be done; in a terminal it asks which, until the reader has enough."""
    models = Models(Settings.load())
    found = Connections(models).found()
    if as_json:
        for connection in found:
            print_json(asdict(connection))
        return
    show_found(found, models)
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            _ask_on(found)
        except KeyboardInterrupt:
            console.print("\nStopped. What was acknowledged is kept.")
            raise SystemExit(EXIT_INTERRUPTED) from None
        return
    name = command_name()
    console.print(
        f"\nWhat can be done:\n"
        f"  {name} setup key PROVIDER      connect a provider by its key\n"
        f"  {name} setup get               download a model for this machine\n"
        f"  {name} models --try MODEL      try one: does it work, and how fast\n"
        f"  {name} setup compare MODEL     see what it would change: one question both ways\n"
        f"  {name} setup use MODEL         use it for questions that name none",
        markup=False,
    )


def _ask_on(found: Sequence[ModelConnection]) -> None:
    """Each answer is a command of its own, so that one that fails, or is stopped, ends nothing but itself."""
    while True:
        models = [model for connection in found for model in connection.models]
        keyed = [
            connection.provider
            for connection in found
            if connection.takes_key and connection.key == "missing"
        ]
        choices = [
            (f"Connect a provider by its key ({', '.join(keyed)})", keyed, _key_of),
            ("Download a model for this machine", ["offer"], _offer),
            ("Try a model: does it work, and how fast", models, _model_to("models", "--try")),
            ("See what a model would change: one question both ways", models, _model_to("setup", "compare")),
            ("Use a model for questions that name none", models, _model_to("setup", "use")),
        ]
        possible = [(words, what) for words, needed, what in choices if needed]
        console.print()
        for number, (words, _) in enumerate(possible, 1):
            console.print(f"{number}  {words}", markup=False)
        said = _asked("What would you like to do? (Enter: nothing more) ")
        if not said:
            return
        if not said.isdecimal() or not 1 <= int(said) <= len(possible):
            console.print(f"Please say a number from 1 to {len(possible)}.")
            continue
        arguments = possible[int(said) - 1][1](found)
        if arguments:
            _run(*arguments)
        found = Connections(Models(Settings.load())).found()


def _key_of(_: Sequence[ModelConnection]) -> list[str]:
    provider = _asked("Which provider? ")
    return ["setup", "key", provider] if provider else []


def _offer(_: Sequence[ModelConnection]) -> list[str]:
    _run("setup", "get")
    offer = _asked("Which? ")
    return ["setup", "get", offer] if offer else []


def _model_to(*command: str) -> Callable[[Sequence[ModelConnection]], list[str]]:
    def arguments(found: Sequence[ModelConnection]) -> list[str]:
        models = [model for connection in found for model in connection.models]
        for number, model in enumerate(models, 1):
            console.print(f"  {number}  {model}", markup=False)
        said = _asked("Which model? (its number, or a name as provider/model) ")
        if said.isdecimal() and 1 <= int(said) <= len(models):
            said = models[int(said) - 1]
        return [*command, said] if said else []

    return arguments


def _run(*arguments: str) -> None:
    """A command in a process of its own. Ctrl-C ends that, and says so there."""
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run([sys.executable, "-m", "wellread", *arguments], check=False)


def _asked(question: str) -> str:
    """What the reader says; "" when the input has ended."""
    try:
        return console.input(question, markup=False).strip()
    except EOFError:
        return ""


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
    for number, trial in enumerate(outcome.trials):
        if (
            number == 0 or trial.said != outcome.trials[0].said
        ):  # where both fail for one reason it is told once
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
