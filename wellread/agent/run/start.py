"""How a run begins: its first event, and the knowledge that it takes over from the conversation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wellread.agent.state.budget import budget_for
from wellread.agent.state.knowledge import fold_events
from wellread.agent.state.questions import is_follow_up, self_contained
from wellread.errors import BadRequestError, NotFoundError
from wellread.events import (
    AnyEvent,
    Exchange,
    KnowledgeCarried,
    Roles,
    RunStarted,
    ScopeEntry,
    answer_of,
)
from wellread.library.open_anchor import open_anchor
from wellread.library.scope import scope_of
from wellread.settings import Settings
from wellread.store.catalog.catalog import Catalog
from wellread.store.database.storable_text import storable
from wellread.store.runs.runs import Begun, IdempotencyKey, RunStore
from wellread.wire.runs import AskOptions

LONGEST_QUESTION = 20_000  # code points
_EXCHANGES = 3  # of the conversation that a run knows of
_LOOKED_AT = 8  # exchanges in which titles that were named are looked for
_QUESTION_SHOWN = 1_000  # code points of a question before
_ANSWER_SHOWN = 600  # of an answer
_RUN = re.compile(r"([^\w\s])\1{3,}")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A question with its options, and the models that they come to."""

    question: str
    options: AskOptions
    roles: Roles
    new_conversation_id: str = ""  # that of a new one, where the caller has one for it
    history: tuple[Exchange, ...] = ()  # what was said before, where no conversation of the library holds it


@dataclass(frozen=True, slots=True)
class RunStart:
    """Begins runs of one library. All of it reads and writes the database, so it is not for the event loop."""

    settings: Settings
    catalog: Catalog
    runs: RunStore

    def begin(
        self,
        request: RunRequest,
        *,
        caller: str = "",
        queued: bool = False,
        key: IdempotencyKey | None = None,
        most_queued: int | None = None,
    ) -> Begun:
        """A run with its first events, stored; see `RunStore.begin`. Raises as `start` does."""
        earlier = self._earlier(request.options.conversation_id, caller)
        start = self._start(request, earlier)
        carried = self._carried(earlier[-1], start.scope) if earlier and request.roles.uses_models else None
        further = (carried,) if carried else ()
        return self.runs.begin(
            start,
            *further,
            caller=caller,
            queued=queued,
            key=key,
            most_queued=most_queued,
            new_conversation_id=request.new_conversation_id,
        )

    def start(self, request: RunRequest, caller: str = "") -> RunStarted:
        """How the run would begin, without the ids that it gets then. Nothing is stored.

        Raises BadRequestError for an empty or overlong question, NotFoundError for an unknown
        product or conversation.
        """
        return self._start(request, self._earlier(request.options.conversation_id, caller))

    def _start(self, request: RunRequest, earlier: Sequence[Sequence[AnyEvent]]) -> RunStarted:
        question, options, roles = checked_question(request.question), request.options, request.roles
        last = fold_events(earlier[-1]) if earlier else None
        history = tuple(map(shortened, request.history[-_LOOKED_AT:]))
        before = tuple(shortened(exchange_of(events)) for events in earlier) or history[-_EXCHANGES:]
        last_question = before[-1].question if before else ""
        asked = self_contained(question, last_question) if last_question else question
        picked = options.product_ids
        scope = scope_of(
            self.catalog,
            asked if last_question and is_follow_up(question) else question,
            picked=picked,
            excluded=options.excluded,
            carried=last.scope if last is not None else self._meant(history),
            small_library=self.settings.discovered_titles,
        )
        return RunStarted(
            run_id="",
            conversation_id=request.options.conversation_id,
            question=question,
            asked=asked,
            mentions=scope.mentions,
            mode=options.mode,
            model=" + ".join(dict.fromkeys((roles.planner, roles.writer))),
            roles=roles,
            picked=bool(picked),
            excluded=tuple(options.excluded),
            before=before if roles.uses_models else (),
            scope=scope.entries,
            outside=scope.outside,
            options=scope.options,
            languages=self.catalog.languages() if scope.outside else (),
            budget=budget_for(options.mode, self.settings, options.limits, with_model=roles.uses_models),
        )

    def _meant(self, history: Sequence[Exchange]) -> tuple[ScopeEntry, ...]:
        """The titles that were last named in a conversation that was held elsewhere."""
        scopes = (
            scope_of(self.catalog, exchange.question, small_library=0).entries
            for exchange in reversed(history)
        )
        return next(filter(None, scopes), ())

    def _carried(self, events: Sequence[AnyEvent], scope: Sequence[ScopeEntry]) -> KnowledgeCarried | None:
        """What the answer of a run cited, to be used again by its numbers: of the titles in scope, as far as it still
        opens."""
        knowledge = fold_events(events)
        answer = answer_of(events)
        numbers = {citation.number for citation in answer.citations} if answer else set()
        titles = {entry.product_id for entry in scope}
        snippets = tuple(
            snippet
            for snippet in knowledge.snippets
            if snippet.number in numbers and snippet.product_id in titles and self._opens(snippet.anchor)
        )
        return KnowledgeCarried(run_id=knowledge.start.run_id, snippets=snippets) if snippets else None

    def _opens(self, anchor: str) -> bool:
        try:
            open_anchor(self.catalog, anchor)
        except NotFoundError:
            return False
        return True

    def _earlier(self, conversation_id: str, caller: str) -> list[list[AnyEvent]]:
        """The events of a conversation's last runs, oldest first; none without a conversation."""
        if not conversation_id:
            return []
        self.runs.conversation(conversation_id, caller)
        events = (self.runs.events(run_id) for run_id in self.runs.runs(conversation_id)[-_EXCHANGES:])
        return [own for own in events if own and isinstance(own[0], RunStarted)]


def checked_question(question: str) -> str:
    """The question on one line. Raises BadRequestError when it is empty or too long."""
    # White space and rows of marks mean nothing to a search, and patterns are slow on them.
    text = _plain(question)
    if not text:
        raise BadRequestError(
            "The question is empty.", hint='Ask something, as in: wellread ask "What is …?"'
        )
    if len(text) > LONGEST_QUESTION:
        raise BadRequestError(
            f"The question is {len(text):,} characters long; {LONGEST_QUESTION:,} is the most.",
            hint="Ask a shorter question; a long text belongs into the library: `wellread add FILE`.",
        )
    return text


def exchange_of(events: Sequence[AnyEvent]) -> Exchange:
    """What was asked and answered in a run."""
    answer = answer_of(events)
    return Exchange(question=fold_events(events).question, answer=answer.markdown if answer else "")


def shortened(exchange: Exchange) -> Exchange:
    """The beginning of an exchange, which is what a later run knows of it."""
    return Exchange(
        question=_plain(exchange.question.lstrip()[:_QUESTION_SHOWN]),
        answer=storable(exchange.answer[:_ANSWER_SHOWN]),
    )


def _plain(question: str) -> str:
    """A question on one line, without rows of marks."""
    return _RUN.sub(r"\1\1\1", " ".join(storable(question).split()))
