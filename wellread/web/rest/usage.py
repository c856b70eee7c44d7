"""`/api/v1/usage`: what runs took, by day or by model."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from wellread.errors import BadRequestError, ForbiddenError
from wellread.store.runs.usage import Group, UsageSum
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.wire.server import SumView, UsageView

router = APIRouter(prefix="/api/v1", tags=["usage"])
_DAYS = 30
_MOST_DAYS = 1000
_COUNTS = tuple(name for name in SumView.model_fields if name not in ("key", "cost"))


@router.get("/usage", summary="What runs took")
async def get_usage(
    caller: CallerPart,
    library: LibraryPart,
    first: Annotated[date | None, Query(alias="from", description="Else 30 days to the last.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Else today, in UTC.")] = None,
    group: Group = "day",
    whose: Annotated[
        Literal["me", "all"], Query(alias="caller", description="Of all callers: for admins.")
    ] = "me",
) -> UsageView:
    if whose == "all" and not caller.is_admin:
        raise ForbiddenError("Only an admin sees what others use.", hint="Leave `caller` out for your own.")
    last = last or datetime.now(UTC).date()
    first = first or date.fromordinal(max(1, last.toordinal() - _DAYS + 1))
    if not timedelta(0) <= last - first < timedelta(days=_MOST_DAYS):
        raise BadRequestError(
            f"From {first} to {last} is no span of 1 to {_MOST_DAYS} days.",
            hint="Both days are included; the first is not after the last.",
        )
    sums = await asyncio.to_thread(
        lambda: library.usage.sums(
            first, last, by=group, caller=None if whose == "all" else caller.account_id, limit=_MOST_DAYS
        )
    )
    return UsageView(
        first=first, last=last, total=_sum_view("", sums), groups=[_sum_view(s.key, [s]) for s in sums]
    )


def _sum_view(key: str, sums: Sequence[UsageSum]) -> SumView:
    counts = {name: sum(getattr(s, name) for s in sums) for name in _COUNTS}
    return SumView(key=key, cost=round(sum(s.cost for s in sums), 9), **counts)
