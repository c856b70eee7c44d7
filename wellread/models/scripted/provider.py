"""Models that follow a script: `scripted/FILE`, for tests and demonstrations."""

# ruff: noqa: ARG002 - a provider need not look at all that it is given

import importlib
from collections.abc import Mapping
from pathlib import Path

from wellread.errors import WellreadError
from wellread.models.hosted import opened
from wellread.models.language_model import LanguageModel
from wellread.models.scripted.script import Script
from wellread.settings import Settings


class ScriptedProvider:
    """An entry point of `wellread.models`; a script is never chosen by itself."""

    name = "scripted"
    judges = False  # a script says what it was told to, whatever it wrote
    on_this_machine = False
    key_variables = ()

    def otherwise(self, settings: Settings) -> str:
        return ""

    def priced_as(self, model: str) -> None:
        return None

    def problem(
        self, settings: Settings, environment: Mapping[str, str], model: str = ""
    ) -> WellreadError | None:
        try:
            if model:
                Script.load(Path(model))
        except WellreadError as error:
            return error
        return None

    def usable(self, settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
        return ()

    async def open(self, model: str, settings: Settings, environment: Mapping[str, str]) -> LanguageModel:
        script = Script.load(Path(model))
        scripted = importlib.import_module("wellread.models.scripted.model").ScriptedModel(script)
        return await opened(
            f"scripted/{model}",
            scripted,
            settings,
            json_replies=script.small,
            context_tokens=script.context_tokens,
            small=script.small,
        )


SCRIPTED = ScriptedProvider()
