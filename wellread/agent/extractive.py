"""A writer without a language model: sentences of the sources, verbatim, chosen and arranged for the
question."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace

from wellread.agent import persona
from wellread.agent.arrangement import Arrangement
from wellread.agent.candidates import Candidate, candidates
from wellread.agent.direct import Facts, direct_answer
from wellread.agent.intent import plays_author
from wellread.agent.sentence_choice import SentenceEmbedder, weigh
from wellread.agent.writer import Brief
from wellread.events import ScopeEntry, Snippet
from wellread.grounding.inline import inert
from wellread.library.naming import Work, same_work

CLOSING = (
    "_No language model wrote this answer. Its sentences are quoted from the titles, chosen and arranged for "
    "your question; each number opens the place it comes from._\n"
)
NOTHING_CLOSING = "_No language model was used: this is what the search came to._\n"
_MOST_OPEN = 8
_NEAR_BEST = 0.65


class ExtractiveWriter:
    """Writes an answer from quotations. With an embedder it also finds sentences that use other words than
    the question; `facts` are what it says when asked about itself."""

    name = "extractive"

    def __init__(self, embedder: SentenceEmbedder | None = None, facts: Facts | None = None) -> None:
        self._embedder = embedder
        self._facts = facts or Facts()

    async def write(self, brief: Brief) -> AsyncGenerator[str, None]:
        """The answer's Markdown in pieces: a heading, a statement or a row at a time."""
        direct = direct_answer(brief.question, brief.flags, self._facts)
        if direct is not None:
            yield direct
            return
        if not brief.snippets:
            for piece in nothing_found(brief):
                yield piece
            return
        brief = replace(brief, snippets=_worth_quoting(brief))
        yield _opening(brief)
        if not plays_author(brief.flags, brief.scope):
            flags = brief.flags.model_copy(update={"is_role_play_request": False})
            brief = replace(brief, flags=flags)
        questions = brief.questions or (brief.question,)
        offered = _own_words(candidates(brief.snippets), brief)
        choice = await asyncio.to_thread(weigh, questions, offered, self._embedder, works(brief.scope))
        arrangement = Arrangement(brief, questions, choice)
        for piece in arrangement.pieces():
            yield piece
        for piece in _left_open(brief, arrangement.unanswered):
            yield piece
        if brief.flags.is_role_play_request:
            yield persona.closing_offer(brief, arrangement.quoted)
        yield CLOSING


def _own_words(offered: tuple[Candidate, ...], brief: Brief) -> tuple[Candidate, ...]:
    """Without what one title in scope says about another by name, unless it has nothing else to say."""
    names = {entry.product_id: entry.title.partition(":")[0].strip() for entry in brief.scope}

    def tells_of_another(candidate: Candidate) -> bool:
        own = names.get(candidate.place[0])
        return any(name in candidate.text for name in names.values() if " " in name and name != own)

    kept = tuple(candidate for candidate in offered if not tells_of_another(candidate))
    speaking = {candidate.place[0] for candidate in kept}
    return tuple(c for c in offered if c in kept or c.place[0] not in speaking)


def nothing_found(brief: Brief) -> Iterator[str]:
    """The answer when no title in scope says anything: what was searched, where else to look, what to do."""
    if brief.flags.is_role_play_request and not plays_author(brief.flags, brief.scope):
        yield persona.declined(brief)
    if brief.out_of_time:
        yield "The time was up before the search was done.\n\n"
    where = persona.named(entry.title for entry in brief.scope) if brief.scope else "the library"
    yield f"I found nothing in {where} that answers this.\n\n"
    if brief.open_cells:
        yield "What was searched, and how close the best passage came (1.00 is the closest there can be):\n\n"
        yield "| Question | Title | Best match |\n|---|---|---|\n"
        for cell in brief.open_cells:
            yield f"| {inert(cell.question)} | {inert(cell.title)} | {cell.best:.2f} |\n"
        yield "\n"
    if brief.elsewhere:
        yield from _elsewhere(brief)
        yield "Add it to the titles and ask again.\n\n"
    else:
        yield "You could ask in the words that the titles themselves use, or choose other titles.\n\n"
    yield NOTHING_CLOSING


def works(scope: Sequence[ScopeEntry]) -> dict[str, str]:
    """For each product in scope the first one that is an edition of the same work."""
    first: dict[str, str] = {}
    known: list[tuple[Work, str]] = []
    for entry in scope:
        work = Work(entry.title, entry.authors, entry.kind)
        same = next((product_id for other, product_id in known if same_work(other, work)), None)
        if same is None:
            known.append((work, entry.product_id))
        first[entry.product_id] = same or entry.product_id
    return first


def _worth_quoting(brief: Brief) -> tuple[Snippet, ...]:
    """The snippets without those of titles that nobody named and that speak to the question much less than
    the best does."""
    named = {entry.product_id for entry in brief.scope if entry.found in ("named", "picked")}
    least = _NEAR_BEST * max(snippet.score for snippet in brief.snippets)
    return tuple(s for s in brief.snippets if s.product_id in named or s.score >= least)


def _opening(brief: Brief) -> str:
    if plays_author(brief.flags, brief.scope):
        return persona.opening(brief)
    if brief.flags.is_role_play_request:
        return persona.declined(brief)
    if brief.flags.is_controversial_sensitive_topic:
        return "Who says what, without taking a side:\n\n"
    return f"From {persona.named(snippet.title for snippet in brief.snippets)}:\n\n"


def _left_open(brief: Brief, unanswered: tuple[str, ...]) -> Iterator[str]:
    """What no title, or not every title, answered."""
    found = {question for questions in brief.asked.values() for question in questions}
    named = {entry.title for entry in brief.scope if entry.found in ("named", "picked")}
    silent = [cell for cell in brief.open_cells if cell.question in found and cell.title in named]
    lines = [f"- {inert(question)} — nothing beyond what is quoted above\n" for question in unanswered]
    open_questions = dict.fromkeys(cell.question for cell in brief.open_cells if cell.question not in found)
    for question in open_questions:
        best = max(cell.best for cell in brief.open_cells if cell.question == question)
        lines.append(f"- {inert(question)} — nothing found (best match {best:.2f})\n")
    lines += [
        f"- {inert(cell.question)} — nothing in *{inert(cell.title)}* (best match {cell.best:.2f})\n"
        for cell in silent
    ]
    if not lines and not brief.elsewhere:
        return
    if lines:
        yield "**Still open**\n\n"
        yield from lines[:_MOST_OPEN]
        if len(lines) > _MOST_OPEN:
            yield f"- and {len(lines) - _MOST_OPEN} more\n"
        yield "\n"
    if brief.elsewhere:
        yield from _elsewhere(brief)
        yield "\n\n"


def _elsewhere(brief: Brief) -> Iterator[str]:
    best = max(brief.elsewhere, key=lambda title: title.best)
    yield f"**Not here, but there:** *{inert(best.title)}* speaks to it (match {best.best:.2f}). "
    others = [title.title for title in brief.elsewhere if title.product_id != best.product_id]
    if others:
        yield f"So may {persona.named(others)}. "
