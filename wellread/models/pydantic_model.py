"""A language model behind Pydantic AI: time-outs, retries, limits and errors of one call.

Every call is streamed, also one for a structured reply, so that the limits hold while it runs.
"""

import asyncio
import json
import math
import random
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    ThinkingPartDelta,
    ToolCallPart,
    ToolCallPartDelta,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings

from wellread.computing import away
from wellread.errors import (
    BudgetSpentError,
    ModelRejectedError,
    ModelUnavailableError,
    PromptTooLongError,
    UnusableReplyError,
)
from wellread.events import Usage
from wellread.models.failures import Secrets, failure_of, provider_errors, wait_of
from wellread.models.language_model import Allowance, Filled, Form, Prompt, Tally
from wellread.models.prices import price_of
from wellread.models.replies import as_json, as_tools, filled
from wellread.text.characters import harmless
from wellread.text.words import UNSPACED
from wellread.tracing import record_usage, span

# Else a third of it is blanks.
_ON_ONE_LINE = 'Reply with one JSON object on one line, like {"thinking": "…", …}.'
_FEWEST_TOKENS = 16  # of output that make a call worth while
_NEARLY = 0.9  # of the most tokens that it may have, from which a reply was cut off by our limit
_FIRST_WAIT = 0.5  # seconds before the second try, doubled for each further one
_LONGEST_WAIT = 30.0
_UNSPACED = re.compile(f"[{UNSPACED}]")
_PIECE = re.compile(r"\w{1,5}|[^\w\s]")
_CHARACTERS_A_TOKEN = 8  # at most: a stream that sends more at once is counted by its length


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a call may be silent, and how often it is tried."""

    first_token: float = 60.0  # until the first token, the connection included
    between_tokens: float = 30.0
    tries: int = 3


@dataclass(slots=True)
class PydanticModel:
    """`LanguageModel` over a model of Pydantic AI. `json_replies`: structured replies come as JSON bound to a
    schema, not as a tool call. `priced_as` is the provider's and the model's name in genai-prices; None for a model
    that costs nothing. `failure` knows more of why a connection broke than the transport does."""

    name: str
    model: Model
    context_tokens: int
    timeouts: Timeouts
    priced_as: tuple[str, str] | None
    json_replies: bool = False
    calls_at_once: int = 8
    reads_slowly: bool = False
    small: bool = False
    chooser: Callable[[Prompt, Sequence[str]], Awaitable[tuple[Mapping[str, float] | None, Usage]]] | None = (
        None
    )
    counter: Callable[[str], Awaitable[int]] | None = None
    failure: Callable[[], Awaitable[ModelUnavailableError]] | None = None
    runs: Callable[[], bool] = lambda: True  # whether the process behind it still does
    secrets: Secrets = field(default_factory=Secrets)
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def ended(self) -> bool:
        return not self.runs()

    async def close(self) -> None:
        await self.closing.aclose()

    async def count(self, text: str) -> int:
        return _estimated_tokens(text) if self.counter is None else await self.counter(text)

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        return self.price(Usage(input_tokens=input_tokens, output_tokens=output_tokens))

    @property
    def tells_probabilities(self) -> bool:
        return self.chooser is not None

    async def choose(
        self, prompt: Prompt, words: Sequence[str], allowance: Allowance, tally: Tally
    ) -> Mapping[str, float] | None:
        assert self.chooser is not None  # as `tells_probabilities` says
        if allowance.seconds is not None and allowance.seconds <= 0:
            raise BudgetSpentError("The time of the budget is up.")
        if (allowance.input_tokens or _FEWEST_TOKENS) < _FEWEST_TOKENS:
            raise BudgetSpentError("The input tokens of the budget do not suffice for another call.")
        try:
            async with asyncio.timeout(allowance.seconds), away():
                shares, usage = await self.chooser(prompt, words)
        except TimeoutError:
            raise BudgetSpentError("The time of the budget is up.") from None
        tally.add(usage)
        return shares

    async def fill(self, prompt: Prompt, forms: Sequence[Form], allowance: Allowance, tally: Tally) -> Filled:
        if self.json_replies:
            prompt = Prompt(f"{prompt.system}\n\n{_ON_ONE_LINE}", prompt.user)
        parameters = as_json(forms) if self.json_replies else as_tools(forms)
        call = _Call(self, prompt, parameters, allowance, tally)
        async with away(), aclosing(call.pieces()) as pieces:
            async for _ in pieces:
                pass
        if call.finish == "length":
            raise UnusableReplyError(f"The reply of {self.name} was cut off before its end.")
        return filled(call.response, forms, self.name)

    async def write(self, prompt: Prompt, allowance: Allowance, tally: Tally) -> AsyncGenerator[str, None]:
        call = _Call(self, prompt, ModelRequestParameters(), allowance, tally)
        wrote = False
        async with away(), aclosing(call.pieces()) as pieces:
            async for piece in pieces:
                wrote = wrote or not piece.isspace()
                if piece:
                    yield piece
        if call.finish == "length":
            if call.reached_most:
                raise BudgetSpentError(f"{self.name} reached the most tokens that the answer may have.")
            raise UnusableReplyError(f"{self.name} was cut off before the end of its answer.")
        if not wrote:
            raise UnusableReplyError(f"{self.name} gave an empty answer.")

    def price(self, usage: Usage) -> float | None:
        """US dollars; None when it is not known."""
        return price_of(self.priced_as, usage)


@dataclass(slots=True)
class _Call:
    """One call with its retries."""

    owner: PydanticModel
    prompt: Prompt
    parameters: ModelRequestParameters
    allowance: Allowance
    tally: Tally
    response: ModelResponse = field(default_factory=lambda: ModelResponse(parts=[]))
    finish: str | None = None
    reached_most: bool = False  # whether the reply ended at our own limit of tokens
    began: float = field(default_factory=time.monotonic)

    async def pieces(self) -> AsyncGenerator[str, None]:
        """The text as it comes; "" for what is no text, such as a tool call. Raises what `LanguageModel` says."""
        read = await self._prompt_tokens()
        most = self._most_output(read)
        for attempt in range(1, self.owner.timeouts.tries + 1):
            started = False
            try:
                async with aclosing(self._attempt(read, most)) as pieces:
                    async for piece in pieces:
                        started = True
                        yield piece
            except ModelUnavailableError as error:
                wait = self._wait(error, attempt)
                if started or wait is None:
                    raise
                await asyncio.sleep(wait)
            else:
                return

    def _wait(self, error: ModelUnavailableError, attempt: int) -> float | None:
        """Seconds until the next try; None when there is none."""
        asked = wait_of(error)
        if attempt >= self.owner.timeouts.tries:
            return None
        wait = asked if asked is not None else _FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)
        left = self._seconds_left()
        return wait if wait <= _LONGEST_WAIT and (left is None or wait < left) else None

    async def _prompt_tokens(self) -> int:
        """Raises PromptTooLongError or BudgetSpentError when the prompt cannot be read."""
        offered = "".join(
            f"{tool.description}{json.dumps(tool.parameters_json_schema)}"
            for tool in self.parameters.output_tools
        )
        parts = (self.prompt.system, self.prompt.user, offered)
        read = sum([await self.owner.count(part) for part in parts if part])
        if read + _FEWEST_TOKENS > self.owner.context_tokens:
            raise PromptTooLongError(
                f"The prompt has some {read:,} tokens; {self.owner.name} can read {self.owner.context_tokens:,}."
            )
        if self.allowance.input_tokens is not None and read > self.allowance.input_tokens:
            raise BudgetSpentError("The input tokens of the budget do not suffice for another call.")
        return read

    def _most_output(self, read: int) -> int | None:
        """Tokens that the reply may have, by the context, the allowance and the money. Raises BudgetSpentError."""
        limits = {"tokens that the model can read": self.owner.context_tokens - read}
        if self.allowance.output_tokens is not None:
            limits["tokens of the budget"] = self.allowance.output_tokens
        if self.allowance.cost is not None:
            reading, writing = self.owner.cost(read, 0), self.owner.cost(0, 1_000_000)
            if reading is not None and writing:
                affordable = (self.allowance.cost - reading) / writing * 1_000_000
                limits["dollars of the budget"] = math.floor(affordable)
        least = min(limits, key=limits.__getitem__)
        if limits[least] < _FEWEST_TOKENS:
            raise BudgetSpentError(f"The {least} do not suffice for another call of {self.owner.name}.")
        # One less, since a stream that does not keep to it is cut only behind the token that is too many.
        return limits[least] - 1 if len(limits) > 1 else None

    def _seconds_left(self) -> float | None:
        if self.allowance.seconds is None:
            return None
        return self.began + self.allowance.seconds - time.monotonic()

    async def _attempt(self, read: int, most: int | None) -> AsyncGenerator[str, None]:
        counted = 0
        stream: StreamedResponse | None = None
        with span("model call", self.tally.context, {"gen_ai.request.model": self.owner.name}) as call:
            try:
                async with AsyncExitStack() as stack:
                    opening = self._opening(most)
                    began = time.monotonic()
                    stream = await self._in_time(
                        lambda: stack.enter_async_context(opening), self.owner.timeouts.first_token
                    )
                    events = aiter(stream)
                    first = self.owner.timeouts.first_token - (time.monotonic() - began)
                    while True:
                        limit = self.owner.timeouts.between_tokens if counted else first
                        try:
                            event = await self._in_time(lambda: anext(events), limit)
                        except StopAsyncIteration:
                            break
                        text, size = _said(event)
                        counted += math.ceil(size / _CHARACTERS_A_TOKEN)
                        if text is not None:
                            yield text
                        if most is not None and counted > most:
                            self.finish, self.reached_most = "length", True
                            return
                    self._finish(stream.get(), max(counted, stream.usage.output_tokens), most)
            except provider_errors() as error:
                failure = failure_of(error, self.owner.name, self.owner.secrets)
                if isinstance(failure, ModelUnavailableError) and self.owner.failure is not None:
                    failure = await self.owner.failure()
                raise failure from None
            finally:
                usage = self._usage(stream, read, counted)
                self.tally.add(usage)
                record_usage(call, usage)

    def _opening(self, most: int | None) -> AbstractAsyncContextManager[StreamedResponse]:
        system, user = SystemPromptPart(self.prompt.system), UserPromptPart(self.prompt.user)
        return model_request_stream(
            self.owner.model,
            [ModelRequest(parts=[system, user])],
            model_settings=self._settings(most),
            model_request_parameters=self.parameters,
            instrument=False,  # it would hold a span open across the pieces; see `tracing`
        )

    def _finish(self, response: ModelResponse, wrote: int, most: int | None) -> None:
        """Keep the whole reply. Raises ModelUnavailableError or ModelRejectedError for one that is none."""
        self.response = response
        self.finish = response.finish_reason
        self.reached_most = most is not None and wrote >= _NEARLY * most
        if response.state == "incomplete" or self.finish is None:
            raise ModelUnavailableError(
                f"{self.owner.name} broke off in the middle of its reply.", hint="Ask again."
            )
        if self.finish in ("content_filter", "error"):
            raise ModelRejectedError(f"{self.owner.name} refused to answer ({self.finish}).")

    async def _in_time(self, work: Callable[[], Awaitable[Any]], silent: float) -> Any:
        """What `work` gives. Raises BudgetSpentError when the allowance ends first, ModelUnavailableError when the
        model is silent for too long."""
        left = self._seconds_left()
        if left is not None and left <= 0:
            raise BudgetSpentError("The time of the budget is up.")
        try:
            async with asyncio.timeout(max(0.0, min(silent, math.inf if left is None else left))) as limit:
                return await work()
        except TimeoutError:
            if not limit.expired():
                raise
            if left is not None and left <= silent:
                raise BudgetSpentError("The time of the budget is up.") from None
            raise ModelUnavailableError(
                f"{self.owner.name} said nothing for {silent:.0f} seconds.",
                hint="Try again, or raise model_first_token_seconds or model_silent_seconds.",
            ) from None

    def _settings(self, most: int | None) -> ModelSettings:
        settings = ModelSettings()
        if self.owner.reads_slowly:  # many hosted models take no temperature any more
            settings["temperature"] = 0.0
        if most is not None:
            settings["max_tokens"] = most
        if "max_retries" not in self.owner.model.unsupported_settings:
            settings["max_retries"] = 0  # retries are ours
        return settings

    def _usage(self, stream: StreamedResponse | None, read: int, counted: int) -> Usage:
        """As the provider counted; estimated for a call that broke off. A call that got no reply has read nothing."""
        told = stream.usage if stream is not None else None
        usage = Usage(
            model_calls=1,
            input_tokens=(told.input_tokens if told else 0) or (read if counted else 0),
            cached_tokens=told.cache_read_tokens if told else 0,
            output_tokens=max(told.output_tokens if told else 0, 0) or counted,
        )
        cost = self.owner.price(usage)
        return usage.model_copy(update={"cost": cost or 0.0, "unpriced_calls": int(cost is None)})


def _said(event: Any) -> tuple[str | None, int]:
    """What an event of the stream adds to the text ("" for other output, None for none), and how much it is, in code
    points: 1 at least for any output."""
    match event:
        case (
            PartStartEvent(part=TextPart(content=text))
            | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
        ):
            return harmless(text), max(1, len(text))
        case PartStartEvent(part=ToolCallPart() as call):
            return "", max(1, len(call.args_as_json_str()))
        case PartDeltaEvent(delta=ToolCallPartDelta(args_delta=str(delta))):
            return "", max(1, len(delta))
        case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=str(delta))):
            return "", max(1, len(delta))
        case PartStartEvent() | PartDeltaEvent():
            return "", 1
        case _:
            return None, 0


def _estimated_tokens(text: str) -> int:
    """An estimate that is seldom too low: a token for each mark, for every five letters of a word, and for each
    character of a script that does not separate words."""
    unspaced = len(_UNSPACED.findall(text))
    return unspaced + len(_PIECE.findall(_UNSPACED.sub(" ", text) if unspaced else text))
