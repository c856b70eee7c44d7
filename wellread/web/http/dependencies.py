"""What the routes work with, as dependencies of FastAPI."""

from typing import Annotated

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


def _library(request: Request) -> Wellread:
    return server_of(request).library


def _feed(request: Request) -> Feed[AnyEvent]:
    return server_of(request).runtime.feed


def _worker(request: Request) -> RunWorker:
    return server_of(request).runtime.worker


def _importer(request: Request) -> Importer:
    return server_of(request).importer


def _conversations(request: Request) -> ConversationStore:
    return _library(request).conversations


def _feedback(request: Request) -> FeedbackStore:
    return _library(request).feedback


ServerPart = Annotated[Server, Depends(server_of)]
LibraryPart = Annotated[Wellread, Depends(_library)]
FeedPart = Annotated[Feed[AnyEvent], Depends(_feed)]
ImporterPart = Annotated[Importer, Depends(_importer)]
WorkerPart = Annotated[RunWorker, Depends(_worker)]
ConversationsPart = Annotated[ConversationStore, Depends(_conversations)]
FeedbackPart = Annotated[FeedbackStore, Depends(_feedback)]
CallerPart = Annotated[Caller, Depends(current_caller)]
