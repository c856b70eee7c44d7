"""What the agent knows of a language model: a prompt goes in, a filled form or a stream of text comes out.

Everything about providers, wires and retries is behind `LanguageModel`; nothing here imports one.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from opentelemetry.context import Context

from wellread.events import Usage


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads. Both parts begin the same from call to call where they can, and grow at their end, so
    that a provider's cache, or llama.cpp's, serves what was read before."""

    system: str
    user: str


@dataclass(frozen=True, slots=True)
class Form:
    """One shape that a structured reply may have: a tool to the providers that call tools, else one of the
    objects that the reply's JSON schema allows. `schema` is the JSON schema of an object, its properties in the
    order in which they are to be written."""

    name: str
    description: str
    schema: Mapping[str, Any]


def object_schema(**fields: object) -> dict[str, Any]:
    """The JSON schema of an object that has all of these fields and no others, in this order."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Filled:
    """A structured reply: which form, and its values as the model gave them, not yet validated."""

    form: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one call may spend. None: no limit but the model's own."""

    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None  # US dollars

    def replying(self, most: int) -> "Allowance":
        """The same for a call whose reply has `most` tokens at most."""
        tokens = most if self.output_tokens is None else min(self.output_tokens, most)
        return replace(self, output_tokens=tokens)

    def shared(self, calls: int) -> "Allowance":
        """What each of so many calls at once may spend. They have the same time."""
        return Allowance(
            seconds=self.seconds,
            input_tokens=None if self.input_tokens is None else self.input_tokens // calls,
            output_tokens=None if self.output_tokens is None else self.output_tokens // calls,
            cost=None if self.cost is None else self.cost / calls,
        )


@dataclass(slots=True)
class Tally:
    """What calls have spent so far; every call adds to it, also one that failed. `context` is the span within which
    they are made."""

    usage: Usage = field(default_factory=Usage)
    context: Context | None = None

    def add(self, usage: Usage) -> None:
        self.usage = self.usage + usage


class LanguageModel(Protocol):
    """One model of one provider, ready to be called.

    `fill` and `write` raise, of the family ModelError: ModelUnavailableError (try later: no connection, a time-out,
    too many requests, the provider's own failure), ModelRejectedError (the request, the key or the model's name is
    refused), PromptTooLongError, UnusableReplyError (malformed, empty, or none of the forms); and BudgetSpentError
    when the allowance ends inside the call. What was streamed before an error was given out and stays valid.
    Retries happen inside, before the first token only.
    """

    name: str  # "provider/model"
    context_tokens: int  # that the prompt and the reply may have together
    calls_at_once: int
    reads_slowly: bool  # on this machine: every token of a prompt costs noticeable time
    tells_probabilities: bool  # whether `choose` can be asked
    small: bool  # of few parameters: it keeps to a form and to notes, and is trusted with nothing else

    @property
    def ended(self) -> bool:
        """Whether it is no more, and would have to be opened anew."""
        ...

    async def count(self, text: str) -> int:
        """Tokens of `text`, by the model's tokenizer where it can be asked, else an estimate that is not too low."""
        ...

    async def fill(
        self, prompt: Prompt, forms: Sequence[Form], allowance: Allowance, tally: Tally
    ) -> Filled: ...

    async def choose(
        self, prompt: Prompt, words: Sequence[str], allowance: Allowance, tally: Tally
    ) -> Mapping[str, float] | None:
        """How probable each of the words is as the first of the reply, 0 to 1, together 1; None when it begins with
        none of them. Raises as `fill` does. Only where `tells_probabilities`."""
        ...

    def write(self, prompt: Prompt, allowance: Allowance, tally: Tally) -> AsyncGenerator[str, None]: ...

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """US dollars of a call of that size; None when no price is known."""
        ...

    async def close(self) -> None: ...
