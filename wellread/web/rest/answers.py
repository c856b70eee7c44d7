"""Answers of runs: what the caller says of them, and their citations as files."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

from wellread.agent.telling.sources import sources
from wellread.errors import NotFoundError
from wellread.library.bibliography import Entry, csl_json, entries
from wellread.library.bibtex import bibtex
from wellread.web.http.dependencies import CallerPart, FeedbackPart, LibraryPart
from wellread.web.http.downloads import download
from wellread.wire.runs import FeedbackView, Rating
from wellread.wire.view import example

router = APIRouter(prefix="/api/v1/runs", tags=["answers"])
Format = Literal["csl-json", "bibtex", "markdown"]
_FILES: dict[Format, tuple[str, str]] = {  # media type, ending
    "csl-json": ("application/vnd.citationstyles.csl+json", "json"),
    "bibtex": ("application/x-bibtex; charset=utf-8", "bib"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
}


class NewFeedback(BaseModel, extra="forbid"):
    model_config = example(rating="up", comment="To the point.")

    rating: Rating
    comment: str = Field("", max_length=2000)


@router.put("/{run_id}/feedback", summary="Say how an answer was")
async def give_feedback(
    run_id: str, new: NewFeedback, caller: CallerPart, library: LibraryPart, store: FeedbackPart
) -> FeedbackView:
    """In place of what was said before."""
    await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    return FeedbackView.of(await asyncio.to_thread(store.give, run_id, new.rating, new.comment.strip()))


@router.get("/{run_id}/feedback", summary="What was said of an answer")
async def get_feedback(
    run_id: str, caller: CallerPart, library: LibraryPart, store: FeedbackPart
) -> FeedbackView:
    """404 when nothing was."""
    await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    said = await asyncio.to_thread(store.of, [run_id])
    if run_id not in said:
        raise NotFoundError("Nothing was said of this answer.", hint="PUT a rating first.")
    return FeedbackView.of(said[run_id])


@router.delete("/{run_id}/feedback", status_code=204, summary="Take back what was said of an answer")
async def take_back_feedback(
    run_id: str, caller: CallerPart, library: LibraryPart, store: FeedbackPart
) -> None:
    await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    await asyncio.to_thread(store.take_back, run_id)


@router.get(
    "/{run_id}/citations",
    summary="The citations of an answer",
    response_class=Response,
    responses={200: {"content": {media_type.partition(";")[0]: {} for media_type, _ in _FILES.values()}}},
)
async def get_citations(
    run_id: str,
    caller: CallerPart,
    library: LibraryPart,
    format: Format = "csl-json",  # the name of the parameter
) -> Response:
    """The titles that were cited, with the places, as a file. 404 while there is no answer."""

    def cited() -> tuple[str, str]:
        run = library.history.run(run_id, caller.account_id)
        answer = library.history.answer(run_id)
        if answer is None:
            raise NotFoundError(
                "This run has no answer.",
                hint="" if run.outcome else "Wait until it has ended: its events are at /events.",
            )
        citations = answer.citations
        products = library.titles.by_id(sorted({citation.product_id for citation in citations}))
        return run.question, _written(entries(citations, products), format)

    question, text = await asyncio.to_thread(cited)
    media_type, ending = _FILES[format]
    return download(text, media_type, question, ending)


def _written(cited: tuple[Entry, ...], format: Format) -> str:
    match format:
        case "csl-json":
            return to_json(csl_json(cited), indent=2).decode()
        case "bibtex":
            return bibtex(cited)
        case "markdown":
            return sources(cited)
