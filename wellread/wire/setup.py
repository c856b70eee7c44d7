"""Setting up models: what is connected, what came of a key, what is offered, and how far a download is."""

from pydantic import Field

from wellread.wire.server import Trial
from wellread.wire.view import View, example


class ConnectionView(View):
    """A provider of language models. No field holds a key, or a part of one."""

    model_config = example(
        provider="openai",
        title="OpenAI",
        connected=True,
        how="by a key that is kept here",
        hint="",
        key="kept",
        takes_key=True,
        needs_package=False,
        models=["openai/gpt-4.1"],
    )

    provider: str
    title: str
    connected: bool
    how: str = Field(description="By what it is connected, or what is missing.")
    hint: str
    key: str = Field(
        description="Where its key is: `environment`, `kept`, `missing`, or `none` for one without keys."
    )
    takes_key: bool = Field(description="Whether a key may be given here.")
    needs_package: bool = Field(description="Whether a package has to be installed first.")
    models: list[str]


class KeyOutcomeView(View):
    """What came of a key."""

    model_config = example(kept=True, model="openai/gpt-4.1", trials=[])

    kept: bool
    model: str = Field(description="Which was called with it.")
    trials: list[Trial]


class OfferView(View):
    """A model that can be downloaded."""

    model_config = example(
        name="writer-1.5b",
        kind="writer",
        repo="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
        purpose="Writes answers on any machine.",
        size=1_120_000_000,
        memory=2_620_000_000,
        here=False,
        suits=True,
    )

    name: str
    kind: str
    repo: str
    purpose: str
    size: int = Field(description="Bytes, about; the hub says it exactly.")
    memory: int = Field(description="Bytes that it takes at work, about.")
    here: bool
    suits: bool = Field(description="Whether it is the writer for this machine's memory and cores.")


class OfferedFile(View):
    """A file of a download, with the checksum that it is verified by."""

    name: str
    size: int
    checksum: str


class OfferedDownloadView(View):
    """What the hub says of an offer now: what a reader agrees to."""

    model_config = example(revision="c0ffee", licence="apache-2.0", size=1_117_320_736, files=[], folder="")

    revision: str
    licence: str = Field(description="Empty when the hub states none.")
    size: int
    files: list[OfferedFile]
    folder: str = Field(description="Where it will be.")


class DownloadView(View):
    """How far a download is."""

    model_config = example(
        offer="judge",
        status="running",
        done=1_000_000,
        total=290_000_000,
        message="",
        hint="",
        setting="",
        value="",
    )

    offer: str
    status: str = Field(description="`running`, `done`, `failed` or `stopped`.")
    done: int
    total: int
    message: str
    hint: str
    setting: str = Field(description="By which it is used, once it is done.")
    value: str
