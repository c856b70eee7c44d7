"""A question as it arrives over any of the interfaces, and the run that it begins."""

import asyncio
import hashlib
from dataclasses import dataclass

from wellread.agent.run.start import RunRequest
from wellread.engine import Wellread
from wellread.errors import ForbiddenError
from wellread.serving.run_worker import RunWorker
from wellread.store.runs.runs import Begun, IdempotencyKey
from wellread.wire.runs import AskOptions, Question


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Everything is looked up through this."""

    account_id: str  # "": the owner of the library, when nobody logs in or by the server's own token
    name: str
    is_admin: bool


OWNER = Caller("", "owner", is_admin=True)


async def request_of(question: Question, caller: Caller, library: Wellread) -> RunRequest:
    """Raises BadRequestError, NotFoundError or UnavailableError for a model that cannot be used, ForbiddenError for one
    that would have the server open a file of the caller's choice."""
    if not caller.is_admin:
        await asyncio.to_thread(_check_offered, question, library)
    return RunRequest(question.question, question, await library.roles(question))


def _check_offered(options: AskOptions, library: Wellread) -> None:
    for name in options.models.values():
        if not library.models.offers(name):
            raise ForbiddenError(
                f"{name} is none of this library's models.",
                hint="GET /api/v1/models lists them; an admin may name any file.",
            )


async def begin(
    request: RunRequest,
    caller: Caller,
    library: Wellread,
    worker: RunWorker,
    *,
    key: IdempotencyKey | None = None,
) -> Begun:
    """Store a run for the worker, or for all servers, to work on. Raises TooManyError, ConflictError, and as
    `Wellread.ask` does."""
    begun = await library.begin(
        request,
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
