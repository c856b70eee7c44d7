"""Providers that make vectors over HTTP in OpenAI's language: `PROVIDER/MODEL` in the setting `embedder`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wellread import kept_keys
from wellread.settings import Settings

# Where each is when no setting says so. Those of this machine need no key.
_ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
}


@dataclass(frozen=True, slots=True)
class EmbeddingEndpoint:
    """A model of a provider, where it is and the key for it, "" without one."""

    provider: str
    model: str
    url: str
    key: str = field(default="", repr=False)
    needs_key: bool = False

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"

    @property
    def shown(self) -> str:
        """Its address without what may be secret."""
        return self.url.rpartition("@")[2]


def endpoint(settings: Settings, environment: Mapping[str, str]) -> EmbeddingEndpoint | None:
    """The one that the setting `embedder` names; None when it names something else. Keys are found as those of language
    models are. Raises as `kept_keys.read` does."""
    provider, _, model = settings.embedder.partition("/")
    if provider not in _ADDRESSES or not model or Path(settings.embedder).expanduser().is_dir():
        return None
    given = str(getattr(settings, f"{provider}_base_url")).rstrip("/")
    if given and provider != "openai":
        given = f"{given.removesuffix('/v1')}/v1"
    variables = (f"WELLREAD_{provider.upper()}_API_KEY", f"{provider.upper()}_API_KEY")
    key = next((environment[name] for name in variables if environment.get(name)), "")
    return EmbeddingEndpoint(
        provider,
        model,
        given or _ADDRESSES[provider],
        key or kept_keys.read(settings.home).get(provider, ""),
        needs_key=provider == "openai" and not given,
    )
