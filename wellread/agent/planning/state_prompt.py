"""The state of a run as text for a planner: what is asked, what was searched, what is known, what is left.

The text only grows at its end from step to step, so that a cache of the beginning serves the next call. What comes
from titles, readers and models stands in marked blocks, or in quotation marks on one line.
"""

from collections.abc import Iterable, Sequence

from wellread import events
from wellread.agent.planning.inactive import inactive, on_one_line, quoted
from wellread.agent.state.knowledge import Knowledge
from wellread.agent.state.language_gap import gap_of
from wellread.agent.state.questions import asked_questions

_MOST_TITLES = 40


def block(snippet: events.Snippet, words: int | None = None) -> str:
    """A snippet as numbered knowledge; with `words`, only its beginning."""
    place = " › ".join(filter(None, (snippet.section, snippet.place)))
    head = f'number="{snippet.number}" title={_attribute(snippet.title)} place={_attribute(place)}'
    text = inactive(snippet.text) if words is None else _beginning(snippet.text, words)
    return f"<knowledge {head}>\n{text}\n</knowledge>"


def _attribute(text: str) -> str:
    """A text in the opening mark of a block, which it cannot end."""
    return quoted(text).translate({ord("<"): "‹", ord(">"): "›"})


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
        lines += ["", f"Understood as: {quoted(knowledge.understood.asked)}"]
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
    lines += ["It asks, in short: " + " ".join(map(quoted, questions))]
    return [*lines, *_titles(start.scope), f"At most {start.budget.steps} steps."]


def _titles(scope: tuple[events.ScopeEntry, ...]) -> list[str]:
    if not scope:
        return ["", "No title is in scope yet."]
    return ["", "Titles in scope:", *_listed(scope)]


def _listed(scope: tuple[events.ScopeEntry, ...]) -> list[str]:
    lines = ["<titles>"]
    for entry in scope[:_MOST_TITLES]:
        authors = f" by {on_one_line(', '.join(entry.authors))}" if entry.authors else ""
        lines.append(
            f'- {entry.product_id}: "{on_one_line(entry.title)}" ({entry.kind}{authors}; {entry.found})'
        )
    if len(scope) > _MOST_TITLES:
        lines.append(f"- and {len(scope) - _MOST_TITLES} more")
    return [*lines, "</titles>"]


def _event(event: events.AnyEvent, shown: set[int], words: int | None) -> list[str]:
    """What an event of a finished step adds; knowledge that was shown before is only named."""
    match event:
        case events.StepThinking(step=step, text=text):
            return ["", f"Step {step}: {quoted(text)}"]
        case events.StepAction(action=action, parameters=parameters):
            missing = parameters.get("missing")
            still = f" Still missing: {'; '.join(map(quoted, missing))}" if isinstance(missing, list) else ""
            return [f"Action: {action}.{still if missing else ''}"]
        case events.SearchCell(question=question, product_id=product_id, knowledge=numbers, best=best):
            found = f"knowledge {', '.join(map(str, numbers))}" if numbers else "nothing"
            line = f"- {quoted(question)} in {product_id}: {found} (best match {best:.2f})"
            return [line, *_new(event.found, shown, words)]
        case events.LibraryDescribed(topics=topics, found=found):
            shared = ["- these titles share: " + "; ".join(map(quoted, topics))] if topics else []
            return [*shared, *_new(found, shown, words)]
        case events.SectionRead(title=title, section=section, found=found):
            return [f"- read {quoted(section)} in {quoted(title)}", *_new(found, shown, words)]
        case events.ProductsFound(products=products):
            return ["- found:", *_listed(products)] if products else ["- found no title"]
        case events.SearchElsewhere(products=products):
            named = ", ".join(quoted(product.title) for product in products)
            return [f"- outside the scope, {named} may speak to it"]
        case events.EvidenceScored(number=number, score=score, summary=summary):
            return [f"- knowledge {number} helps {score} of 10: {quoted(summary)}"]
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
