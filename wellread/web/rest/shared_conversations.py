"""`/api/v1/shared`: what whoever has the link of a conversation may read of it."""

import asyncio
from datetime import datetime

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from wellread.agent.telling.export import ExportedRun
from wellread.agent.telling.export import State as ExportState
from wellread.events import Citation, Statement
from wellread.web.http.credentials import address_of
from wellread.web.http.dependencies import ConversationsPart, LibraryPart
from wellread.web.http.state import server_of
from wellread.web.rest.conversations import conversation_export
from wellread.wire.view import View, example

router = APIRouter(prefix="/api/v1/shared", tags=["conversations"])


class SharedAnswer(View):
    """An answer that is whole; offsets and positions are those of the event `answer.completed`."""

    markdown: str
    citations: list[Citation]
    statements: list[Statement]


class SharedRun(BaseModel):
    """A question and its answer; not who asked, with which model, or what it took."""

    question: str
    asked_at: datetime
    state: ExportState
    answer: SharedAnswer | None

    @classmethod
    def of(cls, run: ExportedRun) -> "SharedRun":
        answer = run.answer if run.answer is not None and run.answer.whole else None
        return cls(
            question=run.question,
            asked_at=run.asked_at,
            state=run.state,
            answer=SharedAnswer.of(answer) if answer else None,
        )


class SharedConversation(BaseModel):
    """A conversation as its link shows it."""

    model_config = example(title="On delegation", runs=[])

    title: str
    runs: list[SharedRun] = Field(description="Oldest first.")


def _paced(request: Request) -> None:
    server_of(request).rates.requests.take("link", address_of(request))


@router.get("/{token}", summary="A shared conversation", dependencies=[Depends(_paced)])
async def get_shared(
    token: str, response: Response, library: LibraryPart, store: ConversationsPart
) -> SharedConversation:
    """Needs no login. 404 once the link was taken back."""
    listed = await asyncio.to_thread(store.shared, token)
    taken = await asyncio.to_thread(conversation_export, library, listed.conversation_id)
    response.headers["X-Robots-Tag"] = "noindex"
    return SharedConversation(title=listed.title, runs=[SharedRun.of(run) for run in taken.runs])
