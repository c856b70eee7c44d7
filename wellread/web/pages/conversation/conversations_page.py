"""`/conversations`: what the caller has asked, newest first, by day."""

import asyncio
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from wellread.store.runs.conversations import ListedConversation
from wellread.web.http.dependencies import CallerPart, ConversationsPart
from wellread.web.pages.dates import clock_for
from wellread.web.pages.page import PagePart
from wellread.web.rest.conversations import cursor_of, place_of

router = APIRouter(include_in_schema=False)
_PART = 40  # conversations


@router.get("/conversations")
async def conversations(
    page: PagePart,
    caller: CallerPart,
    store: ConversationsPart,
    query: Annotated[str, Query(max_length=500)] = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
    part: Annotated[bool, Query(description="The list alone, for the script of the page.")] = False,
) -> Response:
    """A part of the list; `query` and `cursor` as in the REST interface."""
    query = query.strip()
    after = place_of(cursor) if cursor else None

    def found() -> tuple[list[ListedConversation], int]:
        listed = store.listed(caller.account_id, query=query, after=after, limit=_PART + 1)
        return listed, store.count(caller.account_id, query=query)

    listed, total = await asyncio.to_thread(found)
    shown = listed[:_PART]
    further = {"query": query, "cursor": cursor_of(shown[-1])} if len(listed) > _PART else {}
    clock = clock_for(page.request, page.language)
    days = groupby(shown, key=lambda one: clock.day(one.updated_at))
    return page.html(
        "conversations_list.html" if part else "conversations.html",
        days=[(day, list(conversations)) for day, conversations in days],
        clock=clock,
        total=total,
        query=query,
        is_further=bool(cursor),
        further=f"/conversations?{urlencode(further)}" if further else "",
    )
