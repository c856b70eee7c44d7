"""What the routes work with, as dependencies of FastAPI."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from wellread.engine import Wellread
from wellread.events import AnyEvent
from wellread.serving.feed import Feed
from wellread.serving.importer import Importer
from wellread.serving.request import Caller
from wellread.serving.run_worker import RunWorker
from wellread.store.runs.conversations import ConversationStore
from wellread.store.runs.feedback import FeedbackStore
from wellread.web.http.callers import current_caller
from wellread.web.http.state import Server, server_of


def _of(part: Callable[[Server], object]) -> Any:
    def found(request: Request) -> object:
        return part(server_of(request))

    return Depends(found)


ServerPart = Annotated[Server, Depends(server_of)]
LibraryPart = Annotated[Wellread, _of(lambda server: server.library)]
FeedPart = Annotated[Feed[AnyEvent], _of(lambda server: server.runtime.feed)]
ImporterPart = Annotated[Importer, _of(lambda server: server.importer)]
WorkerPart = Annotated[RunWorker, _of(lambda server: server.runtime.worker)]
ConversationsPart = Annotated[ConversationStore, _of(lambda server: server.library.conversations)]
FeedbackPart = Annotated[FeedbackStore, _of(lambda server: server.library.feedback)]
CallerPart = Annotated[Caller, Depends(current_caller)]
