"""The steps of a run as text, line by line, in the form that `docs/asking.md` shows."""

import json

from wellread import events
from wellread.agent.run.loop import shortened

_QUESTION_LENGTH = 42  # code points of a question in a line about one cell


def trace_lines(event: events.AnyEvent) -> list[str]:
    """The lines that an event adds to the trace; none for events of the answer and the end."""
    match event:
        case events.RunStarted(mode=mode, model=model):
            deep = "ON" if mode == "deep" else "OFF"
            return ["Thoughts:", "", f"DeepSearch {deep}, Model: {model}", "", *_doubtful(event)]
        case events.StepStarted(title=title):
            return [title]
        case events.StepThinking(text=text):
            return [f"Thinking: {text}"]
        case events.QuestionUnderstood(asked=asked):
            return [f"Understood as: {asked}", "", *_doubtful(event)]
        case events.KnowledgeCarried(snippets=snippets):
            numbers = ", ".join(str(snippet.number) for snippet in snippets)
            return [f"Knowledge of the answer before: {numbers}", ""]
        case events.ModelFailed():
            return [failure_line(event)]
        case events.RunStopping():
            return ["Stopped by you: I write with what there is."]
        case events.EvidenceScored(number=number, score=score, summary=summary):
            return [f"Knowledge {number} helps {score} of 10: {summary}"]
        case events.AnswerOutlined(sections=sections):
            return ["Outline: " + "; ".join(section.heading for section in sections)]
        case events.AnswerDrafted(statements=statements):
            return [f"🔎 Checking {statements} statements of the draft against the passages..."]
        case events.AnswerRevised(statements=revised):
            dropped = sum(not one.became for one in revised)
            return [
                f"✂️ {len(revised) - dropped} statements reworded, {dropped} dropped: the passages do not bear them",
                *(f"  {one.verdict}: {one.text}" for one in revised),
            ]
        case events.StepAction(action=action, label=label, parameters=parameters, note=note):
            return [
                *([note] if note else []),
                f"Action Chosen: {label} ({action}) Parameters:",
                json.dumps(parameters, indent=2, ensure_ascii=False),
                *_beginning(action, parameters),
            ]
        case events.SearchCell(question=question, title=title, found=found, best=best):
            quoted = f"'{shortened(question, _QUESTION_LENGTH)}'"
            if found:
                return [f"Found snippet for {quoted} in {title}" for _ in found]
            return [f"Nothing for {quoted} in {title} (best match {best:.2f})"]
        case events.SearchElsewhere(question=question, products=products):
            quoted = f"'{shortened(question, _QUESTION_LENGTH)}'"
            return [
                f"Not here, but there: {quoted} in {p.title} (best match {p.best:.2f})" for p in products[:1]
            ]
        case events.ProductsFound(products=products):
            return [f"Found {p.title} ({p.product_id})" for p in products]
        case events.LibraryDescribed(found=found, topics=topics):
            described = [f"Looked up {title}" for title in dict.fromkeys(snippet.title for snippet in found)]
            return [*described, *([f"They share: {', '.join(topics)}"] if topics else [])]
        case events.SectionRead(title=title, section=section):
            return [f"Read {section} in {title}"]
        case events.StepCompleted(summary=summary):
            return [f"{'📝' if summary.startswith('Ready') else '✅'} {summary}"]
        case _:
            return []


def _doubtful(event: events.RunStarted | events.QuestionUnderstood) -> list[str]:
    """The titles that the question may mean, and how to say whether it does."""
    if not event.outside:
        return []
    return [
        f"in {entry.title}? Only there: --product {entry.product_id}. Not there: --exclude {entry.product_id}."
        for entry in event.scope
        if entry.found == "doubtful"
    ]


def failure_line(event: events.ModelFailed) -> str:
    """What failed, why, and what goes on."""
    hint = f" {event.hint}" if event.hint else ""
    who = "The rules go" if event.instead == "rules" else f"{event.instead} goes"
    return f"⚠ {event.message}{hint} {who} on."


def _beginning(action: str, parameters: dict[str, object]) -> list[str]:
    match action:
        case "search_inside_books":
            questions = ", ".join(map(str, _strings(parameters["askBookQuestions"])))
            products = ", ".join(map(str, _strings(parameters["productIds"])))
            return [
                "💬 Asking Questions to Books",
                f"Book Questions: {questions} Product IDs: {products}",
                "🔍 Searching book content...",
            ]
        case "find_products":
            return ["🔍 Searching the catalog..."]
        case "describe_library":
            return ["🗂 Looking into the library..."]
        case "read_section":
            return ["📖 Reading around..."]
        case _:
            return []


def _strings(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
