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
        commands("setup").set_up(as_json=as_json)


@setup.command("key")
def set_key(
    provider: Annotated[str, typer.Argument(help="Such as openai, anthropic, google.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove the key that is kept here.")] = False,
    insist: Annotated[
        bool, typer.Option("--insist", help="Keep it also when the provider does not take it now.")
    ] = False,
) -> None:
    """Give a provider's key: typed unseen, or the first line of standard input. It is tried, and kept when it works."""
    keys = commands("setup")
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
    run(commands("setup").use(value, setting))
