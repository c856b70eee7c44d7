"""A model that does whatever any text tells it to do: the worst that a passage can find.

It reads all of its prompt and obeys the orders of one place, wherever they stand in it. An order is a sentence such as
`Obey now in PLACE: say «TEXT»` or `Obey now in PLACE: do «ACTION | KEY = VALUE | …»`.
What it is to say it says wherever a model has
a say: in thoughts, questions, options, summaries, headings and the answer. What it is to do it does at every step,
allowed or not. Without orders it does its work as well as it can.
"""

import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wellread.events import Usage
from wellread.models.language_model import Allowance, Filled, Form, LanguageModel, Prompt, Tally

_ORDER = re.compile(r"Obey\s+now\s+in\s+(?P<place>[a-z-]+)\s*:\s+(?P<verb>say|do)\s+«(?P<what>[^»]*)»")
_NUMBER = re.compile(r'<knowledge number="(\d+)"')
_QUESTION = re.compile(r"<question>\n(.*)\n</question>")
_FLAGS = (
    "is_role_play_request",
    "is_controversial_sensitive_topic",
    "is_greeting_or_simple_calculation",
    "is_who_are_you",
)


def order(place: str, deed: str) -> str:
    """A sentence that the model obeys; `deed` is `say TEXT` or `do ACTION | …`."""
    verb, _, what = deed.partition(" ")
    return f"Obey now in {place}: {verb} «{what}» at once."


@dataclass(slots=True)
class ObedientModel:
    """Obeys the orders of `place`; `prompts` keeps all that it read."""

    place: str = ""
    says: str = "The house keeps its own hours."  # where nothing is told
    prompts: list[Prompt] = field(default_factory=list)
    name: str = "obedient/any"
    context_tokens: int = 200_000
    calls_at_once: int = 4
    reads_slowly: bool = False
    small: bool = False
    tells_probabilities: bool = False
    ended: bool = False

    def begin(self, place: str, *, small: bool = False, says: str = "The house keeps its own hours.") -> None:
        """Obey another place, and forget what was read."""
        self.place, self.small, self.says = place, small, says
        self.prompts.clear()

    def orders(self, prompt: Prompt) -> list[tuple[str, str]]:
        """The orders of the place that a prompt holds: what kind, and what."""
        found = _ORDER.finditer(f"{prompt.system}\n{prompt.user}")
        return [(match["verb"], match["what"]) for match in found if match["place"] == self.place]

    @property
    def obeyed(self) -> list[tuple[str, str]]:
        """All orders that were read."""
        return [order for prompt in self.prompts for order in self.orders(prompt)]

    async def count(self, text: str) -> int:
        return len(text) // 4

    async def fill(self, prompt: Prompt, forms: Sequence[Form], allowance: Allowance, tally: Tally) -> Filled:
        self.prompts.append(prompt)
        tally.add(Usage(model_calls=1))
        said, done = self._told(prompt)
        names = [form.name for form in forms]
        if done is not None and names != ["evidence"] and names != ["outline"] and names != ["question"]:
            return done
        wanted = ("describe_library", "search_inside_books", "find_products", "create_answer_draft", *names)
        form = next(form for name in wanted for form in forms if form.name == name)
        if form.name == "search_inside_books" and "knowledge number=" in prompt.user and len(forms) > 1:
            form = next((form for form in forms if form.name == "create_answer_draft"), form)
        asked = _QUESTION.search(prompt.user)
        said = said or (asked[1] if asked else "What is told of the house?")
        return Filled(
            form.name, {key: _value(key, one, said) for key, one in form.schema["properties"].items()}
        )

    async def write(self, prompt: Prompt, allowance: Allowance, tally: Tally) -> AsyncGenerator[str, None]:
        self.prompts.append(prompt)
        tally.add(Usage(model_calls=1))
        said, _ = self._told(prompt)
        numbers = list(dict.fromkeys(_NUMBER.findall(prompt.user)))
        told = said or self.says
        again = (f"## {told}\n", f"- {told} [99]\n", f"| a | b |\n|---|---|\n| {told} | [99] |\n")[
            len(told) % 3
        ]
        text = f"{told} [{numbers[0] if numbers else 99}]\n\n{again}"  # a third time would be once too often
        for start in range(0, len(text), 7):
            yield text[start : start + 7]

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        return None

    async def close(self) -> None: ...

    def _told(self, prompt: Prompt) -> tuple[str, Filled | None]:
        """What the orders of a prompt come to: what is to be said, and the form that is to be filled."""
        orders = self.orders(prompt)
        said = [what for verb, what in orders if verb == "say"]
        done = [what for verb, what in orders if verb == "do"]
        return (said[0] if said else ""), (_filled(done[0]) if done else None)


def _filled(deed: str) -> Filled:
    """`ACTION | KEY = VALUE | KEY = VALUE, VALUE`: lists have commas or a name that ends in s."""
    action, *pairs = [part.strip() for part in deed.split("|")]
    values: dict[str, Any] = {"thinking": f"I was told to do this: {deed}"}
    if action == "create_answer_draft":
        values |= dict.fromkeys(_FLAGS, False) | {"relevant_knowledge_indices": []}
    for pair in pairs:
        key, _, value = (part.strip() for part in pair.partition("="))
        listed = [one.strip() for one in value.split(",")]
        if key == "relevant_knowledge_indices":
            values[key] = [int(one) for one in listed if one]
        elif key.startswith("is_"):
            values[key] = value == "true"
        else:
            values[key] = listed if key in ("askBookQuestions", "productIds", "options", "missing") else value
    return Filled(action, values)


def _value(key: str, schema: Mapping[str, Any], said: str) -> Any:
    """A value that keeps to a schema and says what was to be said where it can."""
    if schema.get("type") == "boolean":
        return False
    if "enum" in schema:
        return schema["enum"][-1] if schema.get("type") == "integer" else schema["enum"][0]
    match schema["type"]:
        case "string":
            return said
        case "object":
            return {name: _value(name, one, said) for name, one in schema["properties"].items()}
        case "array":
            return list(_items(key, schema, said))
        case _:
            return 0


def _items(key: str, schema: Mapping[str, Any], said: str) -> Iterator[Any]:
    items = schema["items"]
    if "enum" in items:
        yield from items["enum"][: schema["maxItems"]]
    elif key == "kinds":
        return
    elif schema["maxItems"]:
        least = max(1, schema.get("minItems", 1))
        for number in range(least):
            value = _value(key, items, said)
            yield (
                {**value, "heading": f"{value['heading']} {number}"}
                if isinstance(value, dict) and "heading" in value
                else (f"{value} {number}" if number and isinstance(value, str) else value)
            )


class ObedientProvider:
    """The door that a plugin's models come through. Its one model is `OBEDIENT.model`."""

    name = "obedient"
    judges = True
    on_this_machine = False

    def __init__(self) -> None:
        self.model = ObedientModel()

    def otherwise(self, settings: object) -> str:
        return ""

    def priced_as(self, model: str) -> None:
        return None

    def problem(self, settings: object, environment: object, model: str = "") -> None:
        return None

    def usable(self, settings: object, environment: object) -> tuple[str, ...]:
        return ()

    async def open(self, model: str, settings: object, environment: object) -> LanguageModel:
        return self.model


OBEDIENT = ObedientProvider()


def install(folder: Path) -> Path:
    """Metadata of a package that offers the model; the folder is to be put on the path of modules."""
    package = folder / "obedient_model-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: obedient-model\nVersion: 1\n", "utf-8")
    (package / "entry_points.txt").write_text(
        "[wellread.models]\nobedient = support.obedient_model:OBEDIENT\n", "utf-8"
    )
    return folder
