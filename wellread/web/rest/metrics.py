"""`/metrics`: the figures of this process, for Prometheus."""

import asyncio
import math

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from wellread.errors import StorageError
from wellread.web.http.access import is_forwarded, is_loopback
from wellread.web.http.callers import current_caller
from wellread.web.http.dependencies import FeedPart, LibraryPart, WorkerPart
from wellread.web.http.state import server_of

router = APIRouter(tags=["health"])


async def _reader(request: Request) -> None:
    """Lets programs on this machine pass, and whoever logs in. Raises UnauthorizedError."""
    if not _is_local(request):
        await current_caller(request)


def _is_local(request: Request) -> bool:
    # A proxy on this machine comes from a loopback address too; what it forwards does not.
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and is_loopback(request.url.hostname or "")
        and not is_forwarded(request.headers)
    )


@router.get("/metrics", response_class=Response, dependencies=[Depends(_reader)])
async def metrics(request: Request, library: LibraryPart, worker: WorkerPart, feed: FeedPart) -> Response:
    """In the text format of Prometheus. No login is needed on this machine; from elsewhere send a token."""
    figures = server_of(request).metrics
    try:
        figures.queue.set(await asyncio.to_thread(library.queue.waiting))
    except StorageError:
        figures.queue.set(math.nan)  # the other figures are wanted the more
    figures.working.set(worker.working)
    figures.workers.set(await asyncio.to_thread(worker.workers))
    figures.listeners.set(feed.listeners)
    return Response(figures.page(), headers={"content-type": CONTENT_TYPE_LATEST})
