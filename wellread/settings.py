"""Every setting: name, default, one sentence.

A setting is read from the environment (`WELLREAD_` and its name in capitals), else from `settings.toml` in the
home folder, else it has its default. Nothing is read at import.
"""

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

import platformdirs

from wellread.errors import BadRequestError

Value = str | int | float


def _setting(default: Any, sentence: str, *, live: bool = False) -> Any:
    return field(default=default, metadata={"sentence": sentence, "live": live})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one library. `home` is where all of it lives."""

    home: Path
    database: str = _setting(
        "",
        "URL of a PostgreSQL database, as in postgresql://name:password@host/wellread; without it the SQLite file "
        "`wellread.db` in the home.",
    )
    embedder: str = _setting(
        "minilm",
        "Name of the embedder (entry point `wellread.embedders`, or one that fastembed knows), a folder with one, "
        "`openai/…`, `ollama/…` or `lmstudio/…` for a provider's, or `none`.",
    )
    embedder_device: str = _setting(
        "cpu",
        "What the embedder computes with: `cpu`, or `cuda`, `rocm`, `directml` or `coreml` where the installed ONNX "
        "Runtime has it.",
    )
    embed_workers: int = _setting(
        0, "Processes that make vectors at once; 0 for what is measured to be the fastest on this machine."
    )
    index: str = _setting("lancedb", "Name of the passage index (entry point `wellread.indexes`).")
    passage_words_min: int = _setting(80, "Words a passage has at least, where its section has them.")
    passage_words_max: int = _setting(
        220, "Words a passage has at most; `wellread reindex` applies a change."
    )
    read_seconds: float = _setting(
        300.0, "Seconds of processor time a reader may take for one product; ten times as many by the clock."
    )
    read_memory_mb: int = _setting(4096, "Memory in MiB a reader may use for one product.")
    model: str = _setting(
        "auto",
        "Language model as `provider/model`, `extractive` for none, or `auto`: by a key, a running Ollama or "
        "LM Studio, a local file, else none.",
        live=True,
    )
    planner_model: str = _setting("", "Model that chooses the steps, if not `model`.", live=True)
    writer_model: str = _setting("", "Model that writes the answer, if not `model`.", live=True)
    judge: str = _setting(
        "auto",
        "Who judges statements by their passages: `provider/model`, `onnx:FOLDER` with a classifier of entailment, "
        "`words` to compare words only, or `auto`: the model that writes.",
        live=True,
    )
    fallback_model: str = _setting(
        "", "Model that goes on when another one fails, before the rules do.", live=True
    )
    openai_base_url: str = _setting(
        "", "Address of an endpoint that speaks OpenAI's language, as in http://…/v1."
    )
    anthropic_base_url: str = _setting("", "Address in place of Anthropic's own.")
    google_base_url: str = _setting("", "Address in place of Google's own.")
    groq_base_url: str = _setting("", "Address in place of Groq's own.")
    mistral_base_url: str = _setting("", "Address in place of Mistral's own.")
    bedrock_base_url: str = _setting("", "Address in place of Amazon Bedrock's own.")
    ollama_base_url: str = _setting("", "Address of Ollama, if not http://127.0.0.1:11434.")
    ollama_context_tokens: int = _setting(4096, "Context of Ollama's models, as its server is set up.")
    lmstudio_base_url: str = _setting("", "Address of LM Studio, if not http://127.0.0.1:1234.")
    lmstudio_context_tokens: int = _setting(4096, "Context of LM Studio's models, as they are loaded there.")
    local_context_tokens: int = _setting(8192, "Context of a local model, prompt and reply together.")
    local_threads: int = _setting(0, "Threads of a local model; 0 for the machine's cores.")
    local_first_token_seconds: float = _setting(
        600.0, "Seconds a model on this machine may read before its first word."
    )
    model_first_token_seconds: float = _setting(60.0, "Seconds a hosted model may take to its first word.")
    model_silent_seconds: float = _setting(30.0, "Seconds a model may be silent between two words.")
    model_tries: int = _setting(3, "Times a call is tried before the model counts as failing.")
    evidence_tokens: int = _setting(
        12_000, "Tokens of passages that a hosted model is given to write an answer from.", live=True
    )
    quick_steps: int = _setting(4, "Steps a run has at most when DeepSearch is OFF.", live=True)
    quick_seconds: float = _setting(
        300.0, "Seconds a run with a model has at most when DeepSearch is OFF.", live=True
    )
    quick_input_tokens: int = _setting(
        60_000, "Tokens models may read in a run when DeepSearch is OFF.", live=True
    )
    quick_output_tokens: int = _setting(
        8_000, "Tokens models may write in a run when DeepSearch is OFF.", live=True
    )
    quick_cost: float = _setting(0.5, "US dollars a run may cost when DeepSearch is OFF.", live=True)
    deep_steps: int = _setting(12, "Steps a run has at most when DeepSearch is ON.", live=True)
    deep_seconds: float = _setting(
        1800.0, "Seconds a run with a model has at most when DeepSearch is ON.", live=True
    )
    deep_input_tokens: int = _setting(
        600_000, "Tokens models may read in a run when DeepSearch is ON.", live=True
    )
    deep_output_tokens: int = _setting(
        40_000, "Tokens models may write in a run when DeepSearch is ON.", live=True
    )
    deep_cost: float = _setting(5.0, "US dollars a run may cost when DeepSearch is ON.", live=True)
    deep_judged: int = _setting(
        12, "Snippets that DeepSearch has a model score in one round at most.", live=True
    )
    discovered_titles: int = _setting(
        5,
        "Titles that a search of the catalog brings into scope at most; a library of no more is searched whole.",
        live=True,
    )
    cell_snippets: int = _setting(2, "Snippets that one title gives for one question at most.", live=True)

    server_runs: int = _setting(
        32, "Runs that one server process works on at once, those included that wait for a model."
    )
    server_computing: int = _setting(
        0, "Runs of these that compute at once; 0 for one more than the machine's cores."
    )
    server_runs_per_caller: int = _setting(
        100, "Runs of one caller that may wait or go on; more are told to come back."
    )
    upload_mb: int = _setting(2048, "MiB that a file sent to the server may have at most.")

    @classmethod
    def load(cls, home: Path | None = None, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings for `home`, else for WELLREAD_HOME, else for the user's own data folder.

        Raises BadRequestError for an unknown name in settings.toml or a value of the wrong type.
        """
        home = Path(home or environment.get("WELLREAD_HOME") or platformdirs.user_data_dir("wellread"))
        home = home.expanduser().absolute()
        values: dict[str, object] = {}
        known = {row.name: row for row in rows()}
        for name, value in _file(home / "settings.toml").items():
            if name not in known:
                raise BadRequestError(
                    f"settings.toml has an unknown setting {name!r}.",
                    hint=f"The settings are {', '.join(sorted(known))}.",
                )
            values[name] = known[name].parse(str(value))
        for name, row in known.items():
            given = environment.get(row.variable)
            if given:
                values[name] = row.parse(given)
        settings = cls(home=home, **values)  # type: ignore[arg-type]  # each value was parsed to its field's type
        if not 20 <= settings.passage_words_min < settings.passage_words_max <= 2000:
            raise BadRequestError(
                "passage_words_min and passage_words_max do not make a range.",
                hint="Set them to words of a passage, such as 80 and 220 (20 to 2000, the first smaller).",
            )
        return settings

    def fixed_in(self, other: "Settings") -> list[str]:
        """The names of settings that are read at the start only, and are others there."""
        return [
            row.name for row in rows() if not row.live and getattr(other, row.name) != getattr(self, row.name)
        ]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A line of the table of settings."""

    name: str
    default: Value
    sentence: str
    live: bool  # read anew when a run begins, so that it may change meanwhile

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"WELLREAD_{self.name.upper()}"

    def parse(self, text: str) -> Value:
        """`text` as a value of the default's type. Raises BadRequestError."""
        value = self._typed(text)
        if isinstance(value, int | float) and not (
            0 < value < math.inf or (value == 0 and self.default == 0)
        ):
            raise BadRequestError(f"The setting {self.name} is {value}.", hint="It must be more than 0.")
        return value

    def _typed(self, text: str) -> Value:
        try:
            return type(self.default)(text)
        except ValueError as error:
            raise BadRequestError(
                f"The setting {self.name} is {text!r}, which is no {type(self.default).__name__}.",
                hint=f"Its default is {self.default!r}: {self.sentence}",
            ) from error


def rows() -> list[SettingRow]:
    """All settings but `home`."""
    return [
        SettingRow(f.name, cast(Value, f.default), f.metadata["sentence"], f.metadata["live"])
        for f in fields(Settings)
        if "sentence" in f.metadata
    ]


def _file(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(
            f"{path} is no TOML file: {error}.", hint="Each line is a name, = and a value."
        ) from error
