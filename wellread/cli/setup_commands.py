"""`setup`: its commands, their options and their help."""

from typing import Annotated

import typer

from wellread.cli.command import Json, commands, run

setup = typer.Typer(
    name="setup",
    help="Connect language models: what is found here, keys, downloads, a question both ways.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@setup.callback()
def set_up(context: typer.Context, as_json: Json = False) -> None:
    """Connect language models. In a terminal it asks what to do; else it prints what is found and the commands."""
    if context.invoked_subcommand is None:
        commands("setup.dialogue").set_up(as_json=as_json)


@setup.command("key")
def set_key(
    provider: Annotated[str, typer.Argument(help="Such as openai, anthropic, google.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove the key that is kept here.")] = False,
    insist: Annotated[
        bool, typer.Option("--insist", help="Keep it also when the provider does not take it now.")
    ] = False,
) -> None:
    """Give a provider's key: typed unseen, or the first line of standard input. It is tried, and kept when it works."""
    keys = commands("setup.dialogue")
    run(
        keys.forget_key(provider)
        if remove
        else keys.give_key(provider, keys.asked_key(provider), insist=insist)
    )


@setup.command("use")
def use(
    value: Annotated[str, typer.Argument(help="A model as provider/model, or another value.")],
    setting: Annotated[
        str,
        typer.Option("--as", metavar="SETTING", help="Another setting, such as writer_model or embedder."),
    ] = "model",
) -> None:
    """Use a model from now on: it is checked, and written to settings.toml."""
    run(commands("setup.dialogue").use(value, setting))


@setup.command("get")
def get(
    name: Annotated[str, typer.Argument(help="Of an offer; without it they are listed.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Agree to what the hub says, and do not ask.")] = False,
) -> None:
    """Download an offered model: a writer, an embedder, a judge. Size, licence and checksums are shown first."""
    download = commands("setup.download")
    run(download.get(name, agreed=yes) if name else download.list_offers())


@setup.command("compare")
def compare(
    model: Annotated[str, typer.Argument(help="As provider/model.")],
    question: Annotated[str, typer.Argument(help="Without it, one that your library suggests.")] = "",
) -> None:
    """Ask one question both ways, by quoting and by a model, and show the answers side by side."""
    run(commands("setup.compare").compare(model, question))
