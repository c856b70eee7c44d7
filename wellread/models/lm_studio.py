"""Models that a running LM Studio serves: `lmstudio/MODEL`. It speaks as OpenAI does, at a port of its own:
https://lmstudio.ai/docs/developer/openai-compat."""

# ruff: noqa: ARG002 - a provider need not look at all that it is given

import importlib
import json
import re
import urllib.request
from collections.abc import Mapping
from contextlib import AsyncExitStack

from wellread.errors import NotFoundError, UnavailableError, WellreadError
from wellread.models.hosted import SMALL_BILLIONS, WHOLE_STREAMS, of_pydantic_ai, opened
from wellread.models.language_model import LanguageModel
from wellread.settings import Settings

_ADDRESS = "http://127.0.0.1:1234"
_SECONDS = 0.5  # to tell whether one runs here
_BILLIONS = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE
)  # as in qwen2.5-1.5b-instruct
_NO_WRITERS = ("embed", "rerank")


class LmStudioProvider:
    """An entry point of `wellread.models`."""

    name = "lmstudio"
    on_this_machine = True
    judges = True
    key_variables = ()

    def otherwise(self, settings: Settings) -> str:
        return f"none yet at {_shown(settings)}: download one in LM Studio"

    def priced_as(self, model: str) -> None:
        return None

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        there = _models(settings)
        if there is None:
            return UnavailableError(
                f"No LM Studio answers at {_shown(settings)}.",
                hint="Start its server (Developer, or `lms server start`), or set lmstudio_base_url.",
            )
        if model and model not in there:
            return NotFoundError(
                f"LM Studio has no model {model}.", hint=f"It has {', '.join(there) or 'none'}."
            )
        return None

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        return _models(settings) or ()

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel:
        closing = AsyncExitStack()
        httpx = importlib.import_module("httpx2")
        direct = httpx.AsyncClient(trust_env=False, timeout=None)  # no proxy for this machine
        await closing.enter_async_context(direct)
        compatible = of_pydantic_ai("providers.openai_compatible", "OpenAICompatibleProvider")
        provider = compatible("lmstudio", base_url=f"{_address(settings)}/v1", http_client=direct)
        billions = _BILLIONS.search(model)
        return await opened(
            f"lmstudio/{model}",
            of_pydantic_ai("models.openai", "OpenAIChatModel")(
                model, provider=provider, profile=WHOLE_STREAMS
            ),
            settings,
            json_replies=True,
            context_tokens=settings.lmstudio_context_tokens,
            calls_at_once=1,
            reads_slowly=True,
            small=billions is not None and float(billions[1]) < SMALL_BILLIONS,
            first_token=settings.local_first_token_seconds,
            closing=closing,
        )


def _address(settings: Settings) -> str:
    return (settings.lmstudio_base_url or _ADDRESS).rstrip("/").removesuffix("/v1")


def _shown(settings: Settings) -> str:
    return _address(settings).rpartition("@")[2]


def _models(settings: Settings) -> tuple[str, ...] | None:
    """The names of the models that write; None when it does not answer."""
    request = urllib.request.Request(f"{_address(settings)}/v1/models")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=_SECONDS) as response:
            names = [str(row["id"]) for row in json.load(response)["data"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return tuple(name for name in names if not any(word in name.lower() for word in _NO_WRITERS))


LM_STUDIO = LmStudioProvider()
