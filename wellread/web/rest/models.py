"""`/api/v1/models`: the language models that can be used, what is wrong with the others, and trying one."""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from wellread.engine import Wellread
from wellread.errors import BadRequestError, TooManyError
from wellread.models.resolve import AUTOMATIC, EXTRACTIVE, ListedModel, ModelChoice
from wellread.models.trial import trials
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.web.http.state import server_of
from wellread.web.rest.accounts import Admin
from wellread.wire.server import ModelsView, ModelTrial, ModelView
from wellread.wire.view import example

router = APIRouter(prefix="/api/v1", tags=["models"])


class TryModel(BaseModel, extra="forbid"):
    """Which model to try."""

    model_config = example(model="openai/gpt-4.1")

    model: str = Field(max_length=300, description="As `provider/model`, or `auto`.")


@router.get("/models", summary="The language models")
async def list_models(_: CallerPart, request: Request, library: LibraryPart) -> ModelsView:
    """As `wellread models` has them. Keys are looked for and never told."""
    listed, choice = await listing(request, library)
    return ModelsView(
        models=list(map(ModelView.of, listed)),
        connected=library.models.any_connected(listed),
        default=choice.name,
        why=choice.why,
    )


@router.post("/models/try", summary="Try a model")
async def try_model(wanted: TryModel, _: Admin, request: Request, library: LibraryPart) -> ModelTrial:
    """Calls it twice with a few words, for a structured reply and for a text, and tells the seconds and tokens, or what
    its provider says. Only an admin may, and one at a time (429); it may take as long as the model does."""
    trying = server_of(request).trying_a_model
    if trying.locked():
        raise TooManyError(
            "A model is being tried at this moment.", hint="Try again in a moment.", retry_after=5
        )
    async with trying:
        name = await asyncio.to_thread(_checked, library, wanted.model)
        model = await library.models.open(name)
        return ModelTrial(
            model=name, context_tokens=model.context_tokens, trials=[trial async for trial in trials(model)]
        )


async def listing(request: Request, library: Wellread) -> tuple[list[ListedModel], ModelChoice]:
    """The models of this server, and the one that is used when none is named."""

    def found() -> tuple[list[ListedModel], ModelChoice]:
        return library.models.listing(), library.models.automatic()

    # An Ollama that does not answer holds up one thread, not all of them.
    async with server_of(request).listing_models:
        return await asyncio.to_thread(found)


def _checked(library: Wellread, name: str) -> str:
    """The model's full name. Raises BadRequestError, NotFoundError, UnavailableError for one that cannot be tried."""
    checked = library.models.check(library.models.automatic().name if name == AUTOMATIC else name)
    if checked == EXTRACTIVE:
        raise BadRequestError(
            f"{EXTRACTIVE} needs no language model: there is nothing to try.",
            hint="Name one as provider/model.",
        )
    return checked
