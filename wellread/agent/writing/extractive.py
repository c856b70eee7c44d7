"""A writer without a language model: sentences of the sources, verbatim, chosen and arranged for the
question."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from wellread.agent.quoting.arrangement import Arrangement
from wellread.agent.quoting.brief import Brief
from wellread.agent.quoting.candidates import Candidate, candidates
from wellread.agent.quoting.sentence_choice import SentenceEmbedder, weigh
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import plays_author
from wellread.agent.writing import persona
from wellread.agent.writing.direct_answers import Facts, direct_answer
from wellread.agent.writing.nothing_found import language_note, left_open, nothing_found
from wellread.events import Snippet
from wellread.grounding.statements import claims
from wellread.library.editions import works

CLOSING = (
    "_No language model wrote this answer. Its sentences are quoted from the titles, chosen and arranged for "
    "your question; each number opens the place it comes from._\n"
)
CLOSING_FROM_THERE = (
    "_From there on no language model wrote: the sentences are quoted from the titles, chosen and arranged for your "
    "question._\n"
)
NOTHING_CLOSING = "_No language model was used: this is what the search came to._\n"
_NEAR_BEST = 0.65
_FOREIGN = 0.25  # fragmentation from which a question is in a language that the embedder was not taught


class ExtractiveWriter:
    """Writes an answer from quotations. With an embedder it also finds sentences that use other words than
    the question; `facts` are what it says when asked about itself, `fragmentation` is the embedder's."""

    name = "extractive"

    def __init__(
        self,
        embedder: SentenceEmbedder | None = None,
        facts: Facts | None = None,
        fragmentation: Callable[[str], float] | None = None,
    ) -> None:
        self._embedder = embedder
        self._facts = facts or Facts()
        self._fragmentation = fragmentation

    async def write(self, brief: Brief, meter: Meter) -> AsyncGenerator[str, None]:  # noqa: ARG002 - it costs nothing
        """The answer's Markdown in pieces: a heading, a statement or a row at a time."""
        direct = direct_answer(brief.question, brief.flags, self._facts)
        if direct is not None:
            yield direct
            return
        if brief.written:
            brief = replace(brief, snippets=_not_yet_cited(brief))
            if not brief.snippets:
                return
        if not brief.snippets:
            for piece in nothing_found(brief, await self._language_note(brief)):
                yield piece
            yield NOTHING_CLOSING
            return
        brief = replace(brief, snippets=_worth_quoting(brief))
        yield _continuing(brief) if brief.written else _opening(brief)
        if not plays_author(brief.flags, brief.scope):
            flags = brief.flags.model_copy(update={"is_role_play_request": False})
            brief = replace(brief, flags=flags)
        questions = brief.questions or (brief.question,)
        offered = _own_words(candidates(brief.snippets), brief)
        choice = await asyncio.to_thread(weigh, questions, offered, self._embedder, works(brief.scope))
        arrangement = Arrangement(brief, questions, choice)
        for piece in arrangement.pieces():
            yield piece
        for piece in left_open(brief, arrangement.unanswered):
            yield piece
        if brief.flags.is_role_play_request:
            yield persona.closing_offer(brief, arrangement.quoted)
        yield CLOSING_FROM_THERE if brief.written else CLOSING

    async def _language_note(self, brief: Brief) -> str:
        """Nothing where the embedder finds what is meant in the one language by what is said in the other."""
        note = language_note(brief)
        if not note or self._fragmentation is None:
            return note
        return note if await asyncio.to_thread(self._fragmentation, brief.question) >= _FOREIGN else ""


def _own_words(offered: tuple[Candidate, ...], brief: Brief) -> tuple[Candidate, ...]:
    """Without what one title in scope says about another by name, unless it has nothing else to say."""
    names = {entry.product_id: entry.title.partition(":")[0].strip() for entry in brief.scope}

    def tells_of_another(candidate: Candidate) -> bool:
        own = names.get(candidate.place[0])
        return any(name in candidate.text for name in names.values() if " " in name and name != own)

    kept = tuple(candidate for candidate in offered if not tells_of_another(candidate))
    speaking = {candidate.place[0] for candidate in kept}
    return tuple(c for c in offered if c in kept or c.place[0] not in speaking)


def _worth_quoting(brief: Brief) -> tuple[Snippet, ...]:
    """The snippets without those of titles that nobody named and that speak to the question much less than
    the best does."""
    named = {entry.product_id for entry in brief.scope if entry.found in ("named", "picked")}
    least = _NEAR_BEST * max(snippet.score for snippet in brief.snippets)
    return tuple(s for s in brief.snippets if s.product_id in named or s.score >= least)


def _not_yet_cited(brief: Brief) -> tuple[Snippet, ...]:
    """The snippets that what is written does not rest on, and that say what it does not say."""
    cited = {number for claim in claims(brief.written) for number in claim.numbers}
    return tuple(snippet for snippet in brief.snippets if snippet.number not in cited)


def _continuing(brief: Brief) -> str:
    return f"Further, from {persona.named(snippet.title for snippet in brief.snippets)}:\n\n"


def _opening(brief: Brief) -> str:
    if plays_author(brief.flags, brief.scope):
        return persona.opening(brief)
    if brief.flags.is_role_play_request:
        return persona.declined(brief)
    if brief.flags.is_controversial_sensitive_topic:
        return "Who says what, without taking a side:\n\n"
    return f"From {persona.named(snippet.title for snippet in brief.snippets)}:\n\n"
