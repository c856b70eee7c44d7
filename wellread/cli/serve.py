"""`serve`: the library over HTTP."""

import socket
from collections.abc import Callable, Sequence

from wellread.cli.output import console, show_page
from wellread.engine import Wellread
from wellread.serving import logs, malloc
from wellread.store.locks import check_not_restoring
from wellread.web.app import create_app, protected
from wellread.web.http.access import Access, access_for, proxies
from wellread.web.http.access_log import AccessLog
from wellread.web.http.security import limits_with
from wellread.web.server import HttpServer, bound, configuration


async def serve(
    *, host: str, port: int, token: str, behind: str, open_page: bool, log_level: logs.Level
) -> None:
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

        await listen(library, access, listening, ready, trusted)


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
) -> None:
    """Answer requests until the process is told to stop; `ready` is called when it begins to."""
    app = create_app(library, access)
    limits = limits_with(library.settings.upload_mb)
    guarded = AccessLog(protected(app, access, limits), app.state.server.metrics)
    server = HttpServer(configuration(guarded, trusted), app, ready)
    await server.serve([listening])
