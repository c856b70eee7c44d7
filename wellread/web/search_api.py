"""`/api/v1/search`: questions × titles, without a run."""

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from wellread.errors import BadRequestError, LimitError
from wellread.library.views import CellView
from wellread.web.asking import Id
from wellread.web.parts import CallerPart, LibraryPart

router = APIRouter(prefix="/api/v1/search", tags=["search"])
_QUESTIONS, _TITLES = 20, 50  # of one request at most


class Search(BaseModel):
    """Short questions, and the titles to put each of them to."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"questions": ["What is delegation?"], "product_ids": ["steady-hands"], "limit": 5}
        },
    )

    questions: list[str] = Field(description=f"At most {_QUESTIONS}.")
    product_ids: list[Id] = Field(
        [], description=f"At most {_TITLES}; without any, the titles that fit best."
    )
    limit: Annotated[int, Field(ge=1, le=_TITLES, description="Titles to search when none is named.")] = 5


class Matrix(BaseModel):
    """A cell for each question and title, those of a question together."""

    cells: list[CellView]


@router.post("", summary="Search questions × titles")
async def search(asked: Search, caller: CallerPart, library: LibraryPart) -> Matrix:  # noqa: ARG001  # a caller that is not known is refused
    """Every title gets its share: a cell that found nothing says so, with its best score."""
    if not asked.questions:
        raise BadRequestError("There is no question.", hint="Put at least one into `questions`.")
    if len(asked.questions) > _QUESTIONS or len(asked.product_ids) > _TITLES:
        raise LimitError(
            f"{len(asked.questions)} questions × {len(asked.product_ids)} titles are too many at once.",
            hint=f"Ask up to {_QUESTIONS} questions of up to {_TITLES} titles.",
        )
    cells = await library.search(asked.questions, product_ids=asked.product_ids, limit=asked.limit)
    ids = list({cell.product_id for cell in cells})
    products = await asyncio.to_thread(library.catalog.products_by_id, ids)
    return Matrix(
        cells=[
            CellView.of(cell, products[cell.product_id].title)
            for cell in cells
            if cell.product_id in products  # one may have been removed meanwhile
        ]
    )
