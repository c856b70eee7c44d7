"""`/api/v1/search`: questions × titles, without a run."""

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from wellread.content import Product, ProductKind
from wellread.errors import BadRequestError, LimitError
from wellread.library.titles import Titles
from wellread.web.http.dependencies import CallerPart, LibraryPart
from wellread.wire.library import Matrix
from wellread.wire.view import Id, View, example

router = APIRouter(prefix="/api/v1", tags=["search"])
_QUESTIONS, _TITLES = 20, 50  # of one request at most


class Search(BaseModel, extra="forbid"):
    """Short questions, and the titles to put each of them to."""

    model_config = example(questions=["What is delegation?"], product_ids=["steady-hands"], limit=5)

    questions: list[str] = Field(description=f"At most {_QUESTIONS}.")
    product_ids: list[Id] = Field(
        [], description=f"At most {_TITLES}; without any, the titles that fit best."
    )
    limit: Annotated[int, Field(ge=1, le=_TITLES, description="Titles to search when none is named.")] = 5


class ScopeRequest(BaseModel, extra="forbid"):
    """A question, perhaps half written."""

    model_config = example(question="What does Steady Hands say about tru")

    question: str = Field(max_length=4_000)


class NamedTitle(View):
    """A title that a question names, and where (code points of the question); 0, 0 when it is not sure that it does."""

    product_id: str
    title: str
    kind: ProductKind
    start: int
    end: int


class NamedTitles(BaseModel):
    """`named` are those that a run on the question would search, and nothing else; `doubtful` those that it may mean,
    and that a run would search beside others; `offered` those whose words begin to be there."""

    named: list[NamedTitle]
    doubtful: list[NamedTitle]
    offered: list[NamedTitle]


@router.post("/scope", summary="Which titles a question names")
async def get_scope(wording: ScopeRequest, caller: CallerPart, library: LibraryPart) -> NamedTitles:  # noqa: ARG001  # a caller that is not known is refused
    """As a run would recognise them, and those whose words begin to be there."""
    return await asyncio.to_thread(_named_titles, library.titles, wording.question)


@router.post("/search", summary="Search questions × titles")
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
    return Matrix(cells=cells)


def _named_titles(titles: Titles, question: str) -> NamedTitles:
    naming = titles.named(question)
    # Beside a title that is named for certain, a run searches none that may be.
    doubtful = () if naming.products else naming.doubtful
    told = {product.product_id for product in (*naming.products, *naming.doubtful_products)}
    return NamedTitles(
        named=[
            _title(product, mention.start, mention.end)
            for mention in naming.mentions
            for product in mention.products
        ],
        doubtful=[
            _title(product, mention.start, mention.end)
            for mention in doubtful
            for product in mention.products
        ],
        offered=[_title(product) for product in titles.offered(question) if product.product_id not in told],
    )


def _title(product: Product, start: int = 0, end: int = 0) -> NamedTitle:
    return NamedTitle.of(product, start=start, end=end)
