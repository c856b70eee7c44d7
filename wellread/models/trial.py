"""Trying a model: a structured reply and a streamed text, with what they took."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from wellread.errors import BudgetSpentError, ModelError
from wellread.models.language_model import Allowance, Form, LanguageModel, Prompt, Tally, object_schema
from wellread.wire.server import Trial

_SECONDS = 180.0
_TOKENS = 120
_FORMS = [
    Form(
        name,
        f"The sky is {name}.",
        object_schema(
            thinking={"type": "string", "minLength": 1, "maxLength": 120}, certain={"type": "boolean"}
        ),
    )
    for name in ("blue", "green")
]


async def trials(model: LanguageModel) -> AsyncGenerator[Trial, None]:
    yield await _structured(model)
    yield await _streamed(model)


async def _structured(model: LanguageModel) -> Trial:
    tally = Tally()
    began = time.monotonic()
    draft = Prompt("Choose what is true.", "What colour has the sky on a clear day?")
    try:
        filled = await model.fill(draft, _FORMS, Allowance(seconds=_SECONDS, output_tokens=_TOKENS), tally)
    except ModelError as error:
        return _failed("structured reply", error, time.monotonic() - began, tally)
    return Trial(
        name="structured reply",
        worked=True,
        said=f"{filled.form}: {filled.values.get('thinking', '')}",
        seconds=round(time.monotonic() - began, 2),
        usage=tally.usage,
    )


async def _streamed(model: LanguageModel) -> Trial:
    tally = Tally()
    began = time.monotonic()
    first: float | None = None
    text = ""
    draft = Prompt("You are a well-read mentor.", "In some sixty words: why read books?")
    try:
        writing = model.write(draft, Allowance(seconds=_SECONDS, output_tokens=_TOKENS), tally)
        async with aclosing(writing) as pieces:
            async for piece in pieces:
                first = first or time.monotonic() - began
                text += piece
    except BudgetSpentError as error:
        if not text:
            return _failed("streaming", error, time.monotonic() - began, tally)
    except ModelError as error:
        return _failed("streaming", error, time.monotonic() - began, tally)
    seconds = time.monotonic() - began
    writing_seconds = seconds - (first or 0.0)
    speed = (tally.usage.output_tokens - 1) / writing_seconds if writing_seconds > 0 else None
    return Trial(
        name="streaming",
        worked=True,
        said=" ".join(text.split()),
        seconds=round(seconds, 2),
        first_seconds=round(first or seconds, 2),
        tokens_per_second=None if speed is None else round(speed, 1),
        usage=tally.usage,
    )


def _failed(name: str, error: ModelError, seconds: float, tally: Tally) -> Trial:
    return Trial(
        name=name,
        worked=False,
        said=error.message,
        hint=error.hint,
        seconds=round(seconds, 2),
        usage=tally.usage,
    )
