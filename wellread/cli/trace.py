"""The steps of a run as text, line by line, in the form that `docs/asking.md` shows."""

import json

from wellread.agent.loop import shortened
from wellread.events import (
    AnyEvent,
    ProductsFound,
    RunStarted,
    SearchCell,
    SearchElsewhere,
    SectionRead,
    StepAction,
    StepCompleted,
    StepStarted,
    StepThinking,
)

_QUESTION_LENGTH = 42  # code points of a question in a line about one cell


def trace_lines(event: AnyEvent) -> list[str]:
    """The lines that an event adds to the trace; none for events of the answer and the end."""
    match event:
        case RunStarted(mode=mode, model=model):
            deep = "ON" if mode == "deep" else "OFF"
            return ["Thoughts:", "", f"DeepSearch {deep}, Model: {model}", ""]
        case StepStarted(title=title):
            return [title]
        case StepThinking(text=text):
            return [f"Thinking: {text}"]
        case StepAction(action=action, label=label, parameters=parameters):
            return [
                f"Action Chosen: {label} ({action}) Parameters:",
                json.dumps(parameters, indent=2, ensure_ascii=False),
                *_beginning(action, parameters),
            ]
        case SearchCell(question=question, title=title, found=found, best=best):
            quoted = f"'{shortened(question, _QUESTION_LENGTH)}'"
            if found:
                return [f"Found snippet for {quoted} in {title}" for _ in found]
            return [f"Nothing for {quoted} in {title} (best match {best:.2f})"]
        case SearchElsewhere(question=question, products=products):
            quoted = f"'{shortened(question, _QUESTION_LENGTH)}'"
            return [
                f"Not here, but there: {quoted} in {p.title} (best match {p.best:.2f})" for p in products[:1]
            ]
        case ProductsFound(products=products):
            return [f"Found {p.title} ({p.product_id})" for p in products]
        case SectionRead(title=title, section=section):
            return [f"Read {section} in {title}"]
        case StepCompleted(summary=summary):
            return [f"{'📝' if summary.startswith('Ready') else '✅'} {summary}"]
        case _:
            return []


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
        case "read_section":
            return ["📖 Reading around..."]
        case _:
            return []


def _strings(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
