"""The caller's conversations."""

from wellread.client.protocol import Call, HttpRequest, nothing, reading
from wellread.wire.conversations import Conversations, ConversationView, Share, WholeConversation

_PATH = "api/v1/conversations"
_SHARE = reading(Share)


def listing(query: str = "", *, cursor: str = "", limit: int = 50) -> Call[Conversations]:
    """The caller's, the one that was added to last first; `next` is the cursor of the next part."""
    params: dict[str, str | int] = {"query": query, "cursor": cursor, "limit": limit}
    return Call(HttpRequest("GET", _PATH, params=params), reading(Conversations))


def conversation(conversation_id: str) -> Call[WholeConversation]:
    return Call(HttpRequest("GET", f"{_PATH}/{conversation_id}"), reading(WholeConversation))


def rename(conversation_id: str, title: str) -> Call[ConversationView]:
    return Call(
        HttpRequest("PATCH", f"{_PATH}/{conversation_id}", json={"title": title}), reading(ConversationView)
    )


def share(conversation_id: str) -> Call[str]:
    """The link of the page that shows it to anybody who has it; the same until it is taken back."""
    return Call(HttpRequest("POST", f"{_PATH}/{conversation_id}/share"), lambda reply: _SHARE(reply).link)


def unshare(conversation_id: str) -> Call[None]:
    """Take the link back."""
    return Call(HttpRequest("DELETE", f"{_PATH}/{conversation_id}/share"), nothing)


def delete(conversation_id: str) -> Call[None]:
    """With its runs; what is under way is cancelled."""
    return Call(HttpRequest("DELETE", f"{_PATH}/{conversation_id}"), nothing)
