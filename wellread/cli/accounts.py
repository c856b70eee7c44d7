"""`user` and `token`: who may use the server."""

import getpass
import sys
from dataclasses import asdict

from wellread.cli.output import command_name, console, print_json, print_table, progress_console, tell
from wellread.engine import Wellread
from wellread.errors import BadRequestError


def password(*, from_stdin: bool) -> str:
    """A new password, typed twice without echo, or read. Raises BadRequestError."""
    if from_stdin:
        try:
            return sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise BadRequestError("The password is no UTF-8.", hint="Send it as UTF-8 text.") from error
    if not sys.stdin.isatty():
        raise BadRequestError(
            "There is no terminal to ask for the password.", hint="Send it with --password-stdin."
        )
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        raise BadRequestError("The two passwords differ.", hint="Run the command again.")
    return first


async def add_user(name: str, password: str, *, is_admin: bool, as_json: bool) -> int:
    async with Wellread() as library:
        accounts = library.accounts
        is_first = not accounts.count()
        account = accounts.add(name, password, is_admin=is_admin)
    kind = "the admin" if is_first else "an admin" if account.is_admin else "no admin"
    told = [f"Added {account.name!r}, {kind}."]
    told += ["From its next start on, the server asks everybody to log in."] if is_first else []
    return tell(asdict(account), *told, as_json=as_json)


async def list_users(*, as_json: bool) -> int:
    async with Wellread() as library:
        found = library.accounts.accounts()
    if as_json:
        for account in found:
            print_json(asdict(account))
        return 0
    if not found:
        console.print(f"There are no accounts. Add one: {command_name()} user add NAME")
        return 0
    rows = [(account.name, "yes" if account.is_admin else "", account.created_at[:10]) for account in found]
    print_table(("name", "admin", "since"), rows)
    return 0


async def remove_user(name: str, *, as_json: bool) -> int:
    async with Wellread() as library:
        accounts = library.accounts
        account = accounts.named(name)
        accounts.remove(account.account_id)
    return tell({"removed": account.name}, f"Removed {account.name!r}.", as_json=as_json)


async def set_password(name: str, password: str, *, as_json: bool) -> int:
    async with Wellread() as library:
        accounts = library.accounts
        account = accounts.named(name)
        accounts.set_password(account.account_id, password)
    told = f"{account.name!r} has a new password and has to log in again."
    return tell({"changed": account.name}, told, as_json=as_json)


async def add_token(name: str, of_user: str, *, as_json: bool) -> int:
    async with Wellread() as library:
        accounts = library.accounts
        token, secret = accounts.add_token(accounts.named(of_user).account_id, name)
    if not as_json:  # not where a script catches the token
        progress_console.print("Keep it now; it cannot be shown again:")
    return tell({**asdict(token), "token": secret}, secret, as_json=as_json)


async def list_tokens(of_user: str, *, as_json: bool) -> int:
    async with Wellread() as library:
        accounts = library.accounts
        names = {account.account_id: account.name for account in accounts.accounts()}
        found = accounts.tokens(accounts.named(of_user).account_id if of_user else "")
    if as_json:
        for token in found:
            print_json({**asdict(token), "user": names[token.account_id]})
        return 0
    if not found:
        console.print(f"There are no tokens. Make one: {command_name()} token add NAME --user USER")
        return 0
    rows = [
        (t.token_id, t.name, names[t.account_id], t.created_at[:10], t.used_at[:10] or "never") for t in found
    ]
    print_table(("id", "name", "user", "since", "last used"), rows)
    return 0


async def remove_token(token_id: str, *, as_json: bool) -> int:
    async with Wellread() as library:
        library.accounts.remove_token(token_id)
    return tell({"removed": token_id}, "Removed.", as_json=as_json)
