"""`/api/v1/runs`: begin a run, watch its events, stop it, cancel it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Response, status

from wellread.agent.run.estimate import Estimate
from wellread.agent.state.knowledge import fold_events
from wellread.errors import NotFoundError
from wellread.events import TERMINAL, AnyEvent, RunFailed, RunStarted, answer_of
from wellread.serving.request import begin, key_of, request_of
from wellread.store.runs.runs import StoredRun
from wellread.web.http.dependencies import CallerPart, FeedPart, LibraryPart, WorkerPart
from wellread.web.http.listener import ListenerPart, events_for
from wellread.wire.runs import Answer, Failure, Question, RunState, RunView

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])


def state_of(run: StoredRun) -> RunState:
    return run.outcome or ("working" if run.worker or not run.queued else "waiting")


@router.post("", summary="Begin a run", status_code=status.HTTP_201_CREATED, response_model=RunView)
async def begin_run(
    question: Question,
    response: Response,
    caller: CallerPart,
    library: LibraryPart,
    worker: WorkerPart,
    idempotency_key: Annotated[
        str, Header(max_length=200, description="Of requests with the same key the first begins a run.")
    ] = "",
) -> RunView:
    """It goes on whether or not anybody watches; its events are at `Location` + `/events`."""
    request = await request_of(question, caller, library)
    begun = await begin(request, caller, library, worker, key=key_of(idempotency_key, question))
    response.headers["Location"] = f"/api/v1/runs/{begun.run_id}"
    if not begun.fresh:
        response.status_code = status.HTTP_200_OK
    return await _view(library, begun.run_id, caller.account_id)


@router.post("/estimate", summary="What a run would take")
async def estimate_run(question: Question, caller: CallerPart, library: LibraryPart) -> Estimate:
    """As ranges, least and most. Nothing is stored, and no model is called."""
    request = await request_of(question, caller, library)
    return await library.estimate(request, caller=caller.account_id)


@router.get("/{run_id}", summary="A run as it stands", response_model=RunView)
async def get_run(run_id: str, caller: CallerPart, library: LibraryPart) -> RunView:
    """With its answer as soon as that is whole."""
    return await _view(library, run_id, caller.account_id)


@router.get(
    "/{run_id}/events",
    summary="The events of a run",
    responses={200: {"content": {"text/event-stream": {}, "application/json": {}}}, 204: {}},
)
async def get_events(
    run_id: str, caller: CallerPart, library: LibraryPart, feed: FeedPart, listener: ListenerPart
) -> Response:
    """As a stream to its end, live or of old; as a list with `Accept: application/json`.

    A stream that has been read to its end answers 204, at which an EventSource does not come back.
    """
    run = await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    return await events_for(listener, feed, run_id, ended=bool(run.outcome))


@router.post(
    "/{run_id}/stop", summary="Stop and write", status_code=status.HTTP_202_ACCEPTED, response_model=RunView
)
async def stop_run(run_id: str, caller: CallerPart, library: LibraryPart, worker: WorkerPart) -> RunView:
    """Look nothing more up, and write with what there is. A run that has ended stays as it is."""
    await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    await worker.request(run_id, "stop")
    return await _view(library, run_id, caller.account_id)


@router.post(
    "/{run_id}/cancel", summary="Cancel a run", status_code=status.HTTP_202_ACCEPTED, response_model=RunView
)
async def cancel_run(run_id: str, caller: CallerPart, library: LibraryPart, worker: WorkerPart) -> RunView:
    """A run that has ended stays as it is."""
    await asyncio.to_thread(library.history.run, run_id, caller.account_id)
    await worker.request(run_id, "cancel")
    return await _view(library, run_id, caller.account_id)


async def _view(library: LibraryPart, run_id: str, caller: str) -> RunView:
    def view() -> RunView:
        run = library.history.run(run_id, caller)
        events = library.history.events(run_id)
        if not events:
            raise NotFoundError(f"There is no run {run_id!r}.", hint="Ask again.")
        return run_view(run, events)

    return await asyncio.to_thread(view)


def run_view(run: StoredRun, events: list[AnyEvent]) -> RunView:
    start = events[0]
    if not isinstance(start, RunStarted):
        raise TypeError("a run begins with run.started")
    knowledge = fold_events(events)
    answer = answer_of(events)
    last = events[-1]
    return RunView.of(
        run,
        state=state_of(run),
        question=start.question,
        mode=start.mode,
        model=start.model,
        roles=start.roles,
        scope=list(knowledge.scope),
        excluded=list(start.excluded),
        last_event=last.seq,
        answer=Answer.of(answer) if answer else None,
        failure=Failure.of(last) if isinstance(last, RunFailed) else None,
        usage=last.usage if isinstance(last, TERMINAL) else knowledge.usage,
        seconds=last.seconds if isinstance(last, TERMINAL) else knowledge.seconds,
    )
