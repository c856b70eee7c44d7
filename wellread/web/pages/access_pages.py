"""`/settings/tokens` and `/settings/accounts`: by what programs are known, and who may log in."""

import asyncio

from fastapi import APIRouter, Request, Response

from wellread.errors import NotFoundError
from wellread.store.accounts.accounts import AccountStore
from wellread.web.http.state import server_of
from wellread.web.pages.dates import clock_for
from wellread.web.pages.settings_page import SettingsPagePart
from wellread.web.rest.accounts import Admin

router = APIRouter(prefix="/settings", include_in_schema=False)


@router.get("/tokens")
async def tokens(shown: SettingsPagePart, request: Request) -> Response:
    """The caller's own tokens, and how programs use one."""
    caller = shown.caller
    own = await asyncio.to_thread(_accounts(request).tokens, caller.account_id) if caller.account_id else []
    return shown.html(
        "tokens",
        tokens=own,
        has_account=bool(caller.account_id),
        clock=clock_for(request, shown.page.language),
        origin=str(request.base_url).rstrip("/"),
    )


@router.get("/accounts")
async def accounts(shown: SettingsPagePart, _: Admin, request: Request) -> Response:
    """Who may log in. There is no such page where nobody need."""
    if "accounts" not in shown.sections:
        raise NotFoundError(
            "This server asks nobody to log in.", hint="wellread user add NAME makes the first account."
        )
    return shown.html(
        "accounts",
        accounts=await asyncio.to_thread(_accounts(request).accounts),
        clock=clock_for(request, shown.page.language),
    )


def _accounts(request: Request) -> AccountStore:
    access = server_of(request).access
    return access.accounts
