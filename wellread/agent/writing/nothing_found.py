"""What an answer says where the titles say nothing: what came nearest, what stays open, where else to look."""

from collections.abc import Iterator

from wellread.agent.quoting.brief import Brief
from wellread.agent.state.intent import is_in_distress, plays_author
from wellread.agent.writing import persona
from wellread.events import FoundPassage, SearchCell
from wellread.grounding.inline import inert
from wellread.text.sentences import sentences
from wellread.text.words import listed

_MOST_OPEN = 8
_MOST_NEAREST = 5
_SHOWN = 240  # code points of a passage
_WHY = {
    "reader": "You stopped the search before it was done.",
    "time": "The time was up before the search was done.",
    "tokens": "The tokens of the budget were used up before the search was done.",
    "money": "The money of the budget was used up before the search was done.",
}


def nothing_found(brief: Brief, why: str = "") -> Iterator[str]:
    """The answer when no title in scope says anything: why, what came nearest, where else to look. `why` is what is
    known of the reason."""
    if is_in_distress(brief.question):
        yield persona.KIND_WORD
    if brief.flags.is_role_play_request and not plays_author(brief.flags, brief.scope):
        yield persona.declined(brief)
    if brief.spent:
        yield f"{_WHY[brief.spent]}\n\n"
    if not any(map(str.isalnum, brief.question)):
        yield "There is no word in the question that could be looked for. Ask in a few words, or in a sentence.\n\n"
        return
    where = persona.named(entry.title for entry in brief.scope) if brief.scope else "the library"
    if brief.scope and not brief.open_cells and not brief.absent:
        yield f"Nothing was searched in {where}, so I cannot tell what there is on this. Ask again with more steps.\n\n"
        return
    if brief.absent:
        yield f"No passage in {where} speaks of {_named(brief.absent)}, so I leave the question unanswered.\n\n"
    else:
        yield f"I found nothing in {where} that answers this.\n\n"
    if brief.elsewhere:
        yield from _elsewhere(brief)
        yield "Add it to the titles and ask again.\n\n"
    yield why
    nearest = list(_nearest(brief))
    if nearest:
        yield "**The nearest passages**, which may be about something else:\n\n"
        yield from nearest
        yield "\n"
    elif not brief.elsewhere and not why:
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
    open_cells = [cell for cell in brief.open_cells if cell.question in brief.parts]
    lines = [f"- {inert(question)} — nothing beyond what is quoted above\n" for question in unanswered]
    unspoken = {cell.question: cell.absent for cell in open_cells if cell.absent}
    lines += [f"- {inert(q)} — no passage speaks of {_named(words)}\n" for q, words in unspoken.items()]
    open_cells = [cell for cell in open_cells if not cell.absent]
    silent = dict.fromkeys(cell.question for cell in open_cells if cell.question not in found)
    lines += [f"- {inert(question)} — nothing found\n" for question in silent]
    lines += [
        f"- {inert(cell.question)} — nothing in *{inert(cell.title)}*\n"
        for cell in open_cells
        if cell.question in found and cell.title in named
    ]
    if lines:
        yield "**Still open**\n\n"
        yield from lines[:_MOST_OPEN]
        if len(lines) > _MOST_OPEN:
            yield f"- and {len(lines) - _MOST_OPEN} more\n"
        yield "\n"
    if brief.elsewhere:
        yield from _elsewhere(brief)
        yield "\n\n"


def _nearest(brief: Brief) -> Iterator[str]:
    """What came closest, the best first: title, heading, the beginning of the passage."""
    closest: dict[str, tuple[SearchCell, FoundPassage]] = {}
    for cell in brief.open_cells:
        for passage in (*cell.nearest, *cell.found):
            closest.setdefault(passage.anchor, (cell, passage))
    ranked = sorted(closest.values(), key=lambda near: -near[1].score)
    for cell, passage in ranked[:_MOST_NEAREST]:
        start, end = (
            (passage.telling[0].start, passage.telling[0].end) if passage.telling else _first(passage.text)
        )
        text = " ".join(passage.text[start:end].split())
        shown = text if len(text) <= _SHOWN else text[: text.rfind(" ", 0, _SHOWN)] + " …"
        place = " › ".join(
            filter(None, (cell.title, passage.section.rpartition("›")[2].strip(), passage.place))
        )
        yield f"- {inert(place)}: {inert(shown)} `{passage.anchor}`\n"


def _first(text: str) -> tuple[int, int]:
    return next(iter(sentences(text)), (0, len(text)))


def _elsewhere(brief: Brief) -> Iterator[str]:
    best = max(brief.elsewhere, key=lambda title: title.best)
    yield f"**Not here, but there:** *{inert(best.title)}* speaks to it. "
    others = [title.title for title in brief.elsewhere if title.product_id != best.product_id]
    if others:
        yield f"So may {persona.named(others)}. "


def _named(words: tuple[str, ...]) -> str:
    return listed([f"*{inert(word)}*" for word in words], "or")
