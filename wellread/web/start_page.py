"""`/`: what this address is, as text."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from wellread import __version__
from wellread.web.parts import LibraryPart

router = APIRouter(include_in_schema=False)
_PLACES = (
    ("/api/v1/openapi.json", "the REST interface, described"),
    ("/v1", "the interface of OpenAI's clients: the models wellread-quick and wellread-deep"),
    ("/mcp", "the library as a server of the Model Context Protocol"),
    ("/api/v1/agui", "the interface of front ends that speak AG-UI"),
    ("/ready", "whether a question would be answered at once"),
)


@router.get("/")
async def start(request: Request, library: LibraryPart) -> PlainTextResponse:
    """What is served here, and how to ask something. How much the library holds is told to those who may ask."""
    base = str(request.base_url).rstrip("/")
    lines = [f"Wellread {__version__}", ""]
    if request.app.state.access.is_open:
        titles = await asyncio.to_thread(library.catalog.count)
        lines += [f"This library holds {titles:,} titles.", ""]
    lines += [f"  {base}{path:<22} {what}" for path, what in _PLACES]
    lines += [
        "",
        "Ask something:",
        "",
        f'  curl {base}/api/v1/runs --json \'{{"question": "What is delegation?"}}\'',
        "",
    ]
    return PlainTextResponse("\n".join(lines))
