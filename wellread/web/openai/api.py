"""The OpenAI-style interface below `/v1`, and the models that it lists."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from wellread.web.http.dependencies import CallerPart
from wellread.web.openai import chat, responses
from wellread.web.openai.request import MODES, unknown_model
from wellread.wire.view import example

router = APIRouter()
_models = APIRouter(prefix="/v1/models", tags=["openai"])
_CREATED = 1_767_225_600  # 2026-01-01, when the first of them was there


class ModelObject(BaseModel):
    """A way to answer, as a model."""

    model_config = example(id="wellread-quick", object="model", created=_CREATED, owned_by="wellread")

    id: str
    object: Literal["model"] = "model"
    created: int = _CREATED
    owned_by: str = "wellread"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelObject]


@_models.get("", summary="The models", response_model=ModelList)
async def list_models(caller: CallerPart) -> ModelList:  # noqa: ARG001  # a caller that is not known is refused
    """`wellread-quick`, and `wellread-deep`, which is DeepSearch."""
    return ModelList(data=[ModelObject(id=name) for name in MODES])


@_models.get("/{model}", summary="One model", response_model=ModelObject)
async def get_model(model: str, caller: CallerPart) -> ModelObject:  # noqa: ARG001  # as above
    if model not in MODES:
        raise unknown_model(model)
    return ModelObject(id=model)


router.include_router(_models)
router.include_router(chat.router)
router.include_router(responses.router)
