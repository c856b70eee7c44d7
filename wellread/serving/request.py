"""A question as it arrives over any of the interfaces, and the run that it begins."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wellread.agent.run.start import Asking
from wellread.agent.state.budget import Limits
from wellread.engine import Wellread
from wellread.errors import ForbiddenError
from wellread.events import Mode
from wellread.serving.run_worker import RunWorker
from wellread.store.runs.runs import Begun, IdempotencyKey

Id = Annotated[str, Field(max_length=80)]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Everything is looked up through this."""

    account_id: str  # "": the owner of the library, when nobody logs in or by the server's own token
    name: str
    is_admin: bool


OWNER = Caller("", "owner", is_admin=True)


class RunLimits(BaseModel):
    """What the run may spend at most, in place of its mode's own budget."""

    model_config = ConfigDict(extra="forbid")

    steps: int | None = Field(default=None, ge=1, le=100)
    seconds: float | None = Field(default=None, gt=0)
    input_tokens: int | None = Field(default=None, gt=0)
    output_tokens: int | None = Field(default=None, gt=0)
    cost: float | None = Field(default=None, gt=0, description="In US dollars.")


class Question(BaseModel):
    """A question and what is said with it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "question": "What does Steady Hands say about delegation?",
                "product_ids": [],
                "mode": "quick",
            }
        },
    )

    question: str
    product_ids: list[Id] = Field([], max_length=200, description="Search these titles and no others.")
    excluded: list[Id] = Field(
        default=[],
        max_length=200,
        description="Titles that are not meant, though the question may name them.",
    )
    mode: Mode = "quick"
    model: str = Field("", max_length=300, description="As `provider/model`; else that of the settings.")
    planner_model: str = Field("", max_length=300)
    writer_model: str = Field("", max_length=300)
    judge_model: str = Field("", max_length=300)
    fallback_model: str = Field("", max_length=300)
    limits: RunLimits = Field(default_factory=RunLimits)
    conversation_id: str = Field("", max_length=32, description="Go on with this conversation.")


async def asking_of(question: Question, caller: Caller, library: Wellread) -> Asking:
    """Raises BadRequestError, NotFoundError or UnavailableError for a model that cannot be used, ForbiddenError for one
    that would have the server open a file of the caller's choice."""
    if not caller.is_admin:
        await asyncio.to_thread(_check_offered, question, library)
    roles = await library.roles(
        model=question.model,
        planner_model=question.planner_model,
        writer_model=question.writer_model,
        judge_model=question.judge_model,
        fallback_model=question.fallback_model,
    )
    return Asking(
        question=question.question,
        product_ids=tuple(question.product_ids),
        mode=question.mode,
        roles=roles,
        limits=Limits(**question.limits.model_dump()),
        conversation_id=question.conversation_id,
        excluded=tuple(question.excluded),
    )


def _check_offered(question: Question, library: Wellread) -> None:
    for name in (
        question.model,
        question.planner_model,
        question.writer_model,
        question.judge_model,
        question.fallback_model,
    ):
        if name and not library.models.offers(name):
            raise ForbiddenError(
                f"{name} is none of this library's models.",
                hint="GET /api/v1/models lists them; an admin may name any file.",
            )


async def begin(
    asking: Asking, caller: Caller, library: Wellread, worker: RunWorker, *, key: IdempotencyKey | None = None
) -> Begun:
    """Store a run for the worker, or for all servers, to work on. Raises TooManyError, ConflictError, and as
    `Wellread.ask` does."""
    begun = await library.begin(
        asking,
        caller=caller.account_id,
        queued=not worker.only_own,
        key=key,
        most_queued=worker.capacity.waiting,
    )
    worker.poll(begun.run_id)
    return begun


def key_of(key: str, question: Question) -> IdempotencyKey | None:
    """An `Idempotency-Key` with a digest of what is asked; None for an empty one."""
    key = key.strip().strip('"')
    # A question may hold half of a surrogate pair, which JSON can spell and UTF-8 cannot.
    digest = hashlib.sha256(repr(question).encode("utf-8", "backslashreplace")).hexdigest()
    return IdempotencyKey(key, digest) if key else None
