"""The state of a run as text for a planner: what is asked, what was searched, what is known, what is left.

The text only grows at its end from step to step, so that a cache of the beginning serves the next call. What comes
from titles stands in marked blocks, in which nothing can be taken for a mark of ours or of a model's chat.
"""

import re
from collections.abc import Iterable, Sequence

from wellread import events
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.language_gap import gap_of
from wellread.agent.state.questions import asked_questions

_OURS = re.compile(r"<(?=\s*/?\s*(?:knowledge|question|titles|conversation)\b)", re.IGNORECASE)
_CHAT = re.compile(
    r"<(?=[|｜])|(?<=[|｜])>|\[(?=/?INST\])|<(?=/?s>)|<(?=(?:start|end)_of_turn>)", re.IGNORECASE
)
_MOST_TITLES = 40
_LIKE = "‹"  # looks like "<" and is none


def inactive(text: str) -> str:
    """Text of a title or a reader in which no block mark of ours and no control token of a model is left."""
    return _CHAT.sub(_LIKE, _OURS.sub(_LIKE, text))


def on_one_line(text: str) -> str:
    return " ".join(inactive(text).split()).replace('"', "'")


def block(snippet: events.Snippet, words: int | None = None) -> str:
    """A snippet as numbered knowledge; with `words`, only its beginning."""
    place = on_one_line(" › ".join(filter(None, (snippet.section, snippet.place))))
    head = f'number="{snippet.number}" title="{on_one_line(snippet.title)}" place="{place}"'
    text = inactive(snippet.text) if words is None else _beginning(snippet.text, words)
    return f"<knowledge {head}>\n{text}\n</knowledge>"


def blocks(snippets: Sequence[events.Snippet], words: int | None) -> list[str]:
    """Snippets as numbered knowledge; with `words`, a line for the beginning of each, under its own heading."""
    if words is None or not snippets:
        return [block(snippet) for snippet in snippets]
    lines = [
        f"{s.number} ({on_one_line(s.section.rpartition('›')[2])}): {_beginning(s.text, words)}"
        for s in snippets
    ]
    return ["<knowledge>", *lines, "</knowledge>"]


def _beginning(text: str, words: int) -> str:
    parts = inactive(text).split()
    return " ".join(parts[:words]) + (" […]" if len(parts) > words else "")


def conversation(before: Sequence[events.Exchange]) -> str:
    """What was asked and answered before, in a block of its own."""
    told = [f"Reader: {on_one_line(e.question)}\nWellread: {on_one_line(e.answer)}" for e in before]
    return "\n".join(["<conversation>", *told, "</conversation>"])


def state(knowledge: Knowledge, allowed: Iterable[str], *, words: int | None) -> str:
    """The whole state. `words` of each piece of knowledge are shown; None: all."""
    lines = [*_asked(knowledge.start)]
    if knowledge.understood:
        lines += ["", f"Understood as: {on_one_line(knowledge.understood.asked)}"]
        if knowledge.understood.scope != knowledge.start.scope:
            lines += _titles(knowledge.understood.scope)
    carried = [snippet for snippet in knowledge.snippets if snippet.number in knowledge.carried]
    if carried:
        lines += ["", "The answer before rested on this knowledge, which you may use again by its number:"]
        lines += blocks(carried, words)
    shown = set(knowledge.carried)
    for event in knowledge.history:
        lines += _event(event, shown, words)
    if gap := gap_of(knowledge):
        lines += [
            "",
            f"The question is in {gap.question} and the titles are in {gap.spoken}: write what is searched for in "
            f"{gap.spoken}, and `thinking` and what else the reader reads in {gap.question}.",
        ]
    lines += ["", _next(knowledge, allowed)]
    return "\n".join(lines)


def _asked(start: events.RunStarted) -> list[str]:
    lines = [conversation(start.before), ""] if start.before else []
    lines += ["<question>", inactive(start.question), "</question>"]
    questions = asked_questions(start.asked, start.mentions).rows
    lines += ["It asks, in short: " + " ".join(on_one_line(question) for question in questions)]
    return [*lines, *_titles(start.scope), f"At most {start.budget.steps} steps."]


def _titles(scope: tuple[events.ScopeEntry, ...]) -> list[str]:
    if not scope:
        return ["", "No title is in scope yet."]
    lines = ["", "Titles in scope:"]
    for entry in scope[:_MOST_TITLES]:
        authors = f" by {on_one_line(', '.join(entry.authors))}" if entry.authors else ""
        lines.append(
            f'- {entry.product_id}: "{on_one_line(entry.title)}" ({entry.kind}{authors}; {entry.found})'
        )
    if len(scope) > _MOST_TITLES:
        lines.append(f"- and {len(scope) - _MOST_TITLES} more")
    return lines


def _event(event: events.AnyEvent, shown: set[int], words: int | None) -> list[str]:
    """What an event of a finished step adds; knowledge that was shown before is only named."""
    match event:
        case events.StepThinking(step=step, text=text):
            return ["", f"Step {step}: {on_one_line(text)}"]
        case events.StepAction(action=action, parameters=parameters):
            missing = parameters.get("missing")
            still = f" Still missing: {'; '.join(map(str, missing))}" if isinstance(missing, list) else ""
            return [f"Action: {action}.{still if missing else ''}"]
        case events.SearchCell(question=question, product_id=product_id, knowledge=numbers, best=best):
            found = f"knowledge {', '.join(map(str, numbers))}" if numbers else "nothing"
            line = f'- "{on_one_line(question)}" in {product_id}: {found} (best match {best:.2f})'
            return [line, *_new(event.found, shown, words)]
        case events.LibraryDescribed(topics=topics, found=found):
            shared = ["- these titles share: " + "; ".join(map(on_one_line, topics))] if topics else []
            return [*shared, *_new(found, shown, words)]
        case events.SectionRead(title=title, section=section, found=found):
            return [f'- read "{on_one_line(section)}" in "{on_one_line(title)}"', *_new(found, shown, words)]
        case events.ProductsFound(products=products):
            return ["- found:", *_titles(products)[2:]] if products else ["- found no title"]
        case events.SearchElsewhere(products=products):
            named = ", ".join(f'"{on_one_line(product.title)}"' for product in products)
            return [f"- outside the scope, {named} may speak to it"]
        case events.EvidenceScored(number=number, score=score, summary=summary):
            return [f"- knowledge {number} helps {score} of 10: {on_one_line(summary)}"]
        case events.StepCompleted(summary=summary):
            return [summary]
        case _:
            return []


def _new(snippets: tuple[events.Snippet, ...], shown: set[int], words: int | None) -> list[str]:
    new = [snippet for snippet in snippets if snippet.number not in shown]
    shown |= {snippet.number for snippet in new}
    return blocks(new, words)


def _next(knowledge: Knowledge, allowed: Iterable[str]) -> str:
    step = knowledge.steps_completed + 1
    return f"Choose step {step} of at most {knowledge.start.budget.steps}. Allowed now: {', '.join(sorted(allowed))}."
