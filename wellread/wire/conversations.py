"""The caller's conversations."""

from pydantic import Field
from pydantic.config import JsonDict

from wellread.events import Mode, Usage
from wellread.wire.runs import Rating, RunState
from wellread.wire.view import View, example

_ID = "5f0c3d1e8f6b4a7d9c2b1a0e4d3c2b1a"


_AT = "2026-11-02T09:30:00.000000+00:00"


_EXAMPLE: JsonDict = {
    "conversation_id": _ID,
    "title": "What does Steady Hands say about delegation?",
    "created_at": _AT,
    "updated_at": _AT,
    "runs": 1,
    "under_way": 0,
    "shared": False,
}


class ConversationView(View):
    """A conversation as it is listed."""

    model_config = example(**_EXAMPLE)

    conversation_id: str
    title: str
    created_at: str
    updated_at: str = Field(description="When something was last asked in it.")
    runs: int = Field(description="How many questions it holds.")
    under_way: int = Field(description="How many of them servers have yet to answer.")
    shared: bool


class Conversations(View):
    """A part of the list, the conversations that were added to last first."""

    model_config = example(conversations=[_EXAMPLE], total=1, next="")

    conversations: list[ConversationView]
    total: int = Field(description="How many there are in all.")
    next: str = Field(description="The cursor of the next part; empty at the end.")


class RunSummary(View):
    """A run without its answer, which is at `/api/v1/runs/{run_id}`."""

    model_config = example(run_id="0f6b…", state="completed", question="What is …?")

    run_id: str
    state: RunState
    question: str
    mode: Mode
    model: str
    created_at: str
    ended_at: str = Field(description="Empty while it goes on.")
    usage: Usage | None = Field(description="Once it has ended.")
    rating: Rating | None = Field(description="What the caller has said of its answer.")


class WholeConversation(View):
    """A conversation with its runs, oldest first."""

    model_config = example(conversation=_EXAMPLE, link="", runs=[])

    conversation: ConversationView
    link: str = Field(description="Where anybody may read it; empty if it is not shared.")
    runs: list[RunSummary]


class Share(View):
    """A link by which anybody may read a conversation without a login."""

    model_config = example(token="Zk3…", link="http://127.0.0.1:8484/shared/Zk3…")

    token: str
    link: str = Field(
        description="The page that shows it, without a login; `/api/v1/shared/{token}` tells it as JSON."
    )
