"""`/api/v1/formats`: what can be added, for whoever chooses files."""

import asyncio

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from wellread.formats.registry import MEDIA, readers
from wellread.web.http.callers import current_caller
from wellread.web.http.dependencies import LibraryPart
from wellread.wire.view import example

router = APIRouter(prefix="/api/v1", tags=["imports"], dependencies=[Depends(current_caller)])
_BESIDE = (".toml",)  # sidecars


class Formats(BaseModel):
    model_config = example(suffixes=[".epub", ".mp4", ".pdf", ".vtt"], largest=2_147_483_648)

    suffixes: list[str] = Field(description="Of files that are read, and of what belongs to them.")
    largest: int = Field(description="Bytes that a file may have (`upload_mb`).")


@router.get("/formats", summary="What can be added")
async def get_formats(library: LibraryPart) -> Formats:
    """The ends of the names of files that can be added, lower case. A name that ends otherwise may be that of a book
    none the less; adding it tells."""
    suffixes = await asyncio.to_thread(_suffixes)
    return Formats(suffixes=suffixes, largest=library.settings.upload_mb << 20)


def _suffixes() -> list[str]:
    return sorted({*MEDIA, *_BESIDE, *(suffix for reader in readers() for suffix in reader.suffixes)})
