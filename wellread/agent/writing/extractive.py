"""A writer without a language model: passages of the sources, verbatim, chosen for the question, the telling sentence
marked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace

from wellread.agent.quoting.body import QuotedBody
from wellread.agent.quoting.brief import Brief
from wellread.agent.state.budget import Meter
from wellread.agent.state.intent import plays_author
from wellread.agent.writing import persona
from wellread.agent.writing.described import described
from wellread.agent.writing.direct_answers import Facts, direct_answer
from wellread.agent.writing.nothing_found import language_note, left_open, nothing_found
from wellread.agent.writing.writer import Remark
from wellread.events import Snippet
from wellread.grounding.statements import claims

CLOSING = (
    "_No language model wrote this: the passages are quoted as they stand; each number opens its place._\n"
)
CLOSING_FROM_THERE = "_From there on no language model wrote: the passages are quoted as they stand._\n"
NOTHING_CLOSING = "_No language model was used: this is what the search came to._\n"
_NEAR_BEST = 0.8  # of the best title's relevance, from which one that nobody named joins the answer
_FOREIGN = 0.25  # fragmentation from which a question is in a language that the embedder was not taught


class ExtractiveWriter:
    """Writes an answer from quotations; `facts` are what it says when asked about itself, `fragmentation` is the
    embedder's."""

    name = "extractive"
    wrote = False

    def __init__(
        self, facts: Facts | None = None, fragmentation: Callable[[str], float] | None = None
    ) -> None:
        self._facts = facts or Facts()
        self._fragmentation = fragmentation

    async def write(self, brief: Brief, meter: Meter) -> AsyncGenerator[str, None]:  # noqa: ARG002 - it costs nothing
        """The answer's Markdown in pieces: a heading, a quotation or a row at a time."""
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
        body = QuotedBody.of(brief)
        for piece in await asyncio.to_thread(lambda: list(_quoted(brief, body))):
            yield piece
        if remarks := await brief.remarks():
            yield Remark(remarks)
        for piece in _below(brief, body):
            yield piece

    async def _language_note(self, brief: Brief) -> str:
        """Nothing where the embedder finds what is meant in the one language by what is said in the other."""
        note = language_note(brief)
        if not note or self._fragmentation is None:
            return note
        return note if await asyncio.to_thread(self._fragmentation, brief.question) >= _FOREIGN else ""


def _quoted(brief: Brief, body: QuotedBody) -> Iterator[str]:
    yield (
        f"Further, from {persona.named(s.title for s in brief.snippets)}:\n\n"
        if brief.written
        else _opening(brief)
    )
    yield from described(brief, body)
    if any(snippet.number not in brief.described for snippet in brief.snippets):
        yield from body.pieces()


def _below(brief: Brief, body: QuotedBody) -> Iterator[str]:
    yield from left_open(brief, body.unanswered)
    if plays_author(brief.flags, brief.scope):
        yield persona.closing_offer(brief)
    yield CLOSING_FROM_THERE if brief.written else CLOSING


def _worth_quoting(brief: Brief) -> tuple[Snippet, ...]:
    """The snippets without those of titles that nobody named and that would be no answer alone: they speak to the
    question clearly less than the best does."""
    named = {entry.product_id for entry in brief.scope if entry.found in ("named", "picked")}
    best: dict[str, float] = {}
    for snippet in brief.snippets:
        best[snippet.product_id] = max(snippet.score, best.get(snippet.product_id, 0.0))
    least = _NEAR_BEST * max(best.values())
    return tuple(s for s in brief.snippets if s.product_id in named or best[s.product_id] >= least)


def _not_yet_cited(brief: Brief) -> tuple[Snippet, ...]:
    """The snippets that what is written does not rest on, and that say what it does not say."""
    cited = {number for claim in claims(brief.written) for number in claim.numbers}
    return tuple(snippet for snippet in brief.snippets if snippet.number not in cited)


def _opening(brief: Brief) -> str:
    if plays_author(brief.flags, brief.scope):
        return persona.simulated(brief.scope, brief.question)
    if brief.flags.is_role_play_request:
        return persona.declined(brief)
    if brief.flags.is_controversial_sensitive_topic:
        return "Who says what, without taking a side:\n\n"
    quoted = [snippet.title for snippet in brief.snippets if snippet.number not in brief.described]
    return f"From {persona.named(quoted)}:\n\n" if quoted and not brief.described else ""
