"""How a listener asks for the events of something: from which number on, as a stream or as a list."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response, status

from wellread.errors import BadRequestError, NotFoundError
from wellread.serving.feed import HEARTBEAT, Feed
from wellread.store.event_log import E
from wellread.web.http.stream import EventStream


@dataclass(frozen=True, slots=True)
class Listener:
    after: int  # the number of the last event it has
    wants_list: bool


def _listener(
    request: Request,
    after: Annotated[int, Query(ge=0, description="Only events beyond this number.")] = 0,
    last_event_id: Annotated[str, Header(description="As `after`; it wins.")] = "",
) -> Listener:
    wants_list = "application/json" in request.headers.get("accept", "")
    return Listener(_number(last_event_id) if last_event_id else after, wants_list)


ListenerPart = Annotated[Listener, Depends(_listener)]


async def events_for(listener: Listener, feed: Feed[E], subject: str, *, ended: bool) -> Response:
    """The events of a subject that exists: as a stream to its end, live or of old, or as a list.

    A stream that has been read to its end answers 204, at which an EventSource does not come back. Raises
    BadRequestError for a listener that is ahead, NotFoundError when the subject was deleted a moment ago.
    """
    last = (await asyncio.to_thread(feed.log.ends, [subject])).get(subject)
    if last is None:
        raise NotFoundError(f"There is no {subject!r} any more.", hint="It was deleted.")
    if listener.after > last:
        raise BadRequestError(
            f"There is no event {listener.after} yet; the last is {last}.",
            hint="Leave Last-Event-ID out to read from the first event on.",
        )
    if listener.wants_list:
        stored = await asyncio.to_thread(feed.log.stored, subject, listener.after)
        return Response(f"[{','.join(one.body for one in stored)}]", media_type="application/json")
    if ended and listener.after == last:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return EventStream(feed.follow(subject, listener.after, idle=HEARTBEAT))


def _number(last_event_id: str) -> int:
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 15:
        raise BadRequestError(
            "Last-Event-ID is no number of an event.", hint="Send the id of the last event that arrived."
        )
    return int(last_event_id)
