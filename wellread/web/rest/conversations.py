"""`/api/v1/conversations`: the caller's conversations, listed, read, renamed, shared, taken away, deleted."""

import asyncio
import base64
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import BaseModel, Field

from wellread.agent.telling.export import Export, export
from wellread.agent.telling.markdown import as_markdown
from wellread.engine import Wellread
from wellread.errors import BadRequestError, ConflictError
from wellread.events import RunStarted
from wellread.library.bibliography import line
from wellread.store.runs.conversations import ConversationCursor, ListedConversation
from wellread.store.runs.feedback import Feedback, FeedbackStore
from wellread.store.runs.runs import StoredRun
from wellread.web.http.dependencies import (
    CallerPart,
    ConversationsPart,
    FeedbackPart,
    LibraryPart,
    WorkerPart,
)
from wellread.web.http.downloads import download
from wellread.web.rest.runs import state_of
from wellread.wire.conversations import Conversations, ConversationView, RunSummary, Share, WholeConversation
from wellread.wire.view import example

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])
_PATIENCE = 10.0  # seconds for the runs of a conversation to be cancelled before it is deleted
_LOOK = 0.1


class NewTitle(BaseModel, extra="forbid"):
    model_config = example(title="On delegation")

    title: str = Field(max_length=200)


@router.get("", summary="The caller's conversations")
async def list_conversations(
    caller: CallerPart,
    store: ConversationsPart,
    query: Annotated[
        str, Query(max_length=500, description="Words that the title or the questions have.")
    ] = "",
    cursor: Annotated[str, Query(max_length=200, description="`next` of the part before.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Conversations:
    after = place_of(cursor) if cursor else None

    def found() -> tuple[list[ListedConversation], int]:
        # One more than is wanted tells whether it goes on.
        listed = store.listed(caller.account_id, query=query, after=after, limit=limit + 1)
        return listed, store.count(caller.account_id, query=query)

    listed, total = await asyncio.to_thread(found)
    return Conversations(
        conversations=[_conversation_view(conversation) for conversation in listed[:limit]],
        total=total,
        next=cursor_of(listed[limit - 1]) if len(listed) > limit else "",
    )


@router.get("/{conversation_id}", summary="A conversation")
async def get_conversation(
    conversation_id: str,
    request: Request,
    caller: CallerPart,
    library: LibraryPart,
    store: ConversationsPart,
    feedback: FeedbackPart,
) -> WholeConversation:
    listed = await asyncio.to_thread(store.conversation, conversation_id, caller.account_id)
    return WholeConversation(
        conversation=_conversation_view(listed),
        link=_link(request, listed.share) if listed.share else "",
        runs=await asyncio.to_thread(_summaries, library, feedback, conversation_id),
    )


@router.patch("/{conversation_id}", summary="Rename a conversation")
async def rename_conversation(
    conversation_id: str, new: NewTitle, caller: CallerPart, store: ConversationsPart
) -> ConversationView:
    title = line(new.title)
    if not title:
        raise BadRequestError("The title is empty.", hint="A title has 1 to 200 characters.")
    await asyncio.to_thread(store.rename, conversation_id, caller.account_id, title)
    return _conversation_view(await asyncio.to_thread(store.conversation, conversation_id, caller.account_id))


@router.delete("/{conversation_id}", status_code=204, summary="Delete a conversation")
async def delete_conversation(
    conversation_id: str, caller: CallerPart, store: ConversationsPart, worker: WorkerPart
) -> None:
    """With its runs, their events and feedback, and its link. What is under way is cancelled first."""
    give_up = asyncio.get_running_loop().time() + _PATIENCE
    while under_way := await asyncio.to_thread(store.delete, conversation_id, caller.account_id):
        if asyncio.get_running_loop().time() > give_up:
            raise ConflictError(
                "A run of this conversation is still being cancelled.", hint="Delete it again in a moment."
            )
        for run_id in under_way:
            await worker.request(run_id, "cancel")
        await asyncio.sleep(_LOOK)


@router.post("/{conversation_id}/share", status_code=status.HTTP_201_CREATED, summary="Share by link")
async def share_conversation(
    conversation_id: str,
    request: Request,
    response: Response,
    caller: CallerPart,
    store: ConversationsPart,
) -> Share:
    """Whoever has the link reads the questions, answers and citations, also those to come. 200 with the same link when
    it is shared already."""
    token, fresh = await asyncio.to_thread(store.share, conversation_id, caller.account_id)
    if not fresh:
        response.status_code = status.HTTP_200_OK
    return Share(token=token, link=_link(request, token))


@router.delete("/{conversation_id}/share", status_code=204, summary="Take the link back")
async def unshare_conversation(conversation_id: str, caller: CallerPart, store: ConversationsPart) -> None:
    await asyncio.to_thread(store.unshare, conversation_id, caller.account_id)


@router.get(
    "/{conversation_id}/export",
    summary="Take a conversation away",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}, "application/json": {}}}},
)
async def export_conversation(
    conversation_id: str,
    caller: CallerPart,
    library: LibraryPart,
    store: ConversationsPart,
    format: Literal["markdown", "json"] = "markdown",  # the name of the parameter
    steps: Annotated[bool, Query(description="Tell in Markdown what was done in each run.")] = False,
) -> Response:
    """As a file: each question, what it was asked of, its answer and its sources."""
    listed = await asyncio.to_thread(store.conversation, conversation_id, caller.account_id)

    def exported() -> str:
        taken = conversation_export(library, conversation_id)
        if format == "json":
            return taken.model_dump_json(indent=2)
        cited = {c.product_id for run in taken.runs if run.answer for c in run.answer.citations}
        return as_markdown(taken, library.titles.by_id(sorted(cited)), steps=steps)

    media_type, ending = {
        "json": ("application/json", "json"),
        "markdown": ("text/markdown; charset=utf-8", "md"),
    }[format]
    return download(await asyncio.to_thread(exported), media_type, listed.title, ending)


def conversation_export(library: Wellread, conversation_id: str) -> Export:
    """The runs of a conversation, oldest first."""
    events = [library.history.events(run_id) for run_id in library.history.ids(conversation_id)]
    return export([own for own in events if own])


def _summaries(library: Wellread, feedback: FeedbackStore, conversation_id: str) -> list[RunSummary]:
    runs = library.history.of(conversation_id)
    run_ids = [run.run_id for run in runs]
    starts, said = library.history.starts(run_ids), feedback.of(run_ids)
    return [_run_summary(run, starts[run.run_id], said.get(run.run_id)) for run in runs]


def _link(request: Request, token: str) -> str:
    return f"{request.base_url}shared/{token}"


def cursor_of(listed: ListedConversation) -> str:
    """Where the list goes on after that conversation."""
    return base64.urlsafe_b64encode(f"{listed.updated_at} {listed.conversation_id}".encode()).decode()


def place_of(cursor: str) -> ConversationCursor:
    """The place of a `cursor_of`. Raises BadRequestError."""
    try:
        updated_at, _, conversation_id = base64.urlsafe_b64decode(cursor).decode("ascii").partition(" ")
    except ValueError as error:
        raise BadRequestError("That is no cursor.", hint="Send `next` of the part before.") from error
    return ConversationCursor(updated_at, conversation_id)


def _conversation_view(listed: ListedConversation) -> ConversationView:
    return ConversationView.of(listed, shared=bool(listed.share))


def _run_summary(run: StoredRun, start: RunStarted, feedback: Feedback | None) -> RunSummary:
    rating = feedback.rating if feedback else None
    return RunSummary.of(run, state=state_of(run), mode=start.mode, model=start.model, rating=rating)
