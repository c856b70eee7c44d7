"""`/api/v1/models`: the language models that can be used, and what is wrong with the others."""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from wellread.models.resolve import Choice, Listed
from wellread.web.parts import CallerPart, LibraryPart

router = APIRouter(prefix="/api/v1", tags=["models"])


class ModelView(BaseModel):
    """A model, or, as `provider/…`, what there is to say of a provider."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "openai/gpt-4.1", "usable": True, "note": "", "hint": ""}}
    )

    name: str
    usable: bool
    note: str
    hint: str = Field(description="What to do about one that cannot be used.")


class ModelsView(BaseModel):
    """The models of this server."""

    models: list[ModelView]
    default: str = Field(description="Used when a question names none.")
    why: str


@router.get("/models", summary="The language models")
async def list_models(_: CallerPart, request: Request, library: LibraryPart) -> ModelsView:
    """As `wellread models` has them. Keys are looked for and never told."""

    def found() -> tuple[list[Listed], Choice]:
        return library.models.listing(), library.models.automatic()

    asking: asyncio.Lock = request.app.state.asking_models
    async with asking:  # an Ollama that does not answer holds up one thread, not all of them
        listed, choice = await asyncio.to_thread(found)
    return ModelsView(
        models=[ModelView(name=m.name, usable=m.usable, note=m.note, hint=m.hint) for m in listed],
        default=choice.name,
        why=choice.why,
    )
