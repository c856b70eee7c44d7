"""`serve`: the library over HTTP, and the worker that may be a process of its own."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence

import typer

from wellread import malloc
from wellread.cli.output import console, show_page
from wellread.engine import Wellread
from wellread.errors import BadRequestError
from wellread.serving import logs
from wellread.serving.importer import Importer
from wellread.serving.metrics import Metrics
from wellread.serving.run_metrics import RunMetrics
from wellread.serving.runtime import Runtime
from wellread.serving.warming import warm
from wellread.store.locks import check_not_restoring
from wellread.web.app import create_app, protected
from wellread.web.http.access import Access, access_for, proxies
from wellread.web.http.access_log import AccessLog
from wellread.web.http.security import limits_with
from wellread.web.server import HttpServer, bound, configuration

_NICENESS = 5  # of a worker: what answers pages on the same machine goes first


async def serve(
    *, host: str, port: int, token: str, behind: str, open_page: bool, log_level: logs.Level, works: bool
) -> None:
    """Answer requests until the process is told to stop, and work on runs and imports if it `works`."""
    logs.configure(log_level)
    malloc.hold_little()
    trusted = proxies(behind)
    async with Wellread() as library:
        access = access_of(library, host, token)
        listening = bound(host, port)
        address = address_of(host, listening)

        def ready() -> None:
            console.print(
                f"Wellread is at {address}   (Ctrl-C stops it; runs under way go on at the next start)"
            )
            if open_page:
                show_page(address)

        await listen(library, access, listening, ready, trusted, works=works)


async def work(*, log_level: logs.Level) -> None:
    """Work on the runs and imports that wait in the library until the process is told to stop. It listens nowhere."""
    logs.configure(log_level)
    malloc.hold_little()
    os.nice(_NICENESS)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with Wellread() as library:
        check_not_restoring(library.settings.home)
        runtime, importer = Runtime(library, RunMetrics(Metrics())), Importer(library)
        await warm(library)
        async with runtime.at_work(), importer.at_work():
            console.print(
                f"A worker of {library.settings.home} is at work"
                "   (Ctrl-C stops it; runs under way go on with the next one)"
            )
            await stopping.wait()


def refuse_addresses(context: typer.Context) -> None:
    """Raises BadRequestError for what is said of an address to a worker, which has none."""
    given = []
    for name in ("host", "port", "token", "behind", "open_page"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            given.append(f"--{name.removesuffix('_page')}")
    if given:
        raise BadRequestError(
            f"A worker listens nowhere: {', '.join(given)} says nothing to it.",
            hint="Say it to `wellread serve --role web`.",
        )


def access_of(library: Wellread, host: str, token: str = "") -> Access:
    """Who may call a server of this library at `host`. Refuses while the library is being restored."""
    check_not_restoring(library.settings.home)  # as the worker does, but told as other refusals are
    return access_for(host, token, library.accounts)


def address_of(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"


async def listen(
    library: Wellread,
    access: Access,
    listening: socket.socket,
    ready: Callable[[], None],
    trusted: Sequence[str] = (),
    *,
    works: bool = True,
) -> None:
    """Answer requests until the process is told to stop; `ready` is called when it begins to."""
    app = create_app(library, access, works=works)
    limits = limits_with(library.settings.upload_mb)
    guarded = AccessLog(protected(app, access, limits), app.state.server.metrics)
    server = HttpServer(configuration(guarded, trusted), app, ready)
    await server.serve([listening])
