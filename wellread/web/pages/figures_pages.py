"""`/settings/storage` and `/settings/usage`: how much there is, and what runs took."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from babel import Locale
from babel.dates import format_skeleton
from fastapi import APIRouter, Query, Response

from wellread.store.disk_usage import measure
from wellread.web.http.dependencies import LibraryPart
from wellread.web.pages.settings_page import SettingsPagePart
from wellread.web.rest.accounts import Admin
from wellread.web.rest.usage import get_usage

router = APIRouter(prefix="/settings", include_in_schema=False)
_WIDER = (7, 30, 90, 365)  # days


@router.get("/storage")
async def storage(shown: SettingsPagePart, _: Admin, library: LibraryPart) -> Response:
    """What the library holds, and the room that it takes."""
    index = await library.index(take_up=False)
    stats, footprint, titles = await asyncio.gather(
        index.stats(),
        asyncio.to_thread(measure, library.settings.home),
        asyncio.to_thread(library.titles.count),
    )
    return shown.html(
        "storage",
        titles=titles,
        passages=stats.rows,
        waiting=stats.without_vectors if library.embedder else 0,
        embedder=library.embedder.name if library.embedder else "",
        footprint=footprint,
        home=str(library.settings.home),
        database="postgresql" if library.settings.database else "sqlite",
    )


@router.get("/usage")
async def usage(
    shown: SettingsPagePart,
    library: LibraryPart,
    days: Annotated[int, Query(ge=1, le=1000)] = 30,
    whose: Annotated[Literal["me", "all"], Query(alias="caller")] = "me",
) -> Response:
    """What runs took, by model and by day. Of all callers for an admin."""
    last = datetime.now(UTC).date()
    first = last - timedelta(days=days - 1)
    locale = Locale.parse(shown.page.language)
    # One after the other: the database sums both over the same runs.
    by_model = await get_usage(shown.caller, library, first, last, "model", whose)
    by_day = await get_usage(shown.caller, library, first, last, "day", whose)
    return shown.html(
        "usage",
        models=by_model.groups,
        days=list(reversed(by_day.groups)),
        most=max((day.runs for day in by_day.groups), default=1),
        total=by_day.total,
        span=days,
        spans=sorted({*_WIDER, days}),
        whose=whose,
        day_name=lambda key: format_skeleton("yMMMd", date.fromisoformat(key), locale=locale),
    )
