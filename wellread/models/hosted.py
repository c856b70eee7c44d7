"""The providers that are reached over HTTP, as a table. Their SDKs are imported when a model is opened.

Each is an entry point of `wellread.models`; a plugin adds another by implementing `ModelProvider`.
"""

# ruff: noqa: ARG002 - a provider need not look at all that it is given

import importlib
import importlib.util
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from wellread.errors import BadRequestError, NotFoundError, UnavailableError, WellreadError
from wellread.models.language_model import LanguageModel
from wellread.settings import Settings

_OLLAMA = "http://127.0.0.1:11434"
_OLLAMA_SECONDS = 0.5  # to tell whether one runs here
# A profile of Pydantic AI: a stream that ends without a reason is broken.
WHOLE_STREAMS = {"openai_chat_streaming_requires_finish_reason": True}
SMALL_BILLIONS = 5.0  # parameters below which a model is small
_CONTEXT_TOKENS = 32_768  # of a model whose context nobody knows


@dataclass(frozen=True, slots=True)
class HostedProvider:
    """A provider with a key, by its name in Pydantic AI, whose class for its models is `model_class`. `keys` are the
    environment variables that may hold the key, the first that is set counts; `offers` is the model that is chosen
    when only the key is known."""

    name: str
    model_class: str
    offers: str
    sdk: str = ""  # the module that the extra `name` installs, if it is called otherwise
    keys: tuple[str, ...] = ()  # NAME_API_KEY without any
    takes_key: bool = True  # or finds its credentials in the environment by itself
    prices: str = ""  # the provider's name in genai-prices, if it is another
    judges: bool = True
    on_this_machine: bool = False

    @property
    def key_variables(self) -> tuple[str, ...]:
        """None for a provider that finds its credentials by itself."""
        own = f"WELLREAD_{self.name.upper().replace('-', '_')}_API_KEY"
        return (own, *self._keys()) if self.takes_key else ()

    @property
    def family(self) -> str:
        """ "openai" of "openai-responses": what its modules, settings and keys are called by."""
        return self.name.partition("-")[0]

    def otherwise(self, settings: Settings) -> str:
        address = self._base_url(settings)
        return f"what {address.rpartition('@')[2]} serves" if address else ""

    def priced_as(self, model: str) -> tuple[str, str]:
        return self.prices or self.family, model

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        """Why no model of this provider can be used, or None."""
        if importlib.util.find_spec(self.sdk or self.family) is None:
            return UnavailableError(
                f"{self.name}/… needs a package that is not installed.",
                hint=f'Install it: pip install "wellread[{self.name}]"',
            )
        if not self._key(environment) and not self._base_url(settings):
            return BadRequestError(
                f"There is no key for {self.name}.",
                hint=f"Set {self._keys()[0]} in the environment, or give the key to `wellread setup`.",
            )
        return None

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Models that can be used without naming one: what `offers` says, once there is a key."""
        return () if self.problem(settings, environment) or not self._key(environment) else (self.offers,)

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel:
        key = self._key(environment)
        provider = self._connection(key, self._base_url(settings))
        return await opened(
            f"{self.name}/{model}",
            of_pydantic_ai(f"models.{self.family}", self.model_class)(
                model, provider=provider, profile=WHOLE_STREAMS
            ),
            settings,
            priced_as=self.priced_as(model),
            secrets=(key,) if key else (),
        )

    def _connection(self, key: str, base_url: str) -> Any:
        """A provider of Pydantic AI."""
        arguments: dict[str, Any] = {"api_key": key} if key and self.takes_key else {}
        if base_url:
            arguments["base_url"] = base_url
            if self.takes_key:
                arguments.setdefault("api_key", "none")
        return of_pydantic_ai("providers", "infer_provider_class")(self.name)(**arguments)

    def _keys(self) -> tuple[str, ...]:
        return self.keys or (f"{self.family.upper()}_API_KEY",)

    def _key(self, environment: Mapping[str, str]) -> str:
        names = self.key_variables or self._keys()
        return next((environment[name] for name in names if environment.get(name)), "")

    def _base_url(self, settings: Settings) -> str:
        """The setting that redirects it, where there is one."""
        return str(getattr(settings, f"{self.family}_base_url", ""))


@dataclass(frozen=True, slots=True)
class OpenAIProvider(HostedProvider):
    """OpenAI, and whatever speaks its language at `openai_base_url`: there the older chat wire is used, which all
    speak, and no key is needed."""

    def _connection(self, key: str, base_url: str) -> Any:
        if not base_url:
            return HostedProvider._connection(self, key, base_url)
        compatible = of_pydantic_ai("providers.openai_compatible", "OpenAICompatibleProvider")
        return compatible(self.name, base_url=base_url, api_key=key or None)


@dataclass(frozen=True, slots=True)
class OllamaProvider:
    """Models that a running Ollama serves."""

    name: str = "ollama"
    judges: bool = True
    on_this_machine: bool = True
    key_variables: tuple[str, ...] = ()

    def otherwise(self, settings: Settings) -> str:
        return f"none yet at {self._address(settings).rpartition('@')[2]}: `ollama pull` gets one"

    def priced_as(self, model: str) -> None:
        return None

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        there = self._models(settings)
        if there is not None and model and model not in there and f"{model}:latest" not in there:
            return NotFoundError(
                f"Ollama has no model {model}.",
                hint=f"Get it: ollama pull {model}. It has {', '.join(there) or 'none'}.",
            )
        if there is None:
            return UnavailableError(
                f"No Ollama answers at {self._address(settings).rpartition('@')[2]}.",
                hint="Start it (`ollama serve`), or set ollama_base_url.",
            )
        return None

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        return self._models(settings) or ()

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel:
        provider = of_pydantic_ai("providers.ollama", "OllamaProvider")(
            base_url=f"{self._address(settings)}/v1", api_key=environment.get("OLLAMA_API_KEY")
        )
        return await opened(
            f"ollama/{model}",
            of_pydantic_ai("models.ollama", "OllamaModel")(model, provider=provider, profile=WHOLE_STREAMS),
            settings,
            secrets=tuple(filter(None, (environment.get("OLLAMA_API_KEY"),))),
            json_replies=True,
            context_tokens=settings.ollama_context_tokens,
            calls_at_once=2,
            reads_slowly=True,
            small=0 < self._billions(model, settings) < SMALL_BILLIONS,
            first_token=settings.local_first_token_seconds,
        )

    def _address(self, settings: Settings) -> str:
        return (settings.ollama_base_url or _OLLAMA).rstrip("/").removesuffix("/v1")

    def _models(self, settings: Settings) -> tuple[str, ...] | None:
        """The names of its models, the newest first; None when it does not answer."""
        listed = self._listed(settings)
        return None if listed is None else tuple(name for name in listed if "embed" not in name)

    def _billions(self, model: str, settings: Settings) -> float:
        """The model's parameters in billions; 0 when they are not known."""
        listed = self._listed(settings) or {}
        size = listed.get(model, listed.get(f"{model}:latest", ""))
        number, unit = size[:-1], size[-1:].upper()
        if not number.replace(".", "", 1).isdigit():
            return 0.0
        return float(number) / (1 if unit == "B" else 1_000)

    def _listed(self, settings: Settings) -> dict[str, str] | None:
        """Name and size ("7.6B", "494M") of each model, the newest first; None when it does not answer."""
        request = urllib.request.Request(f"{self._address(settings)}/api/tags")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=_OLLAMA_SECONDS) as response:
                listed = json.load(response)["models"]
        except (OSError, ValueError, KeyError):
            return None
        return {str(row["name"]): str((row.get("details") or {}).get("parameter_size", "")) for row in listed}


async def opened(
    name: str,
    model: Any,
    settings: Settings,
    *,
    priced_as: tuple[str, str] | None = None,
    secrets: tuple[str, ...] = (),
    json_replies: bool = False,
    context_tokens: int | None = None,
    calls_at_once: int = 8,
    reads_slowly: bool = False,
    small: bool = False,
    first_token: float | None = None,
    closing: AsyncExitStack | None = None,
    counter: Any = None,
    chooser: Any = None,
    failure: Any = None,
    runs: Any = None,
) -> LanguageModel:
    """A model of Pydantic AI as a LanguageModel, its connections open until it is closed."""
    ours = importlib.import_module("wellread.models.pydantic_model")
    failures = importlib.import_module("wellread.models.failures")
    closing = closing or AsyncExitStack()
    try:
        await closing.enter_async_context(model)
    except BaseException:
        await closing.aclose()
        raise
    made: LanguageModel = ours.PydanticModel(
        name=name,
        model=model,
        context_tokens=context_tokens or model.context_window or _CONTEXT_TOKENS,
        timeouts=ours.Timeouts(
            first_token=first_token or settings.model_first_token_seconds,
            between_tokens=settings.model_silent_seconds,
            tries=settings.model_tries,
        ),
        priced_as=priced_as,
        json_replies=json_replies,
        calls_at_once=calls_at_once,
        reads_slowly=reads_slowly,
        small=small,
        secrets=failures.Secrets(secrets),
        closing=closing,
        counter=counter,
        chooser=chooser,
        failure=failure,
        runs=runs or (lambda: True),
    )
    return made


def of_pydantic_ai(module: str, name: str) -> Any:
    """A class or a function of Pydantic AI, imported now."""
    return getattr(importlib.import_module(f"pydantic_ai.{module}"), name)


OPENAI = OpenAIProvider("openai", "OpenAIChatModel", "gpt-4.1")
OPENAI_RESPONSES = OpenAIProvider("openai-responses", "OpenAIResponsesModel", "gpt-4.1")
ANTHROPIC = HostedProvider("anthropic", "AnthropicModel", "claude-sonnet-5-5")
GOOGLE = HostedProvider(
    "google",
    "GoogleModel",
    "gemini-3.8-flash",
    sdk="google.genai",
    keys=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
)
GROQ = HostedProvider("groq", "GroqModel", "openai/gpt-oss-120b")
MISTRAL = HostedProvider("mistral", "MistralModel", "mistral-medium-latest", sdk="mistralai")
OPENROUTER = HostedProvider("openrouter", "OpenRouterModel", "openai/gpt-4.1", sdk="openai")
BEDROCK = HostedProvider(
    "bedrock",
    "BedrockConverseModel",
    "anthropic.claude-sonnet-4-6",
    sdk="boto3",
    keys=("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"),
    takes_key=False,
    prices="aws",
)
OLLAMA = OllamaProvider()
