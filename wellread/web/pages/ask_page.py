"""`/`: the page to ask on; for programs, what this address is."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from wellread import __version__
from wellread.content import Product
from wellread.engine import Wellread
from wellread.serving.request import Caller
from wellread.store.runs.conversations import ConversationStore, ListedConversation
from wellread.web.http.callers import current_caller
from wellread.web.http.dependencies import ConversationsPart, LibraryPart
from wellread.web.http.state import server_of
from wellread.web.pages.page import Page, page_of, wants_page

router = APIRouter(include_in_schema=False)
_PLACES = (
    ("/api/v1/openapi.json", "the REST interface, described"),
    ("/v1", "the interface of OpenAI's clients: the models wellread-quick and wellread-deep"),
    ("/mcp", "the library as a server of the Model Context Protocol"),
    ("/api/v1/agui", "the interface of front ends that speak AG-UI"),
    ("/ready", "whether a question would be answered at once"),
)
_LATEST = 3  # conversations to go on with
_INNER = str.maketrans(dict.fromkeys('“”„«»"', "’"))  # quotation marks within a quotation would end it
_LONGEST = 4000  # characters of a question in the page's address


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in the question box: `picked` are ids and titles."""

    placeholder: str
    question: str = ""
    picked: tuple[tuple[str, str], ...] = ()
    conversation_id: str = ""
    focus: bool = False


@router.get("/")
async def ask(
    request: Request,
    library: LibraryPart,
    conversations: ConversationsPart,
    question: str = "",
    about: str = "",
    within: Annotated[list[str] | None, Query(alias="in", max_length=50)] = None,
) -> Response:
    """The question box, with a `question` or words to ask `about` in it and the titles to look `in`; or as text how to
    ask something."""
    if not wants_page(request):
        return await _told(request, library)
    caller = await current_caller(request)
    page = page_of(request, caller)
    words = f"“{about[:_LONGEST].translate(_INNER)}” " if about else question[:_LONGEST]
    return await asyncio.to_thread(_home, page, library, conversations, caller, words, within or [])


def _home(
    page: Page,
    library: Wellread,
    conversations: ConversationStore,
    caller: Caller,
    question: str,
    within: list[str],
) -> Response:
    titles = library.titles
    picked: dict[str, Product] = titles.by_id(within)
    latest: list[ListedConversation] = conversations.listed(caller.account_id, limit=_LATEST)
    box = Box(
        placeholder=page.say("Ask the titles of this library …"),
        question=question,
        picked=tuple((product_id, picked[product_id].title) for product_id in within if product_id in picked),
        focus=True,
    )
    return page.html(
        "ask.html",
        titles=titles.count(),
        box=box,
        suggestions=[] if question or within else titles.to_begin_with(),
        latest=latest,
    )


async def _told(request: Request, library: LibraryPart) -> PlainTextResponse:
    """How much the library holds is told to those who may ask."""
    base = str(request.base_url).rstrip("/")
    lines = [f"Wellread {__version__}", ""]
    if server_of(request).access.is_open:
        titles = await asyncio.to_thread(library.titles.count)
        lines += [f"This library holds {titles:,} titles.", ""]
    lines += [f"  {base}{path:<22} {what}" for path, what in _PLACES]
    lines += [
        "",
        "Ask something:",
        "",
        f'  curl {base}/api/v1/runs --json \'{{"question": "What is delegation?"}}\'',
        "",
    ]
    return PlainTextResponse("\n".join(lines), headers={"Cache-Control": "no-store", "Vary": "Accept"})
