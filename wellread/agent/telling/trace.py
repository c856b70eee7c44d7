"""The steps of a run as text, line by line, in the form that `docs/asking.md` shows."""

import json

from wellread.agent.run.loop import shortened
from wellread.events import (
    AnswerOutlined,
    AnyEvent,
    EvidenceScored,
    KnowledgeCarried,
    ModelFailed,
    ProductsFound,
    QuestionUnderstood,
    RunStarted,
    RunStopping,
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
        case QuestionUnderstood(asked=asked):
            return [f"Understood as: {asked}", ""]
        case KnowledgeCarried(snippets=snippets):
            numbers = ", ".join(str(snippet.number) for snippet in snippets)
            return [f"Knowledge of the answer before: {numbers}", ""]
        case ModelFailed():
            return [failure_line(event)]
        case RunStopping():
            return ["Stopped by you: I write with what there is."]
        case EvidenceScored(number=number, score=score, summary=summary):
            return [f"Knowledge {number} helps {score} of 10: {summary}"]
        case AnswerOutlined(sections=sections):
            return ["Outline: " + "; ".join(section.heading for section in sections)]
        case StepAction(action=action, label=label, parameters=parameters, note=note):
            return [
                *([note] if note else []),
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


def failure_line(event: ModelFailed) -> str:
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
        case "read_section":
            return ["📖 Reading around..."]
        case _:
            return []


def _strings(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
