"""What the routes work with, as FastAPI dependencies: each takes it from the state of the app it runs in."""

from typing import Annotated, cast

from fastapi import Depends, Request

from wellread.engine import Wellread
from wellread.events import AnyEvent
from wellread.serving.feed import Feed
from wellread.serving.importer import Importer
from wellread.serving.request import Caller
from wellread.serving.run_worker import RunWorker
from wellread.store.runs.conversations import ConversationStore
from wellread.store.runs.feedback import FeedbackStore
from wellread.web.http.access import current_caller


def _library(request: Request) -> Wellread:
    return cast(Wellread, request.app.state.library)


def _feed(request: Request) -> Feed[AnyEvent]:
    return cast(Feed[AnyEvent], request.app.state.feed)


def _worker(request: Request) -> RunWorker:
    return cast(RunWorker, request.app.state.worker)


def _conversations(request: Request) -> ConversationStore:
    return _library(request).conversations


def _feedback(request: Request) -> FeedbackStore:
    return _library(request).feedback


def _importer(request: Request) -> Importer:
    return cast(Importer, request.app.state.importer)


LibraryPart = Annotated[Wellread, Depends(_library)]
FeedPart = Annotated[Feed[AnyEvent], Depends(_feed)]
ImporterPart = Annotated[Importer, Depends(_importer)]
WorkerPart = Annotated[RunWorker, Depends(_worker)]
ConversationsPart = Annotated[ConversationStore, Depends(_conversations)]
FeedbackPart = Annotated[FeedbackStore, Depends(_feedback)]
CallerPart = Annotated[Caller, Depends(current_caller)]
