"""`/api/v1/settings`: how this server is set up, and what of it may change while it runs."""

import asyncio
import re
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, RootModel, StrictFloat, StrictInt, StrictStr

from wellread.engine import Wellread
from wellread.serving.request import Caller
from wellread.settings import Value, rows
from wellread.setup.changes import check_models, checked_changes, fixed_by
from wellread.store import settings_file
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.web.http.state import server_of
from wellread.web.rest.accounts import Admin
from wellread.wire.view import View, example

router = APIRouter(prefix="/api/v1", tags=["settings"])
_USER = re.compile(r"(?<=://)[^/?#\s]*@")  # of an address: a name, a password or a key
_QUERY = re.compile(r"(?<=[?#]).+", re.DOTALL)
_ADDRESSES = ("database", "_base_url")

Name = Annotated[str, Field(max_length=80)]
Given = Annotated[StrictStr, Field(max_length=300)] | StrictInt | StrictFloat | None


class SettingView(View):
    """A setting with its value."""

    model_config = example(
        name="quick_steps",
        value=4,
        default=4,
        sentence="Steps a run has at most when DeepSearch is OFF.",
        changeable=True,
        fixed_by="",
    )

    name: str
    value: Value = Field(description="Of an address without what may be secret in it.")
    default: Value
    sentence: str
    changeable: bool = Field(description="Whether an admin may change it here.")
    fixed_by: str = Field(description="The environment variable that sets it, if one does.")


class Changes(RootModel[dict[Name, Given]]):
    """New values by name; null for the default."""

    model_config = example(quick_steps=6, writer_model=None)


@router.get("/settings", summary="The settings")
async def list_settings(caller: CallerPart, library: LibraryPart) -> list[SettingView]:
    """All of them for an admin; for others those that shape answers."""
    return views(caller, library)


@router.patch("/settings", summary="Change settings")
async def change_settings(
    changes: Changes, caller: Admin, request: Request, library: LibraryPart
) -> list[SettingView]:
    """All of them or, when one cannot be, none. Runs that begin from now on follow them. They are kept in
    settings.toml, where other server processes of the library find them with their next run."""
    changing = server_of(request).changing_settings
    async with changing:
        values = checked_changes(changes.root, running=True)
        await asyncio.to_thread(check_models, library.models, values)
        default = {row.name: row.default for row in rows()}
        defaults = {name: default[name] if value is None else value for name, value in values.items()}
        changed = replace(library.settings, **defaults)  # type: ignore[arg-type]  # `checked_changes` gave each its type
        await asyncio.to_thread(settings_file.change, library.settings.home, values)
        library.configure(changed)
    return views(caller, library)


def views(caller: Caller, library: Wellread) -> list[SettingView]:
    """The settings that a caller may see."""
    return [
        SettingView.of(
            row,
            value=_shown(row.name, getattr(library.settings, row.name)),
            changeable=row.live and not fixed_by(row),
            fixed_by=fixed_by(row),
        )
        for row in rows()
        if row.live or caller.is_admin
    ]


def _shown(name: str, value: Value) -> Value:
    if isinstance(value, str) and name.endswith(_ADDRESSES):
        return _QUERY.sub("***", _USER.sub("***@", value))
    return value
