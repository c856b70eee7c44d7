"""`/api/v1/connections`, `/offers` and `/download`: setting up models, for admins only. Nothing of it tells a key."""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr

from wellread.engine import Wellread
from wellread.errors import TooManyError
from wellread.machine import available_bytes, usable_cores
from wellread.models.offers import OFFERS, best_writer, checksum_words, inspect, is_here, offer_named
from wellread.setup.connections import Connections, ModelConnection
from wellread.web.http.dependencies import LibraryPart
from wellread.web.http.state import server_of
from wellread.web.rest.accounts import Admin
from wellread.wire.setup import (
    ConnectionView,
    DownloadView,
    KeyOutcomeView,
    OfferedDownloadView,
    OfferedFile,
    OfferView,
)
from wellread.wire.view import example

router = APIRouter(prefix="/api/v1", tags=["models"])


class NewKey(BaseModel, extra="forbid"):
    """A provider's key."""

    model_config = example(key="…", insist=False)

    key: SecretStr = Field(max_length=5000)
    insist: bool = Field(False, description="Keep it also when the provider does not take it now.")


class Agreed(BaseModel, extra="forbid"):
    """What a reader agreed to."""

    model_config = example(revision="c0ffee")

    revision: str = Field(max_length=100, description="As it was shown.")


@router.get("/connections", summary="What models can be connected")
async def list_connections(_: Admin, request: Request, library: LibraryPart) -> list[ConnectionView]:
    """Looks for keys in the environment and kept here, programs that run on this machine, and files."""
    return list(map(ConnectionView.of, await found_connections(request, library)))


@router.put("/connections/{provider}/key", summary="Give a provider's key")
async def give_key(
    provider: str, new: NewKey, _: Admin, request: Request, library: LibraryPart
) -> KeyOutcomeView:
    """Tries it with two short calls, and keeps it when it works. It cannot be read again. 409 when the environment has
    one of this provider."""
    trying = server_of(request).trying_a_model
    if trying.locked():
        raise TooManyError(
            "A model is being tried at this moment.", hint="Try again in a moment.", retry_after=5
        )
    async with trying:
        outcome = await Connections(library.models).connect(
            provider, new.key.get_secret_value(), insist=new.insist
        )
    return KeyOutcomeView.of(outcome)


@router.delete("/connections/{provider}/key", status_code=204, summary="Remove a provider's key")
async def remove_key(provider: str, _: Admin, library: LibraryPart) -> None:
    """Runs that begin from now on do without it. 404 when none is kept."""
    await Connections(library.models).disconnect(provider)


@router.get("/offers", summary="Models that can be downloaded")
async def list_offers(_: Admin, library: LibraryPart) -> list[OfferView]:
    """Nothing is asked of the network for this."""
    return await asyncio.to_thread(offers_here, library)


@router.post("/offers/{name}/inspect", summary="What the hub says of an offer")
async def inspect_offer(name: str, _: Admin, library: LibraryPart) -> OfferedDownloadView:
    """Asks the hub for size, licence and checksums. Nothing is downloaded."""
    offer = offer_named(name)
    wanted = await inspect(offer)
    return OfferedDownloadView(
        revision=wanted.revision,
        licence=wanted.licence,
        size=wanted.size,
        files=[
            OfferedFile(name=name, size=file.size, checksum=checksum_words(file))
            for name, file in wanted.files.items()
        ],
        folder=str(offer.folder(library.settings.home)),
    )


@router.post("/offers/{name}/download", status_code=202, summary="Download an offered model")
async def begin_download(name: str, agreed: Agreed, _: Admin, request: Request) -> DownloadView:
    """What was shown at that revision, in the background. 409 when the hub has another by now, or something else is
    being downloaded."""
    return DownloadView.of(await server_of(request).downloads.begin(offer_named(name), agreed.revision))


@router.get("/download", summary="How far the download is")
async def get_download(_: Admin, request: Request) -> DownloadView | None:
    """Null when nothing was downloaded since the server started."""
    last = server_of(request).downloads.last
    return DownloadView.of(last) if last else None


@router.delete("/download", status_code=204, summary="Stop the download")
async def stop_download(_: Admin, request: Request) -> None:
    """What has arrived is kept for the next time."""
    await server_of(request).downloads.stop()


async def found_connections(request: Request, library: Wellread) -> list[ModelConnection]:
    """As `Connections.found`, off the event loop, by one at a time."""
    async with server_of(request).listing_models:
        return await asyncio.to_thread(Connections(library.models).found)


def offers_here(library: Wellread) -> list[OfferView]:
    """The offers, and which of them are here. Reads folders."""
    best = best_writer(usable_cores(), available_bytes())
    home = library.settings.home
    return [OfferView.of(offer, here=is_here(offer, home), suits=offer is best) for offer in OFFERS]
