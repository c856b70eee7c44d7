"""The app: the routes and what they work with, for one library."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp

from wellread import __version__
from wellread.engine import Wellread
from wellread.malloc import give_back
from wellread.serving.importer import Importer
from wellread.serving.metrics import Metrics
from wellread.serving.run_metrics import RunMetrics
from wellread.serving.runtime import Runtime
from wellread.serving.warming import warm
from wellread.setup.downloads import Downloads
from wellread.web.http.access import Access
from wellread.web.http.problems import add_problems, describe_problems
from wellread.web.http.security import BodyLimits, RequestBody, RequestOrigin, SecurityHeaders
from wellread.web.http.state import Server
from wellread.web.lazy_app import LazyApp
from wellread.web.openai.errors import OpenAIErrors
from wellread.web.pages.problem_page import add_problem_pages
from wellread.web.routes import ROUTERS

_MCP = "wellread.web.mcp.endpoint"  # with the SDK it takes as long to import as all the rest
_DESCRIPTION = "Answers from the books and videos of a library, every statement of which opens its source."


def create_app(library: Wellread, access: Access, *, works: bool = True) -> FastAPI:
    """The app for an open library, whose callers are known by `access`. It works on runs and imports while its lifespan
    lasts; without `works` it leaves them to workers."""
    metrics = Metrics()
    library.observe_store(metrics.store_seconds.observe)
    runtime = Runtime(library, RunMetrics(metrics), works=works)
    importer = Importer(library, works=works)
    server = Server(library, runtime, importer, access, metrics, Downloads(library.settings.home))
    mcp = LazyApp(_MCP, lambda module: module.McpEndpoint(runtime))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with mcp.at_work(), runtime.at_work(), importer.at_work():
            warming = asyncio.create_task(_warm(server, mcp))
            try:
                yield
            finally:
                warming.cancel()
                await server.downloads.stop()
                await asyncio.gather(warming, return_exceptions=True)

    app = interface()
    app.router.lifespan_context = lifespan
    app.state.server = server
    app.router.routes.append(Route("/mcp", mcp))
    return app


def interface() -> FastAPI:
    """The routes, described; what they work with comes with `create_app`."""
    app = FastAPI(
        title="Wellread",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # their pages load scripts from other hosts
        redoc_url=None,
    )
    for router in ROUTERS:
        app.include_router(router)
    add_problems(app)
    add_problem_pages(app)
    describe_problems(app)
    return app


async def _warm(server: Server, mcp: LazyApp) -> None:
    """Load what a first question would wait for. What cannot be loaded is told by `/ready`, too."""
    server.problem = await warm(server.library)
    server.is_warm = not server.problem
    await mcp.loaded()
    await asyncio.to_thread(lambda: server.library.pictures)
    await asyncio.to_thread(give_back)


def protected(app: ASGIApp, access: Access, limits: BodyLimits | None = None) -> ASGIApp:
    """`app` behind the middlewares that every request and response passes.

    It wraps the application instead of being added to it, so that the response to an unexpected error has the headers
    too.
    """
    return SecurityHeaders(OpenAIErrors(RequestOrigin(RequestBody(app, limits or BodyLimits()), access)))
