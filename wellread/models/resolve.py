"""From a name to a model: `provider/model`, and the automatic choice when none is named."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol

from wellread.errors import BadRequestError, ModelError, ModelRejectedError, WellreadError
from wellread.models.language_model import LanguageModel
from wellread.settings import Settings

EXTRACTIVE = "extractive"  # no model: the sources' own sentences
AUTOMATIC = "auto"
_IN_ORDER = ("openai", "anthropic", "google", "groq", "mistral", "openrouter", "ollama", "local")


class ModelProvider(Protocol):
    """Models of one kind; an entry point of `wellread.models`. Its module is imported to list it, so it imports no
    SDK before `open`."""

    name: str

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        """Why none of its models can be used here, or not this one, as far as can be told without opening it."""
        ...

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Names of models that can be used at once, the best choice first."""
        ...

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's name, and why it is the one, for the reader."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of `wellread models`: what can be used, or a provider with its problem."""

    name: str
    usable: bool
    note: str = ""
    hint: str = ""


class Models:
    """The models of one installation, each opened once, when it is first needed."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._environment = environment
        self._providers: dict[str, ModelProvider] | None = None
        self._automatic: Choice | None = None
        self._opened: dict[str, LanguageModel] = {}
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        for model in self._opened.values():
            await model.close()
        self._opened.clear()

    @property
    def providers(self) -> dict[str, ModelProvider]:
        if self._providers is None:
            points = entry_points(group="wellread.models")
            self._providers = {point.name: point.load() for point in points}
        return self._providers

    def automatic(self) -> Choice:
        """The model that is used when none is named: the configured one, else by a key in the environment, else of a
        running Ollama, else a local file, else none. May ask Ollama's port, so not for the event loop."""
        if self._settings.model != AUTOMATIC:
            return Choice(self._settings.model, "it is set as `model`")
        if self._automatic is None:
            self._automatic = next(self._found(), Choice(EXTRACTIVE, "no language model is set up"))
        return self._automatic

    def _found(self) -> Iterator[Choice]:
        why = {"ollama": "an Ollama runs here", "local": "its file is on this machine"}
        for name in _IN_ORDER:
            if name not in self.providers:
                continue
            provider = self.providers[name]
            for model in provider.usable(self._settings, self._environment)[:1]:
                yield Choice(f"{name}/{model}", why.get(name, f"there is a key for {name}"))

    def check(self, name: str) -> str:
        """The name as it is meant, if its model can be opened as far as can be told without doing it.

        Raises BadRequestError for a name without a known provider or a missing key, UnavailableError for a package
        that is not installed, NotFoundError for a missing file.
        """
        if name == EXTRACTIVE:
            return name
        provider, model = self._split(name)
        problem = provider.problem(self._settings, self._environment, model)
        if problem is not None:
            raise problem
        return f"{provider.name}/{model}"

    async def open(self, name: str) -> LanguageModel:
        """The model of that name, open until `close`. Raises ModelError when it cannot be opened."""
        async with self._opening:
            if name not in self._opened:
                provider, model = self._split(name)
                try:
                    self._opened[name] = await provider.open(model, self._settings, self._environment)
                except ModelError:
                    raise
                except WellreadError as error:  # no file, no memory, no package: the run goes on without it
                    raise ModelRejectedError(error.message, hint=error.hint) from error
            return self._opened[name]

    def listing(self) -> list[Listed]:
        """What can be used, and of each other provider what is wrong."""
        rows: list[Listed] = []
        for name in sorted(self.providers, key=lambda n: (_IN_ORDER.index(n) if n in _IN_ORDER else 99, n)):
            provider = self.providers[name]
            problem = provider.problem(self._settings, self._environment)
            if problem is not None:
                rows.append(Listed(f"{name}/…", False, problem.message, problem.hint))
                continue
            models = provider.usable(self._settings, self._environment)
            rows += [Listed(f"{name}/{model}", True) for model in models] or [Listed(f"{name}/…", True)]
        rows.append(Listed(EXTRACTIVE, True, "the sources' own sentences, without a language model"))
        return rows

    def _split(self, name: str) -> tuple[ModelProvider, str]:
        if name.endswith(".gguf") and not name.startswith("local/"):
            name = f"local/{name}"
        provider, slash, model = name.partition("/")
        if not slash or not model or provider not in self.providers:
            wrong = f"there is no provider {provider!r}" if slash else "it has no provider"
            likely = "" if slash else f" Perhaps {self._likely(name)}?"
            raise BadRequestError(
                f"{name!r} names no model: {wrong}.",
                hint=f"Say provider/model with one of {', '.join(sorted(self.providers))}; or {EXTRACTIVE}.{likely}",
            )
        return self.providers[provider], model

    def _likely(self, name: str) -> str:
        for start, provider in (
            ("gpt", "openai"),
            ("o", "openai"),
            ("claude", "anthropic"),
            ("gemini", "google"),
        ):
            if name.startswith(start):
                return f"{provider}/{name}"
        return f"ollama/{name}"
