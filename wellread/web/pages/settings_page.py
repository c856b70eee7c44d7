"""`/settings`: its sections, and those about the server: models, budgets, what is set at the start."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from wellread.models.resolve import AUTOMATIC
from wellread.serving.request import Caller
from wellread.settings import rows
from wellread.setup.changes import MODEL_SETTINGS
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.web.http.state import server_of
from wellread.web.pages.page import Page, PagePart
from wellread.web.rest.accounts import Admin
from wellread.web.rest.connections import found_connections, offers_here
from wellread.web.rest.models import listing
from wellread.web.rest.settings import SettingView, views

router = APIRouter(prefix="/settings", include_in_schema=False)
_ADMINS = ("models", "budgets", "appearance", "tokens", "accounts", "storage", "usage", "advanced")
_EVERYBODYS = ("appearance", "tokens", "usage")
_LIMITS = ("steps", "seconds", "input_tokens", "output_tokens", "cost")
_GROUPS = {  # of what is set at the start, by how a name begins
    "server": ("server_", "upload_"),
    "patience": ("local_", "ollama_context", "lmstudio_context", "model_"),
}


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page with the sections that its caller may open."""

    page: Page
    caller: Caller
    is_open: bool

    @property
    def sections(self) -> tuple[str, ...]:
        shown = _ADMINS if self.caller.is_admin else _EVERYBODYS
        return tuple(name for name in shown if name != "accounts" or not self.is_open)

    def html(self, section: str, **values: Any) -> Response:
        own = "models" if section == "connect" else section  # a page below another
        return self.page.html(f"settings_{section}.html", section=own, sections=self.sections, **values)


def _settings_page(page: PagePart, caller: CallerPart, request: Request) -> SettingsPage:
    access = server_of(request).access
    return SettingsPage(page, caller, access.is_open)


SettingsPagePart = Annotated[SettingsPage, Depends(_settings_page)]


@router.get("")
async def settings(shown: SettingsPagePart) -> Response:
    return RedirectResponse(f"/settings/{shown.sections[0]}", status_code=303)


@router.get("/models")
async def models(shown: SettingsPagePart, caller: Admin, request: Request, library: LibraryPart) -> Response:
    """The models, which is used for what, and trying them."""
    listed, choice = await listing(request, library)
    return shown.html(
        "models",
        listed=listed,
        choice=choice,
        named=[AUTOMATIC, *(model.name for model in listed if model.usable and not model.name.endswith("…"))],
        roles=[view for view in views(caller, library) if _is_model(view.name)],
    )


@router.get("/models/connect")
async def connect(shown: SettingsPagePart, _: Admin, request: Request, library: LibraryPart) -> Response:
    """What models there are to be connected, keys, downloads, and a question answered both ways."""
    connections = await found_connections(request, library)
    choice = await asyncio.to_thread(library.models.automatic)
    candidates = [model for connection in connections for model in connection.models]
    return shown.html(
        "connect",
        connections=connections,
        choice=choice,
        offers=await asyncio.to_thread(offers_here, library),
        candidates=sorted(candidates, key=lambda name: name != choice.name),
        questions=await asyncio.to_thread(library.titles.to_begin_with),
        download=server_of(request).downloads.last,
    )


@router.get("/budgets")
async def budgets(shown: SettingsPagePart, caller: Admin, library: LibraryPart) -> Response:
    """What a run may spend, and how much it looks at."""
    live = [view for view in views(caller, library) if view.name in _live() and not _is_model(view.name)]
    limits = {
        mode: [view for view in live if view.name in {f"{mode}_{limit}" for limit in _LIMITS}]
        for mode in ("quick", "deep")
    }
    known = {view.name for own in limits.values() for view in own}
    return shown.html("budgets", limits=limits, rest=[view for view in live if view.name not in known])


@router.get("/advanced")
async def advanced(shown: SettingsPagePart, caller: Admin, library: LibraryPart) -> Response:
    """What is read when the server starts."""
    groups: dict[str, list[SettingView]] = {"library": [], "patience": [], "addresses": [], "server": []}
    for view in views(caller, library):
        if view.name not in _live():
            groups[_group(view.name)].append(view)
    return shown.html("advanced", groups=groups)


@router.get("/appearance")
async def appearance(shown: SettingsPagePart) -> Response:
    """Colours and language, which this browser keeps."""
    return shown.html("appearance")


def _live() -> set[str]:
    return {row.name for row in rows() if row.live}


def _is_model(name: str) -> bool:
    return name in MODEL_SETTINGS


def _group(name: str) -> str:
    if name.endswith("_base_url"):
        return "addresses"
    return next((group for group, starts in _GROUPS.items() if name.startswith(starts)), "library")
