"""What an answer says where the titles say nothing: what was searched, what stays open, where else to look."""

from collections.abc import Iterator

from wellread.agent.quoting.brief import Brief
from wellread.agent.state.intent import plays_author
from wellread.agent.writing import persona
from wellread.grounding.inline import inert

_MOST_OPEN = 8
_WHY = {
    "reader": "You stopped the search before it was done.",
    "time": "The time was up before the search was done.",
    "tokens": "The tokens of the budget were used up before the search was done.",
    "money": "The money of the budget was used up before the search was done.",
}


def nothing_found(brief: Brief, why: str = "") -> Iterator[str]:
    """The answer when no title in scope says anything: what was searched, where else to look, what to do. `why` is what
    is known of the reason."""
    if brief.flags.is_role_play_request and not plays_author(brief.flags, brief.scope):
        yield persona.declined(brief)
    if brief.spent:
        yield f"{_WHY[brief.spent]}\n\n"
    where = persona.named(entry.title for entry in brief.scope) if brief.scope else "the library"
    if brief.scope and not brief.open_cells:
        yield f"Nothing was searched in {where}, so I cannot tell what there is on this. Ask again with more steps.\n\n"
        return
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
    elif why:
        yield why
    else:
        yield "You could ask in the words that the titles themselves use, or choose other titles.\n\n"


def language_note(brief: Brief) -> str:
    """Why the words of a question found nothing in titles of another language; "" when that is not the reason."""
    gap = brief.gap
    if gap is None or brief.by_model:
        return ""
    return (
        f"Your question is in {gap.question} and these titles are in {gap.spoken}; without a language model Wellread "
        f"finds only passages that share its words. Ask in {' or '.join(gap.titles)}, set a model, or choose a "
        "multilingual embedder (setting `embedder`).\n\n"
    )


def left_open(brief: Brief, unanswered: tuple[str, ...] = ()) -> Iterator[str]:
    """What no title, or not every title that was meant, answered. `unanswered`: questions for which there were
    snippets that could not be used."""
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
