"""GGUF files on this machine: `local/FILE`, run by llama.cpp in a process of its own."""

# ruff: noqa: ARG002 - a provider need not look at all that it is given

import importlib
import importlib.util
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from wellread.errors import UnavailableError, WellreadError
from wellread.models import gguf
from wellread.models.hosted import WHOLE_STREAMS, of_pydantic_ai, opened
from wellread.models.language_model import LanguageModel
from wellread.settings import Settings

_SMALL_BYTES = 3_000_000_000  # some five billion parameters, at the usual four and a half bits each


class LocalProvider:
    """An entry point of `wellread.models`."""

    name = "local"
    judges = True
    on_this_machine = True
    key_variables = ()

    def otherwise(self, settings: Settings) -> str:
        return "a GGUF file by its path; `wellread models pull OWNER/REPO` gets one"

    def priced_as(self, model: str) -> None:
        return None

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        if importlib.util.find_spec("xllamacpp") is None:
            return UnavailableError(
                "local/… needs a package that is not installed.",
                hint='Install it: pip install "wellread[local]"',
            )
        try:
            if model:
                path = gguf.locate(model, settings.home, environment)
                gguf.check(path)
                gguf.check_memory(path, settings.local_context_tokens)
        except WellreadError as error:
            return error
        return None

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        if self.problem(settings, environment):
            return ()
        return tuple(path.stem for path in gguf.find(settings.home, environment))

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel:
        path: Path = gguf.locate(model, settings.home, environment)
        llama = importlib.import_module("wellread.models.llama")
        server = await llama.LlamaServer.start(
            path, context_tokens=settings.local_context_tokens, threads=settings.local_threads
        )
        closing = AsyncExitStack()
        closing.push_async_callback(server.close)
        compatible = of_pydantic_ai("providers.openai_compatible", "OpenAICompatibleProvider")
        chat = of_pydantic_ai("models.openai", "OpenAIChatModel")
        # no proxy for this machine, and no kept connection to a dead child
        httpx = importlib.import_module("httpx2")
        limits = httpx.Limits(max_keepalive_connections=0)
        direct = httpx.AsyncClient(trust_env=False, timeout=None, limits=limits)
        await closing.enter_async_context(direct)
        provider = compatible("local", base_url=server.address, api_key=server.api_key, http_client=direct)
        return await opened(
            f"local/{model}",
            chat(path.stem, provider=provider, profile=WHOLE_STREAMS),
            settings,
            secrets=(server.api_key,),
            json_replies=True,
            context_tokens=server.context_tokens,
            calls_at_once=1,
            reads_slowly=True,
            small=path.stat().st_size < _SMALL_BYTES,
            first_token=settings.local_first_token_seconds,
            closing=closing,
            counter=server.count,
            chooser=server.choose,
            failure=server.failure,
            runs=lambda: server.running,
        )


LOCAL = LocalProvider()
