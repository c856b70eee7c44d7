"""From a name to a model: `provider/model`, and the automatic choice when none is named."""

import asyncio
import importlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from wellread import kept_keys
from wellread.computing import away
from wellread.errors import BadRequestError, ModelError, ModelRejectedError, NotFoundError, WellreadError
from wellread.events import Roles, Usage
from wellread.models.language_model import LanguageModel
from wellread.run_values import WORDS
from wellread.settings import Settings

EXTRACTIVE = "extractive"  # no model: the sources' own sentences
CLASSIFIER = "onnx:"  # before the folder of a classifier that judges
AUTOMATIC = "auto"
_PLAIN_NAME = re.compile(r"\w[\w-]*")
_IN_ORDER = ("openai", "anthropic", "google", "groq", "mistral", "openrouter", "ollama", "lmstudio", "local")
_FILES = ("local", "scripted")  # whose models are named by a path


def classifier_folder(name: str, home: Path) -> Path:
    """The folder that `onnx:FOLDER` names: a path, or a name below the library's `models`."""
    folder = Path(name.removeprefix(CLASSIFIER)).expanduser()
    inside = home / "models" / folder
    return inside if not folder.is_absolute() and inside.is_dir() else folder


class ModelProvider(Protocol):
    """Models of one kind; an entry point of `wellread.models`. Its module is imported to list it, so it imports no
    SDK before `open`."""

    name: str
    judges: bool  # whether its models judge what they wrote, unless somebody else is named
    on_this_machine: bool  # where reading and writing are slow, and cost nothing

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that may hold its key, the first that is set counts; none for one without keys."""
        ...

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        """Why none of its models can be used here, or not this one, as far as can be told without opening it."""
        ...

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Names of models that can be used at once, the best choice first."""
        ...

    def otherwise(self, settings: Settings) -> str:
        """What else can be used by name, though nothing can be named here; "" for nothing worth telling."""
        ...

    def priced_as(self, model: str) -> tuple[str, str] | None:
        """The provider's and the model's name in genai-prices; None for what costs nothing."""
        ...

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel: ...


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model's name, and why it is the one, for the reader."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A line of `wellread models`: what can be used, or a provider with its problem."""

    name: str
    usable: bool
    note: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether a model is slow, and what tokens read and written cost in US dollars (None: not known)."""

    slow: bool
    price: Callable[[int, int], float | None]


class Models:
    """The models of one installation, each opened once, when it is first needed."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._given = environment
        self._with_keys: Mapping[str, str] | None = None
        self._providers: dict[str, ModelProvider] | None = None
        self._automatic: ModelChoice | None = None
        self._opening: dict[str, asyncio.Task[LanguageModel]] = {}
        self._retired: list[asyncio.Task[LanguageModel]] = []

    def configure(self, settings: Settings) -> None:
        """Choose by these from now on. What is open stays open."""
        self._settings = settings
        self._automatic = None

    def keys_changed(self) -> None:
        """Read the keys that the library keeps anew. A model that a key opened is opened anew when it is next needed;
        runs that have it keep it."""
        self._with_keys = None
        self._automatic = None
        for name in [name for name in self._opening if self._split(name)[0].key_variables]:
            self._retired.append(self._opening.pop(name))

    @property
    def home(self) -> Path:
        """The library's, below which models of its own lie."""
        return self._settings.home

    async def close(self) -> None:
        """Every model, also those that are being opened."""
        opening = [*self._opening.values(), *self._retired]
        self._opening, self._retired = {}, []
        for task in opening:
            task.cancel()
        opened = await asyncio.gather(*opening, return_exceptions=True)
        async with AsyncExitStack() as stack:
            for model in opened:
                if not isinstance(model, BaseException):
                    stack.push_async_callback(model.close)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def _environment(self) -> Mapping[str, str]:
        """The environment and, where it has no key of a provider, the one that the library keeps."""
        if self._with_keys is None:
            kept = kept_keys.read(self._settings.home)
            variables = {
                self.providers[name].key_variables[-1]: key
                for name, key in kept.items()
                if name in self.providers and self.providers[name].key_variables
            }
            given = {name: value for name, value in self._given.items() if value}
            self._with_keys = {**variables, **given} if variables else self._given
        return self._with_keys

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment as it was given, without the keys that the library keeps."""
        return self._given

    @property
    def providers(self) -> dict[str, ModelProvider]:
        if self._providers is None:
            points = entry_points(group="wellread.models")
            self._providers = {point.name: point.load() for point in points}
        return self._providers

    def automatic(self) -> ModelChoice:
        """The model that is used when none is named: the configured one, else by a key in the environment or
        kept here, else of a running Ollama or LM Studio, else a local file, else none. May ask ports of this machine,
        so not for the event loop."""
        if self._settings.model != AUTOMATIC:
            return ModelChoice(self._settings.model, "it is set as `model`")
        if self._automatic is None:
            self._automatic = next(self._found(), ModelChoice(EXTRACTIVE, "no language model is set up"))
        return self._automatic

    @property
    def quotes_only(self) -> bool:
        """Whether, when it was last looked, there was no model to be chosen and none was named. Looks for nothing."""
        return self._automatic is not None and self._automatic.name == EXTRACTIVE

    def _found(self) -> Iterator[ModelChoice]:
        why = {
            "ollama": "an Ollama runs here",
            "lmstudio": "an LM Studio runs here",
            "local": "its file is on this machine",
        }
        for name in _IN_ORDER:
            if name not in self.providers:
                continue
            provider = self.providers[name]
            for model in provider.usable(self._settings, self._environment)[:1]:
                yield ModelChoice(f"{name}/{model}", why.get(name, f"there is a key for {name}"))

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
        """The model of that name, open until `close`. Raises ModelError when it cannot be opened. Who waits for it may
        give up: it is opened all the same, for the next who asks."""
        opening = self._opening.get(name)
        if opening is None or (opening.done() and _is_of_no_use(opening)):
            opening = self._opening[name] = asyncio.create_task(self._open(name))
        async with away():
            return await asyncio.shield(opening)

    async def _open(self, name: str) -> LanguageModel:
        try:
            await asyncio.to_thread(self.check, name)
            provider, model = self._split(name)
            return await provider.open(model, self._settings, self._environment)
        except ModelError:
            raise
        except WellreadError as error:  # no key, no file, no memory, no package: the run goes on without it
            raise ModelRejectedError(error.message, hint=error.hint) from error
        except (ImportError, RuntimeError, ValueError, OSError) as error:  # what an SDK says of its set-up
            raise ModelRejectedError(
                f"{name} could not be opened ({type(error).__name__}).",
                hint=f"`wellread models --try {name}`.",
            ) from error

    def roles(
        self,
        *,
        model: str = "",
        planner_model: str = "",
        writer_model: str = "",
        judge: str = "",
        fallback_model: str = "",
    ) -> Roles:
        """The models of a run: those that are named here, else those of the settings, else the automatic choice.
        A `model` that is named here stands before the settings' models of single roles.

        Raises BadRequestError, NotFoundError or UnavailableError for one that cannot be used.
        """
        own = self._settings if not model else Settings(home=self._settings.home)
        planner = planner_model or own.planner_model
        writer = writer_model or own.writer_model
        fallback = fallback_model or self._settings.fallback_model
        if not model and not (planner and writer):
            model = self.automatic().name
        checked = {name: self.check(name) for name in (model, planner, writer, fallback) if name}
        writes = checked[writer or model]
        return Roles(
            planner=checked[planner or model],
            writer=writes,
            judge=self._judge(judge or self._settings.judge, writes),
            fallback=checked.get(fallback, ""),
        )

    def check_judge(self, name: str) -> None:
        """Raises as `roles` does for a judge that cannot be had."""
        self._judge(name, EXTRACTIVE)

    def _judge(self, name: str, writer: str) -> str:
        """Who judges statements, when `writer` writes them. Raises as `roles` does."""
        if name == AUTOMATIC:
            return writer if writer != EXTRACTIVE and self._split(writer)[0].judges else WORDS
        if name in (WORDS, EXTRACTIVE):
            return WORDS
        if name.startswith(CLASSIFIER):
            folder = classifier_folder(name, self._settings.home)
            if not folder.is_dir():
                raise NotFoundError(
                    f"There is no folder {folder} with a classifier for {name!r}.",
                    hint="`wellread setup` offers one; or set `judge` to `auto` or `words`.",
                )
            return name
        return self.check(name)

    def outlook(self, name: str) -> Outlook | None:
        """What a model would take, told without opening it; None for no model."""
        if name == EXTRACTIVE:
            return None
        provider, model = self._split(name)
        prices = importlib.import_module("wellread.models.prices")  # the list of prices is large

        def price(read: int, wrote: int) -> float | None:
            cost: float | None = prices.price_of(
                provider.priced_as(model), Usage(input_tokens=read, output_tokens=wrote)
            )
            return cost

        return Outlook(provider.on_this_machine, price)

    def listing(self) -> list[ListedModel]:
        """What can be used, and of each other provider what is wrong. What is found now counts for `automatic`, too."""
        self._automatic = None
        usable: list[ListedModel] = []
        rest: list[ListedModel] = []
        for name in sorted(self.providers, key=lambda n: (_IN_ORDER.index(n) if n in _IN_ORDER else 99, n)):
            provider = self.providers[name]
            problem = provider.problem(self._settings, self._environment)
            if problem is not None:
                note = problem.message.removeprefix(f"{name}/… ")
                rest.append(ListedModel(f"{name}/…", False, note, problem.hint))
                continue
            models = provider.usable(self._settings, self._environment)
            usable += [ListedModel(f"{name}/{model}", True) for model in models]
            if not models and (note := provider.otherwise(self._settings)):
                usable.append(ListedModel(f"{name}/…", True, note))
        usable.append(ListedModel(EXTRACTIVE, True, "the sources' own sentences, without a language model"))
        return usable + rest

    def any_connected(self, listed: Sequence[ListedModel]) -> bool:
        """Whether a language model is there, by a listing: one with a name, or a provider that serves any by name."""
        return any(
            row.usable
            and row.name != EXTRACTIVE
            and not (row.name.endswith("/…") and self._split(row.name)[0].on_this_machine)
            for row in listed
        )

    def offers(self, name: str) -> bool:
        """Whether a model of a provider that opens files is listed, or named by the settings, so that naming it opens
        no other file. Of other providers every name is offered. May read folders, so not for the event loop."""
        if name in (EXTRACTIVE, WORDS, self._settings.judge):
            return True
        if name.startswith(CLASSIFIER):  # a name within the library's own folder, no path
            return _PLAIN_NAME.fullmatch(name.removeprefix(CLASSIFIER)) is not None
        provider, model = self._split(name)
        own = self._settings
        named = {own.model, own.planner_model, own.writer_model, own.judge, own.fallback_model}
        return (
            provider.name not in _FILES
            or not named.isdisjoint({name, model, f"{provider.name}/{model}"})
            or model in provider.usable(own, self._environment)
        )

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


def _is_of_no_use(opening: "asyncio.Task[LanguageModel]") -> bool:
    """Whether a model could not be opened, or is no more."""
    return opening.cancelled() or opening.exception() is not None or opening.result().ended
