"""The caller's conversations."""

from typing import Literal

from wellread.client.protocol import Call, HttpRequest, View, nothing, reading
from wellread.client.runs import State
from wellread.events import Mode, Usage

_PATH = "api/v1/conversations"


class Conversation(View):
    conversation_id: str
    title: str
    created_at: str
    updated_at: str
    runs: int
    under_way: int = 0
    shared: bool


class Conversations(View):
    """A part of the list, the conversations that were added to last first; `next` is the cursor of the next part."""

    conversations: tuple[Conversation, ...]
    total: int
    next: str


class RunSummary(View):
    """A run without its answer."""

    run_id: str
    state: State
    question: str
    mode: Mode
    model: str
    created_at: str
    ended_at: str
    usage: Usage | None
    rating: Literal["up", "down"] | None


class WholeConversation(View):
    """A conversation with its runs, oldest first. `link` is where anybody may read it, if it is shared."""

    conversation: Conversation
    link: str
    runs: tuple[RunSummary, ...]


class Share(View):
    """The link by which anybody may read a conversation, without a login."""

    token: str
    link: str


def listing(query: str, cursor: str, limit: int) -> Call[Conversations]:
    params: dict[str, str | int] = {"query": query, "cursor": cursor, "limit": limit}
    return Call(HttpRequest("GET", _PATH, params=params), reading(Conversations))


def conversation(conversation_id: str) -> Call[WholeConversation]:
    return Call(HttpRequest("GET", f"{_PATH}/{conversation_id}"), reading(WholeConversation))


def rename(conversation_id: str, title: str) -> Call[Conversation]:
    return Call(
        HttpRequest("PATCH", f"{_PATH}/{conversation_id}", json={"title": title}), reading(Conversation)
    )


def share(conversation_id: str) -> Call[Share]:
    return Call(HttpRequest("POST", f"{_PATH}/{conversation_id}/share"), reading(Share))


def unshare(conversation_id: str) -> Call[None]:
    return Call(HttpRequest("DELETE", f"{_PATH}/{conversation_id}/share"), nothing)


def delete(conversation_id: str) -> Call[None]:
    return Call(HttpRequest("DELETE", f"{_PATH}/{conversation_id}"), nothing)
