"""`/conversations/{id}`: questions and their answers, live while they are worked on; `/shared/{token}`: to be read by
whoever has the link."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from wellread.engine import Wellread
from wellread.errors import NotFoundError
from wellread.events import AnyEvent, Citation, Snippet
from wellread.serving.feed import HEARTBEAT, Feed
from wellread.store.event_log import StoredEvent
from wellread.store.runs.feedback import FeedbackStore
from wellread.web.http.credentials import address_of
from wellread.web.http.dependencies import (
    CallerPart,
    ConversationsPart,
    FeedbackPart,
    FeedPart,
    LibraryPart,
    WorkerPart,
)
from wellread.web.http.listener import ListenerPart
from wellread.web.http.state import server_of
from wellread.web.http.stream import ALIVE, BEGINNING, ByteStream
from wellread.web.pages.ask_page import Box
from wellread.web.pages.conversation.answer_html import Link
from wellread.web.pages.conversation.run_view import RunPart, RunRendering
from wellread.web.pages.page import OpenPagePart, Page, PagePart

router = APIRouter(include_in_schema=False)
_MOST_RUNS = 20  # of a conversation that are shown at once
_MOST_READ = 200  # that whoever has the link, or the file, reads: the last ones
_PACE = 0.06  # seconds between two pictures of a run: what comes meanwhile is drawn together


@router.get("/conversations/{conversation_id}")
async def show_conversation(
    conversation_id: str,
    page: PagePart,
    caller: CallerPart,
    library: LibraryPart,
    conversations: ConversationsPart,
    feedback: FeedbackPart,
    worker: WorkerPart,
    before: Annotated[int, Query(ge=0)] = 0,
    part: str = "",
    run: str = "",
) -> Response:
    """Its last questions; those before them with `before`, which says how many were shown. With `part=run` only the
    `run`, which has just begun."""

    def shown() -> Response:
        conversation = conversations.conversation(conversation_id, caller.account_id)
        run_ids = library.history.ids(conversation_id)
        if part == "run" and run not in run_ids:
            raise NotFoundError(f"There is no run {run!r}.", hint="Load the page again.")
        last = len(run_ids) - min(before, len(run_ids))
        first = max(0, last - _MOST_RUNS)
        pictures = _pictures(page, library, feedback, [run] if part == "run" else run_ids[first:last])
        html = [Markup(picture.html()) for picture in pictures]
        return page.html(
            "runs.html" if part == "run" else "conversation.html",
            conversation=conversation,
            is_told=len(run_ids) == 1
            and any(p.start.question.startswith(conversation.title) for p in pictures),
            runs=html,
            is_left=any(picture.state == "waiting" for picture in pictures) and not worker.workers(),
            earlier=len(run_ids) - first if first else 0,
            later=before > 0,
            box=Box(placeholder=page.say("Ask on …"), conversation_id=conversation_id),
        )

    return await asyncio.to_thread(shown)


@router.get("/runs/{run_id}/live")
async def watch_run(
    run_id: str,
    page: PagePart,
    caller: CallerPart,
    library: LibraryPart,
    feed: FeedPart,
    listener: ListenerPart,
) -> Response:
    """The parts of a run's picture that change, as server-sent events: their numbers are those of the run's own
    events, so a listener goes on where it was."""
    run = await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    if run.outcome and listener.after >= (await asyncio.to_thread(library.run_log.ends, [run_id])).get(
        run_id, 0
    ):
        return Response(status_code=204)  # at which an EventSource does not come back
    return ByteStream(_watched(RunRendering(page, run_id, titles=library.titles), feed, listener.after))


@router.get("/shared/{token}")
async def show_shared(
    token: str, request: Request, page: OpenPagePart, library: LibraryPart, conversations: ConversationsPart
) -> Response:
    """The questions and answers of a conversation, not who asked, how, or with what. Needs no login."""
    server_of(request).rates.requests.take("link", address_of(request))

    def shown() -> Response:
        conversation = conversations.shared(token)
        pictures = _for_reading(page, library, conversation.conversation_id)
        response = page.html("shared.html", title=conversation.title, runs=pictures)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return await asyncio.to_thread(shown)


@router.get("/conversations/{conversation_id}/page.html")
async def save_page(
    conversation_id: str,
    page: PagePart,
    caller: CallerPart,
    library: LibraryPart,
    conversations: ConversationsPart,
) -> Response:
    """The questions and answers as one file that needs nothing else."""

    def saved() -> Response:
        conversation = conversations.conversation(conversation_id, caller.account_id)
        pictures = _for_reading(page, library, conversation_id)
        response = page.html("saved.html", title=conversation.title, runs=pictures)
        response.headers["Content-Disposition"] = (
            f'attachment; filename="conversation-{conversation_id}.html"'
        )
        return response

    return await asyncio.to_thread(saved)


def _pictures(
    page: Page, library: Wellread, feedback: FeedbackStore, run_ids: Sequence[str]
) -> list[RunRendering]:
    ratings = feedback.of(list(run_ids))
    pictures = []
    for run_id in run_ids:
        rated = ratings.get(run_id)
        picture = RunRendering(page, run_id, titles=library.titles, rating=rated.rating if rated else "")
        for event in library.history.events(run_id):
            picture.tell(event)
        if picture.last:
            pictures.append(picture)
    return pictures


def _for_reading(page: Page, library: Wellread, conversation_id: str) -> list[RunRendering]:
    """The runs for whoever has no library to open, so that marks lead to the sources on the page itself."""
    pictures = []
    for run_id in library.history.ids(conversation_id)[-_MOST_READ:]:
        picture = RunRendering(page, run_id, link=_below(run_id))
        for event in library.history.events(run_id):
            picture.tell(event)
        if picture.last:
            pictures.append(picture)
    return pictures


def _below(run_id: str) -> Link:
    """Marks lead to the sources on the same page: whoever has the link has no rights to the titles."""

    def link(position: int | None, _: Citation | Snippet) -> str:
        return "" if position is None else f"#source-{run_id}-{position}"

    return link


async def _watched(picture: RunRendering, feed: Feed[AnyEvent], after: int) -> AsyncGenerator[bytes, None]:
    yield BEGINNING.encode()
    async with aclosing(feed.follow(picture.run_id, idle=HEARTBEAT)) as followed:
        async for events in followed:
            if not events:
                yield ALIVE
                continue
            message = await asyncio.to_thread(_drawn, picture, events, after)
            if message:
                yield message
                await asyncio.sleep(0 if picture.end else _PACE)


def _drawn(picture: RunRendering, events: Sequence[StoredEvent[AnyEvent]], after: int) -> bytes:
    """What changes with these events, for a listener that has those up to number `after`; b"" when it has them all."""
    for stored in events:
        picture.tell(stored.event)
        if stored.seq == after:
            picture.skip()
    return _message(picture, list(picture.changed())) if picture.last > after else b""


def _message(picture: RunRendering, parts: list[RunPart]) -> bytes:
    body = {
        "state": picture.state,
        "ended": picture.end is not None,
        "parts": [{"id": part.id, "html": part.html, "within": part.within} for part in parts],
    }
    return f"id: {picture.last}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
