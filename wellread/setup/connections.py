"""What language models there are to be connected, and keys of providers: found, tried, kept, removed.

The command line and the page both come here. A key goes to its provider and into `keys.toml`, and into nothing that is
shown, logged or stored otherwise.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wellread import kept_keys
from wellread.errors import BadRequestError, ConflictError, ModelError, NotFoundError, UnavailableError
from wellread.events import Usage
from wellread.models.resolve import EXTRACTIVE, ListedModel, ModelProvider, Models
from wellread.models.trial import trials
from wellread.store import key_file
from wellread.wire.server import Trial

KeyPlace = Literal["none", "missing", "environment", "kept"]

_SHORTEST, _LONGEST = 8, 4096  # characters of a key
_TITLES = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google",
    "groq": "Groq",
    "mistral": "Mistral",
    "openrouter": "OpenRouter",
    "bedrock": "Amazon Bedrock",
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "local": "GGUF files",
}


@dataclass(frozen=True, slots=True)
class ModelConnection:
    """A provider: whether its models can be used and by what, or what is to be done about it. `key` tells where its
    key is; "none" for one that takes none."""

    provider: str
    title: str
    connected: bool
    how: str
    hint: str
    key: KeyPlace
    takes_key: bool  # that would be of use here
    needs_package: bool  # that is not installed
    models: tuple[str, ...]  # as provider/model


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """What came of a key. Without `kept` nothing of it is here; `trials` tell why."""

    kept: bool
    model: str
    trials: tuple[Trial, ...]

    @property
    def works(self) -> bool:
        """Whether the provider takes the key: it does when anything worked."""
        return any(trial.worked for trial in self.trials)


class Connections:
    """The providers of one installation. Looking may ask ports of this machine, for half a second each."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def found(self) -> list[ModelConnection]:
        """What is connected first. Raises BadRequestError and StorageError as `kept_keys.read` does."""
        kept = kept_keys.read(self._models.settings.home)
        rows: dict[str, list[ListedModel]] = {}
        for row in self._models.listing():
            if row.name != EXTRACTIVE:
                rows.setdefault(row.name.partition("/")[0], []).append(row)
        connections: list[ModelConnection] = []
        served: set[str] = set()  # by a key of a provider before
        for name, own in rows.items():
            provider = self._models.providers[name]
            if served.isdisjoint(provider.key_variables):
                connections.append(self._connection(provider, own, kept))
            served.update(provider.key_variables)
        return sorted(connections, key=lambda one: not one.connected)

    def _connection(
        self, provider: ModelProvider, rows: Sequence[ListedModel], kept: Mapping[str, str]
    ) -> ModelConnection:
        models = tuple(row.name for row in rows if row.usable and not row.name.endswith("/…"))
        connected = self._models.any_connected(rows)
        key = self._key_place(provider, kept)
        lacks_package = self._lacks_package(provider)
        return ModelConnection(
            provider=provider.name,
            title=_TITLES.get(provider.name, provider.name),
            connected=connected,
            how=self._how(provider, key, models, rows[0].note) if connected else rows[0].note,
            hint=rows[0].hint,
            key=key,
            takes_key=bool(provider.key_variables) and not lacks_package,
            needs_package=lacks_package,
            models=models,
        )

    async def connect(self, name: str, key: str, *, insist: bool = False) -> KeyOutcome:
        """Try a key and keep it when it works; with `insist` also when it does not.

        Raises NotFoundError for a provider that takes no key, BadRequestError for what can be no key, ConflictError
        when the environment has one, UnavailableError when the provider's package is not installed, StorageError (and
        BadRequestError for a damaged file) when it cannot be kept. None of them holds the key.
        """
        provider = self._provider(name)
        key = checked_key(key)
        if variable := self._variable(provider):
            raise ConflictError(
                f"The environment has a key for {name} ({variable}), and that one is used.",
                hint="Change it there, or take it out and give the key here.",
            )
        home = self._models.settings.home
        await asyncio.to_thread(
            kept_keys.read, home
        )  # what is wrong with the file is said before a provider is called
        outcome = await self._tried(provider, key)
        if outcome.works or insist:
            await asyncio.to_thread(key_file.change, home, name, key)
            self._models.keys_changed()
            return KeyOutcome(True, outcome.model, outcome.trials)
        return outcome

    async def disconnect(self, name: str) -> None:
        """Remove a key that is kept here. Raises NotFoundError when there is none."""
        self._provider(name)
        home = self._models.settings.home
        if name not in await asyncio.to_thread(kept_keys.read, home):
            raise NotFoundError(
                f"No key for {name} is kept here.", hint="`wellread setup` lists what is connected."
            )
        await asyncio.to_thread(key_file.change, home, name, None)
        self._models.keys_changed()

    async def _tried(self, provider: ModelProvider, key: str) -> KeyOutcome:
        """Calls the provider's first choice with the key. Nothing of it is kept."""
        settings = self._models.settings
        environment = {**self._models.environment, provider.key_variables[0]: key}
        if problem := await asyncio.to_thread(provider.problem, settings, environment):
            raise problem
        usable = await asyncio.to_thread(provider.usable, settings, environment)
        name = f"{provider.name}/{usable[0]}"
        probe = Models(settings, environment)
        tried: list[Trial] = []
        try:
            model = await probe.open(name)
            tried = [trial async for trial in trials(model)]
        except ModelError as error:
            tried.append(
                Trial(
                    name="opening",
                    worked=False,
                    said=error.message,
                    hint=error.hint,
                    seconds=0,
                    usage=Usage(),
                )
            )
        finally:
            await probe.close()
        return KeyOutcome(False, name, tuple(tried))

    def _provider(self, name: str) -> ModelProvider:
        provider = self._models.providers.get(name)
        keyed = [one.name for one in self._models.providers.values() if one.key_variables]
        if provider is None or not provider.key_variables:
            raise NotFoundError(
                f"{name!r} is no provider that takes a key.", hint=f"Those are {', '.join(sorted(keyed))}."
            )
        return provider

    def _variable(self, provider: ModelProvider) -> str:
        """The environment variable that has the provider's key; "" for none."""
        given = self._models.environment
        return next((name for name in provider.key_variables if given.get(name)), "")

    def _key_place(self, provider: ModelProvider, kept: Mapping[str, str]) -> KeyPlace:
        if not provider.key_variables:
            return "none"
        if self._variable(provider):
            return "environment"
        return "kept" if provider.name in kept else "missing"

    def _how(self, provider: ModelProvider, key: KeyPlace, models: tuple[str, ...], note: str) -> str:
        if key == "environment":
            return f"by {self._variable(provider)} in the environment"
        if key == "kept":
            return "by a key that is kept here"
        if provider.name == "local" and models:
            return "on this machine: 1 file" if len(models) == 1 else f"on this machine: {len(models)} files"
        return note or "it runs here"

    def _lacks_package(self, provider: ModelProvider) -> bool:
        """Of a provider that answers on this machine this is asked of nobody: what it lacks is to be started."""
        if provider.on_this_machine and provider.name != "local":
            return False
        with_key = {**self._models.environment, **dict.fromkeys(provider.key_variables, "-")}
        return isinstance(provider.problem(self._models.settings, with_key), UnavailableError)


def checked_key(given: str) -> str:
    """A key without what came along when it was copied. Raises BadRequestError, which does not hold it."""
    key = given.strip()
    wrong = ""
    if not key:
        wrong = "There is no key in that."
    elif any(character.isspace() for character in key):
        wrong = "A key has no spaces or line breaks within it: more than the key was copied."
    elif not (key.isascii() and key.isprintable()):
        wrong = "A key consists of plain letters, digits and signs: something else was copied."
    elif not _SHORTEST <= len(key) <= _LONGEST:
        wrong = f"A key has {_SHORTEST} to {_LONGEST:,} characters, and this has {len(key):,}."
    if wrong:
        raise BadRequestError(wrong, hint="Copy it again from the provider's page of API keys.")
    return key
