"""Forms as a provider takes them, tools or one JSON schema, and the form that a reply filled."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.tools import ToolDefinition

from wellread.errors import UnusableReplyError
from wellread.models.language_model import Filled, Form
from wellread.text.characters import harmless


def as_tools(forms: Sequence[Form]) -> ModelRequestParameters:
    tools = [
        ToolDefinition(
            name=form.name,
            description=form.description,
            parameters_json_schema=dict(form.schema),
            kind="output",
            strict=False,
        )
        for form in forms
    ]
    return ModelRequestParameters(output_mode="tool", output_tools=tools, allow_text_output=False)


def as_json(forms: Sequence[Form]) -> ModelRequestParameters:
    """One JSON schema for all forms, which the value of "action" tells apart."""
    schemas = [_named(form) if len(forms) > 1 else dict(form.schema) for form in forms]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return ModelRequestParameters(
        output_mode="native",
        output_object=OutputObjectDefinition(json_schema=schema, name="reply"),
        allow_text_output=True,
    )


def _named(form: Form) -> dict[str, Any]:
    """The form's schema with its name as "action", after "thinking" where it begins with that."""
    own = dict(form.schema["properties"])
    properties = {"thinking": own.pop("thinking")} if "thinking" in own else {}
    properties |= {"action": {"const": form.name}, **own}
    return {**form.schema, "properties": properties, "required": [*form.schema.get("required", ()), "action"]}


def filled(response: ModelResponse, forms: Sequence[Form], name: str) -> Filled:
    """The form that a reply filled: a tool call, or an object in its text. Raises UnusableReplyError."""
    names = [form.name for form in forms]
    for part in response.parts:
        if isinstance(part, ToolCallPart):
            if part.tool_name not in names:
                raise UnusableReplyError(f"{name} called {part.tool_name!r}; allowed are {', '.join(names)}.")
            return Filled(part.tool_name, _object(part.args_as_json_str(), name))
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    values = _object(text, name)
    form = values.pop("action", names[0] if len(names) == 1 else None)
    if form not in names:
        raise UnusableReplyError(f"{name} chose {form!r}; allowed are {', '.join(names)}.")
    return Filled(str(form), values)


def _object(text: str, name: str) -> dict[str, Any]:
    start, end = text.find("{"), text.rfind("}")  # some models wrap it in prose or a fence
    try:
        value = json.loads(text[start : end + 1])
    except ValueError:
        raise UnusableReplyError(f"{name} gave no JSON object where one was asked for.") from None
    if not isinstance(value, dict):
        raise UnusableReplyError(f"{name} gave JSON that is no object.")
    return {str(key): _harmless(item) for key, item in value.items()}


def _harmless(value: Any) -> Any:
    """JSON without what a terminal obeys or UTF-8 cannot hold."""
    match value:
        case str():
            return harmless(value)
        case list():
            return [_harmless(item) for item in value]
        case dict():
            return {harmless(key): _harmless(item) for key, item in value.items()}
        case _:
            return value
