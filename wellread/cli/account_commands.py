"""`user` and `token`: the commands, their options and their help."""

from typing import Annotated

import typer

from wellread.cli.command import Json, commands, run

user = typer.Typer(
    name="user", help="Accounts of those who may use the server.", no_args_is_help=True, rich_markup_mode=None
)
token = typer.Typer(
    name="token", help="API tokens of accounts, for programs.", no_args_is_help=True, rich_markup_mode=None
)

UserName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]


@user.command("add")
def add_user(
    name: UserName,
    admin: Annotated[bool, typer.Option("--admin", help="May see and change accounts.")] = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Add an account; the first one is an admin's. Asks for the password twice."""
    accounts = commands("accounts")
    password = accounts.password(from_stdin=password_stdin)
    run(accounts.add_user(name, password, is_admin=admin, as_json=as_json))


@user.command("ls")
def list_users(as_json: Json = False) -> None:
    """List the accounts."""
    run(commands("accounts").list_users(as_json=as_json))


@user.command("rm")
def remove_user(name: UserName, as_json: Json = False) -> None:
    """Remove an account with its sessions, tokens and conversations. What it added to the library stays."""
    run(commands("accounts").remove_user(name, as_json=as_json))


@user.command("password")
def set_password(name: UserName, password_stdin: PasswordStdin = False, as_json: Json = False) -> None:
    """Set a new password, which ends the account's sessions."""
    accounts = commands("accounts")
    password = accounts.password(from_stdin=password_stdin)
    run(accounts.set_password(name, password, as_json=as_json))


@token.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    of_user: Annotated[str, typer.Option("--user", metavar="NAME", help="The account it acts for.")],
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once."""
    run(commands("accounts").add_token(name, of_user, as_json=as_json))


@token.command("ls")
def list_tokens(
    of_user: Annotated[str, typer.Option("--user", metavar="NAME", help="Only those of this account.")] = "",
    as_json: Json = False,
) -> None:
    """List the tokens, without what they are."""
    run(commands("accounts").list_tokens(of_user, as_json=as_json))


@token.command("rm")
def remove_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a token.")], as_json: Json = False
) -> None:
    """Remove a token. A running server may take it for five more seconds."""
    run(commands("accounts").remove_token(token_id, as_json=as_json))
