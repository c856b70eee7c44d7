"""The runs of a library, to be read: what was asked, and the events that count."""

from collections.abc import Collection

from wellread.agent.state.effective_events import effective_events
from wellread.events import AnswerCompleted, AnyEvent, RunStarted, answer_of
from wellread.store.runs.runs import Conversation, RunStore, StoredRun


class RunHistory:
    """Waits for the database: not for the event loop. Raises NotFoundError for what is not there, or not the
    caller's."""

    def __init__(self, runs: RunStore) -> None:
        self._runs = runs

    def run(self, run_id: str, caller: str) -> StoredRun:
        return self._runs.run(run_id, caller)

    def events(self, run_id: str) -> list[AnyEvent]:
        """Those that count so far (`effective_events`); none for a run that is not there."""
        return effective_events(self._runs.events(run_id))

    def answer(self, run_id: str) -> AnswerCompleted | None:
        """The answer of a run, when it is whole."""
        return answer_of(self.events(run_id))

    def conversation(self, conversation_id: str, caller: str) -> Conversation:
        return self._runs.conversation(conversation_id, caller)

    def of(self, conversation_id: str) -> list[StoredRun]:
        """The runs of a conversation, the oldest first."""
        return self._runs.of(conversation_id)

    def ids(self, conversation_id: str) -> list[str]:
        return self._runs.runs(conversation_id)

    def starts(self, run_ids: Collection[str]) -> dict[str, RunStarted]:
        return self._runs.starts(run_ids)
