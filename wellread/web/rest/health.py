"""`/health` and `/ready`: whether the process answers, and whether a question would be answered at once."""

import asyncio

from fastapi import APIRouter, Request, Response

from wellread.errors import StorageError
from wellread.web.http.dependencies import LibraryPart, WorkerPart
from wellread.web.http.state import server_of
from wellread.wire.server import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> Health:
    """Answers as long as the process lives."""
    return Health()


@router.get("/ready", responses={503: {"model": Readiness}})
async def ready(request: Request, response: Response, library: LibraryPart, worker: WorkerPart) -> Readiness:
    """200 when a question would be answered at once, else 503 with what is missing."""
    server = server_of(request)
    try:
        await asyncio.to_thread(library.titles.count)
        database = "ok"
    except StorageError:
        database = "away"
    problem = library.embedder_problem
    embedder = "none" if library.settings.embedder == "none" else "ok" if library.embedder else "loading"
    workers = await asyncio.to_thread(worker.workers)
    readiness = Readiness(
        ready=database == "ok" and server.is_warm and workers > 0,
        database=database,
        search="ok" if server.is_warm else "failed" if server.problem else "loading",
        embedder="missing: search is by keyword" if problem else embedder,
        working=worker.working,
        workers=workers,
    )
    response.status_code = 200 if readiness.ready else 503
    return readiness
