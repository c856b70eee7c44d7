"""`serve`: the library over HTTP."""

import webbrowser

from wellread.cli.output import console
from wellread.engine import Wellread
from wellread.store.accounts import AccountStore
from wellread.store.locks import check_not_restoring
from wellread.web import logs, memory
from wellread.web.access import access_for, proxies
from wellread.web.app import create_app
from wellread.web.requests import Requests
from wellread.web.security import limits_with, protected
from wellread.web.server import Server, bound, configuration


async def serve(
    *, host: str, port: int, token: str, behind: str, open_page: bool, log_level: logs.Level
) -> None:
    logs.configure(log_level)
    memory.hold_little()
    trusted = proxies(behind)
    async with Wellread() as library:
        check_not_restoring(library.settings.home)  # as the worker does, but told as other refusals are
        access = access_for(host, token, AccountStore(library.database))
        listening = bound(host, port)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"

        def ready() -> None:
            console.print(
                f"Wellread is at {address}   (Ctrl-C stops it; runs under way go on at the next start)"
            )
            if open_page:
                webbrowser.open(address)

        app = create_app(library, access)
        limits = limits_with(library.settings.upload_mb)
        guarded = Requests(protected(app, access, limits), app.state.metrics)
        server = Server(configuration(guarded, trusted), app, ready)
        await server.serve([listening])
