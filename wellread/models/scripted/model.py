"""A model that follows a script, in process: what a provider's adapter would give, without a wire."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import (
    FinishReason,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from wellread.models.scripted.errors import refused, strike, strike_in_stream
from wellread.models.scripted.script import Script, ScriptedRequest
from wellread.models.scripted.turn import Refusal, ScriptedTurn, turn_for

_SYSTEM = "scripted"
_PROFILE = ModelProfile(supports_json_schema_output=True, supports_json_object_output=True)


class ScriptedModel(Model[None]):
    """A script as a model. Raises what Pydantic AI's adapters raise for the same fault on a wire."""

    def __init__(self, script: Script, name: str = "script", settings: ModelSettings | None = None) -> None:
        super().__init__(settings=settings, profile=_PROFILE)
        self.script = script
        self._name = name

    @property
    def model_name(self) -> str:
        return self._name

    @property
    def system(self) -> str:
        return _SYSTEM

    @property
    def context_window(self) -> int:
        return self.script.context_tokens

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        turn, number, _ = await self._turn(messages, model_settings, model_request_parameters, streamed=False)
        async with aclosing(turn.stream()) as stream:
            tokens = [token async for token in stream]
        text = "".join(tokens)
        parts: list[TextPart | ToolCallPart] = []
        if turn.tool is not None:
            parts = [ToolCallPart(turn.tool, text, tool_call_id=f"call_{number}")]
        elif text:
            parts = [TextPart(text)]
        return ModelResponse(
            parts=parts,
            usage=RequestUsage(input_tokens=turn.input_tokens, output_tokens=len(tokens)),
            model_name=self._name,
            provider_name=_SYSTEM,
            finish_reason=_finish(turn),
        )

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,  # noqa: ARG002 - the interface has it
    ) -> AsyncGenerator[StreamedResponse]:
        turn, number, parameters = await self._turn(
            messages, model_settings, model_request_parameters, streamed=True
        )
        yield ScriptedStream(parameters, turn, self._name, number)

    async def _turn(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
        *,
        streamed: bool,
    ) -> tuple[ScriptedTurn, int, ModelRequestParameters]:
        """The turn for a request, its number, and its parameters as they were resolved."""
        settings, parameters = self.prepare_request(settings, parameters)
        turn = turn_for(self.script, _request(messages, settings, parameters))
        if isinstance(turn, Refusal):
            raise refused(self._name, turn)
        if turn.fault is not None:
            strike(self._name, turn.fault, streamed=streamed)
            if turn.fault.kind == "stall" or (turn.fault.kind == "stall_headers" and not streamed):
                await turn.silence()
        return turn, len(self.script.requests), parameters


@dataclass
class ScriptedStream(StreamedResponse):
    """A turn as it is streamed."""

    turn: ScriptedTurn
    name: str
    number: int
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        self._usage = RequestUsage(input_tokens=self.turn.input_tokens)
        fault = self.turn.fault
        if fault is not None and fault.kind == "stall_headers":
            await self.turn.silence()
        if self.turn.tool is not None:
            for event in self._delta("", self.turn.tool):
                yield event
        async with aclosing(self.turn.stream()) as tokens:
            async for token in tokens:
                self._usage.output_tokens += 1
                for event in self._delta(token):
                    yield event
        if fault is not None:
            strike_in_stream(self.name, fault)
        if fault is None or fault.kind != "cut":
            self.finish_reason = _finish(self.turn)

    def _delta(self, token: str, tool: str | None = None) -> Iterator[ModelResponseStreamEvent]:
        if self.turn.tool is None:
            return self._parts_manager.handle_text_delta(vendor_part_id=0, content=token)
        return self._parts_manager.handle_tool_call_delta_events(
            vendor_part_id=0, tool_name=tool, args=token, tool_call_id=f"call_{self.number}"
        )

    async def close_stream(self) -> None:
        """There is no connection to close."""

    @property
    def model_name(self) -> str:
        return self.name

    @property
    def provider_name(self) -> str:
        return _SYSTEM

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self.begun


def _finish(turn: ScriptedTurn) -> FinishReason:
    return "tool_call" if turn.tool is not None and turn.finish == "stop" else turn.finish


def _request(
    messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
) -> ScriptedRequest:
    tools = {
        tool.name: tool.parameters_json_schema
        for tool in [*parameters.function_tools, *parameters.output_tools]
    }
    form = parameters.output_object
    formats = {form.name or "json": form.json_schema} if form is not None else {}
    return ScriptedRequest.asking(
        "\n\n".join(_said(messages, parameters)), tools, formats, (settings or {}).get("max_tokens")
    )


def _said(messages: list[ModelMessage], parameters: ModelRequestParameters) -> Iterator[str]:
    """The texts that a model reads: the instructions, then what was said in turn."""
    if parameters.instruction_parts:
        yield from (part.content for part in parameters.instruction_parts)
    else:
        instructions = [m.instructions for m in messages if isinstance(m, ModelRequest) and m.instructions]
        yield from instructions[-1:]
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart) and not isinstance(part.content, str):
                yield from (text for text in part.content if isinstance(text, str))
            elif isinstance(part, ToolReturnPart):
                yield part.model_response_str()
            elif isinstance(content := getattr(part, "content", None), str):
                yield content
