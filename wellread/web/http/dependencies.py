"""What the routes work with, as FastAPI dependencies: each takes it from the state of the app it runs in."""

from typing import Annotated, cast

from fastapi import Depends, Request

from wellread.engine import Wellread
from wellread.serving.feed import Feed
from wellread.serving.importer import Importer
from wellread.serving.request import Caller
from wellread.serving.worker import Worker
from wellread.store.runs.conversations import ConversationStore
from wellread.store.runs.feedback import FeedbackStore
from wellread.web.http.access import current_caller


def _library(request: Request) -> Wellread:
    return cast(Wellread, request.app.state.library)


def _feed(request: Request) -> Feed:
    return cast(Feed, request.app.state.feed)


def _worker(request: Request) -> Worker:
    return cast(Worker, request.app.state.worker)


def _conversations(request: Request) -> ConversationStore:
    return _library(request).conversations


def _feedback(request: Request) -> FeedbackStore:
    return _library(request).feedback


def _importer(request: Request) -> Importer:
    return cast(Importer, request.app.state.importer)


LibraryPart = Annotated[Wellread, Depends(_library)]
FeedPart = Annotated[Feed, Depends(_feed)]
ImporterPart = Annotated[Importer, Depends(_importer)]
WorkerPart = Annotated[Worker, Depends(_worker)]
ConversationsPart = Annotated[ConversationStore, Depends(_conversations)]
FeedbackPart = Annotated[FeedbackStore, Depends(_feedback)]
CallerPart = Annotated[Caller, Depends(current_caller)]
