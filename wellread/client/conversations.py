"""The caller's conversations."""

from wellread.client.protocol import Call, HttpRequest, nothing, reading
from wellread.wire.conversations import Conversations, ConversationView, Share, WholeConversation

_PATH = "api/v1/conversations"


def listing(query: str, cursor: str, limit: int) -> Call[Conversations]:
    params: dict[str, str | int] = {"query": query, "cursor": cursor, "limit": limit}
    return Call(HttpRequest("GET", _PATH, params=params), reading(Conversations))


def conversation(conversation_id: str) -> Call[WholeConversation]:
    return Call(HttpRequest("GET", f"{_PATH}/{conversation_id}"), reading(WholeConversation))


def rename(conversation_id: str, title: str) -> Call[ConversationView]:
    return Call(
        HttpRequest("PATCH", f"{_PATH}/{conversation_id}", json={"title": title}), reading(ConversationView)
    )


def share(conversation_id: str) -> Call[Share]:
    return Call(HttpRequest("POST", f"{_PATH}/{conversation_id}/share"), reading(Share))


def unshare(conversation_id: str) -> Call[None]:
    return Call(HttpRequest("DELETE", f"{_PATH}/{conversation_id}/share"), nothing)


def delete(conversation_id: str) -> Call[None]:
    return Call(HttpRequest("DELETE", f"{_PATH}/{conversation_id}"), nothing)
