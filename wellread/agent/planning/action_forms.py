"""The forms that a planner may fill: one for each action allowed now, limited to what exists in the state.

Grammars of small models are made from these schemas, so they use only what llama.cpp's converter knows.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from wellread.agent.planning.chosen_knowledge import relevant
from wellread.agent.planning.gate import must_write, searched, unread_sections
from wellread.agent.state.actions import (
    ACTIONS,
    BY_NAME,
    ActionName,
    Choice,
    CreateAnswerDraft,
    SearchInsideBooks,
)
from wellread.agent.state.intent import flags_of
from wellread.agent.state.knowledge import Knowledge
from wellread.content import ProductKind
from wellread.grounding.inline import defused
from wellread.models.language_model import Filled, Form, object_schema

_LENIENT = 2  # times as long as the form says a text may be
_THINKING = 300  # code points of a thought
_SHORT_THINKING = 160  # of a small model, which fills what it may
_QUESTION = 160  # code points of a question that is searched
_SECTIONS = 8  # offered for reading at once
_QUICK_QUESTIONS = 3
_DEEP_QUESTIONS = 5
_QUICK_KNOWLEDGE = 40
_SMALL_KNOWLEDGE = 6
_DEEP_KNOWLEDGE = 60


def forms(knowledge: Knowledge, allowed: frozenset[ActionName], *, small: bool = False) -> list[Form]:
    """A form for each allowed action. For a `small` model the rules fill the flags and the numbers of a draft, which
    it would guess."""
    return [
        Form(action.name, action.__doc__ or "", _schema(action.name, knowledge, small))
        for action in ACTIONS
        if action.name in allowed and (action.name != "create_answer_draft" or _can_draft(knowledge, small))
    ]


def choice_of(filled: Filled, offered: Sequence[Form]) -> Choice:
    """The choice that a filled form is, one of those that were offered. Raises ValueError that says what is wrong with
    it, for the model."""
    values = dict(filled.values)
    _check_lengths(values, next((form for form in offered if form.name == filled.form), None))
    thinking = _whole(str(values.pop("thinking", "")).strip())
    action = BY_NAME.get(filled.form)
    if action is None:
        raise ValueError(f"there is no action {filled.form!r}")
    try:
        chosen = action.model_validate(_once(_defused(values)))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        raise ValueError(wrong) from None
    if isinstance(chosen, CreateAnswerDraft) and "relevant_knowledge_indices" not in values:
        raise ValueError("relevant_knowledge_indices: is missing")  # an empty list is a decision, none is not
    if isinstance(chosen, SearchInsideBooks) and not all(map(str.strip, chosen.askBookQuestions)):
        raise ValueError("askBookQuestions: a question is empty")
    return Choice(thinking=thinking, action=chosen)


def _check_lengths(values: dict[str, Any], form: Form | None) -> None:
    """Raises ValueError for lists and texts longer than the form allows: not every provider holds a model to it. A
    thought is cut."""
    for name, schema in (form.schema["properties"] if form else {}).items():
        value, inner = values.get(name), schema.get("items", {})
        if isinstance(value, list) and len(value) > schema.get("maxItems", len(value)):
            raise ValueError(f"{name}: {schema['maxItems']} are the most")
        for text in value if isinstance(value, list) else [value]:
            most = (inner if isinstance(value, list) else schema).get("maxLength")
            if isinstance(text, str) and most is not None and len(text) > _LENIENT * most:
                if name != "thinking":
                    raise ValueError(f"{name}: {most} characters are the most")
                values[name] = text[:most]


def _whole(thinking: str) -> str:
    """A thought without the sentence that the limit cut off, unless it is the only one."""
    end = max(thinking.rfind(mark) for mark in (". ", "! ", "? "))
    return thinking if thinking.endswith((".", "!", "?")) or end < 0 else thinking[: end + 1]


def _defused(values: dict[str, Any]) -> dict[str, Any]:
    """Texts in which nothing acts: parameters are shown, some of them to clients that take them for Markdown."""
    return {
        key: [defused(item) if isinstance(item, str) else item for item in value]
        if isinstance(value, list)
        else defused(value)
        if isinstance(value, str)
        else value
        for key, value in values.items()
    }


def _once(values: dict[str, Any]) -> dict[str, Any]:
    """Lists without what they repeat: a grammar cannot forbid it."""
    return {
        key: list({repr(item): item for item in value}.values()) if isinstance(value, list) else value
        for key, value in values.items()
    }


def _can_draft(knowledge: Knowledge, small: bool) -> bool:
    """Before any search a draft is only for what needs none, which the rules tell small models."""
    return bool(searched(knowledge) or knowledge.carried or must_write(knowledge) or not small)


def _schema(action: ActionName, knowledge: Knowledge, small: bool) -> dict[str, Any]:
    deep = knowledge.start.mode == "deep"
    scope = [entry.product_id for entry in knowledge.scope]
    match action:
        case "find_products":
            kinds = _list_of(_one_of([kind.value for kind in ProductKind]), 3)
            own: dict[str, Any] = {"query": _text(_QUESTION), "kinds": kinds}
        case "describe_library":
            own = {"question": _text(_QUESTION)}
        case "search_inside_books":
            most = _DEEP_QUESTIONS if deep else _QUICK_QUESTIONS
            own = {
                "askBookQuestions": _list_of(_text(_QUESTION), most, least=1),
                "productIds": _list_of(_one_of(scope), len(scope), least=1),
            }
        case "read_section":
            sections = unread_sections(knowledge)[:_SECTIONS]
            if small:  # it would pair a title with another's section
                sections = tuple(section for section in sections if section[0] == sections[0][0])
            own = {
                "productId": _one_of(list(dict.fromkeys(product for product, _ in sections))),
                "sectionId": _one_of([section for _, section in sections]),
            }
        case "review_evidence":
            own = {"missing": _list_of(_text(_QUESTION), 4)}
        case "ask_clarifying_question":
            own = {"question": _text(_QUESTION), "options": _list_of(_text(_QUESTION), 6, least=2)}
        case "create_answer_draft":
            own = _draft(knowledge, small)
    return object_schema(thinking=_text(_SHORT_THINKING if small else _THINKING), **own)


def _draft(knowledge: Knowledge, small: bool) -> dict[str, Any]:
    numbers = [snippet.number for snippet in knowledge.snippets]
    most = _DEEP_KNOWLEDGE if knowledge.start.mode == "deep" else _QUICK_KNOWLEDGE
    flags = flags_of(knowledge.start.question, knowledge.start.mentions).model_dump()
    chosen = _list_of({"type": "integer"}, 0)
    if numbers and small:  # it would take the first ones
        chosen = {"type": "array", "enum": [list(relevant(knowledge, _SMALL_KNOWLEDGE))]}
    elif numbers:
        chosen = _list_of({"type": "integer", "enum": numbers}, min(most, len(numbers)))
    told = {
        name: {"type": "boolean", "enum": [value] if small else [True, False]}
        for name, value in flags.items()
    }
    return {**told, "relevant_knowledge_indices": chosen}


def _list_of(items: dict[str, Any], most: int, *, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, **({"minItems": least} if least else {}), "maxItems": most}


def _one_of(values: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": values}


def _text(length: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": length}
