"""What a server consists of, as the routes find it in the state of its app."""

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request

from wellread.engine import Wellread
from wellread.serving.importer import Importer
from wellread.serving.metrics import Metrics
from wellread.serving.runtime import Runtime
from wellread.setup.downloads import Downloads
from wellread.web.http.access import Access
from wellread.web.http.rates import Rates


@dataclass(slots=True)
class Server:
    library: Wellread
    runtime: Runtime
    importer: Importer
    access: Access
    metrics: Metrics
    downloads: Downloads
    rates: Rates = field(default_factory=Rates)
    is_warm: bool = False  # what a first question needs has been loaded
    problem: str = ""  # why it cannot be
    listing_models: asyncio.Lock = field(default_factory=asyncio.Lock)
    trying_a_model: asyncio.Lock = field(default_factory=asyncio.Lock)
    changing_settings: asyncio.Lock = field(default_factory=asyncio.Lock)


def server_of(request: Request) -> Server:
    server: Server = request.app.state.server
    return server
