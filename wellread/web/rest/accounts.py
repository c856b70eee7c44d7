"""Logging in, the caller's own tokens, and the accounts: `/api/v1/session`, `/me`, `/tokens`, `/accounts`."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, SecretStr

from wellread.errors import ConflictError, UnauthorizedError
from wellread.serving.request import Caller
from wellread.store.accounts.accounts import AccountStore
from wellread.web.http.access import Access
from wellread.web.http.callers import CurrentCaller, check_admin
from wellread.web.http.credentials import address_of, drop_session, keep_session, presented_session
from wellread.web.http.state import server_of
from wellread.wire.view import View, example

router = APIRouter(prefix="/api/v1", tags=["accounts"])

_ID = "5f0c3d1e8f6b4a7d9c2b1a0e4d3c2b1a"
_AT = "2026-11-02T09:30:00.000000+00:00"


class Me(View):
    """Who is calling."""

    model_config = example(account_id=_ID, name="Reader", is_admin=False, login="account")

    account_id: str = Field(description="Empty for the owner of the library, who has no account.")
    name: str
    is_admin: bool
    login: Literal["none", "token", "account"] = Field(
        description="How this caller is known; `none`: this server asks nobody to log in."
    )


class Login(BaseModel):
    """An account's name and password, or the server's token."""

    model_config = example(name="Reader", password="four words in a row")

    name: str = ""
    password: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")


class NewToken(BaseModel):
    model_config = example(name="notebook")

    name: str


class Token(View):
    """A token as it is listed, without its secret."""

    model_config = example(token_id=_ID, name="notebook", created_at=_AT, used_at="")

    token_id: str
    name: str
    created_at: str
    used_at: str = Field(description="When it was used last, to ten minutes; empty for never.")


class MadeToken(Token):
    """A new token with its secret, which is told this once."""

    model_config = example(token_id=_ID, name="notebook", created_at=_AT, used_at="", token="wr_…")

    token: str


class NewAccount(BaseModel):
    model_config = example(name="Reader", password="four words in a row", is_admin=False)

    name: str
    password: SecretStr
    is_admin: bool = False


class AccountView(View):
    """An account, as an admin sees it."""

    model_config = example(account_id=_ID, name="Reader", is_admin=False, created_at=_AT)

    account_id: str
    name: str
    is_admin: bool
    created_at: str


def _account_caller(caller: CurrentCaller) -> Caller:
    """The caller, who has an account. Raises ConflictError for the owner, who has none to give tokens to."""
    if not caller.account_id:
        raise ConflictError(
            "The owner of the library has no account.",
            hint="Tokens belong to accounts: wellread user add NAME.",
        )
    return caller


def _admin(caller: CurrentCaller) -> Caller:
    check_admin(caller, "do this")
    return caller


WithAccount = Annotated[Caller, Depends(_account_caller)]
Admin = Annotated[Caller, Depends(_admin)]


@router.post("/session", summary="Log in")
async def log_in(login: Login, request: Request, response: Response) -> Me:
    """Sets the session's cookie. 401 for a wrong name or password alike, 429 after too many attempts."""
    access = _access(request)
    rates = server_of(request).rates
    if access.is_open:
        raise ConflictError("No login is needed here.", hint="Whoever can reach this server is its owner.")
    address = address_of(request)
    if token := login.token.get_secret_value():
        rates.logins_from.take(address)
        secret = access.owner_session(token)
        if secret is None:
            raise UnauthorizedError("That is not the server's token.", hint="An API token needs no session.")
        keep_session(request, response, secret)
        return Me(account_id="", name="owner", is_admin=True, login="token")
    rates.log_in(login.name, address)
    found = await access.log_in(login.name, login.password.get_secret_value())
    if found is None:
        raise UnauthorizedError(
            "The name or the password is wrong.", hint="Whoever runs this library can set a new password."
        )
    caller, secret = found
    keep_session(request, response, secret)
    return _me(caller, access)


@router.delete("/session", status_code=204, summary="Log out")
async def log_out(request: Request, response: Response) -> None:
    """Ends the session whose cookie is sent, if there is one, and has the browser forget it."""
    access = _access(request)
    if session := presented_session(request):
        await access.log_out(session)
    drop_session(request, response)
    response.headers["Clear-Site-Data"] = (
        '"cache", "storage"'  # a shared browser keeps nothing of what was read
    )


@router.get("/me", summary="Who is calling")
async def me(caller: CurrentCaller, request: Request) -> Me:
    return _me(caller, _access(request))


@router.get("/tokens", summary="The caller's tokens")
async def list_tokens(caller: WithAccount, request: Request) -> list[Token]:
    found = await asyncio.to_thread(_accounts(request).tokens, caller.account_id)
    return [Token.of(token) for token in found]


@router.post("/tokens", status_code=201, summary="Make a token")
async def add_token(new: NewToken, caller: WithAccount, request: Request) -> MadeToken:
    """The secret is in this response and nowhere else."""
    token, secret = await asyncio.to_thread(_accounts(request).add_token, caller.account_id, new.name)
    return MadeToken.of(token, token=secret)


@router.delete("/tokens/{token_id}", status_code=204, summary="Remove a token")
async def remove_token(token_id: str, caller: WithAccount, request: Request) -> None:
    """It is refused from now on. 404 for a token of somebody else."""
    await asyncio.to_thread(_accounts(request).remove_token, token_id, caller.account_id)


@router.get("/accounts", summary="All accounts")
async def list_accounts(_: Admin, request: Request) -> list[AccountView]:
    return [AccountView.of(account) for account in await asyncio.to_thread(_accounts(request).accounts)]


@router.post("/accounts", status_code=201, summary="Add an account")
async def add_account(new: NewAccount, _: Admin, request: Request) -> AccountView:
    """409 for a name that is taken."""
    account = await asyncio.to_thread(
        _accounts(request).add, new.name, new.password.get_secret_value(), is_admin=new.is_admin
    )
    return AccountView.of(account)


@router.delete("/accounts/{account_id}", status_code=204, summary="Remove an account")
async def remove_account(account_id: str, caller: Admin, request: Request) -> None:
    """Removes its sessions, tokens and conversations with it."""
    if account_id == caller.account_id:
        raise ConflictError("This is your own account.", hint="Another admin can remove it.")
    await asyncio.to_thread(_accounts(request).remove, account_id)


def _access(request: Request) -> Access:
    return server_of(request).access


def _accounts(request: Request) -> AccountStore:
    return _access(request).accounts


def _me(caller: Caller, access: Access) -> Me:
    login: Literal["none", "token", "account"] = (
        "account" if caller.account_id else "none" if access.is_open else "token"
    )
    return Me(account_id=caller.account_id, name=caller.name, is_admin=caller.is_admin, login=login)
