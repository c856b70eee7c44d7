"""Changes of settings, checked before any is made; the page, REST and `wellread setup` come here."""

import os
from collections.abc import Mapping

from wellread.errors import BadRequestError, ConflictError, WellreadError
from wellread.models.resolve import AUTOMATIC, Models
from wellread.settings import SettingRow, Value, rows

MODEL_SETTINGS = ("model", "planner_model", "writer_model", "judge", "fallback_model")


def checked_changes(given: Mapping[str, Value | None], *, running: bool) -> dict[str, Value | None]:
    """The values, each of its setting's type; None for the default. With `running` only settings that may change
    meanwhile.

    Raises BadRequestError, and ConflictError for what cannot change now.
    """
    known = {row.name: row for row in rows()}
    return {name: _checked(known.get(name), name, value, running=running) for name, value in given.items()}


def check_models(models: Models, values: Mapping[str, Value | None]) -> None:
    """Raises BadRequestError, NotFoundError or UnavailableError for a model, or a judge, that cannot be used."""
    for name in MODEL_SETTINGS:
        value = values.get(name)
        if name == "model" and value == "":
            raise BadRequestError("The model has no name.", hint=f"{AUTOMATIC} chooses one.")
        if value and not (name == "model" and value == AUTOMATIC):
            try:
                models.check_judge(str(value)) if name == "judge" else models.check(str(value))
            except WellreadError as error:
                raise type(error)(f"{name}: {error.message}", hint=error.hint) from error


def fixed_by(row: SettingRow) -> str:
    """The environment variable that sets it; "" when none does."""
    return row.variable if os.environ.get(row.variable) else ""


def _checked(row: SettingRow | None, name: str, value: Value | None, *, running: bool) -> Value | None:
    if row is None:
        raise BadRequestError(f"There is no setting {name!r}.", hint="GET /api/v1/settings lists them.")
    if variable := fixed_by(row):
        raise ConflictError(
            f"{name} is set by the environment variable {variable}.",
            hint="Change it there and start the server again." if running else "Change it there.",
        )
    if running and not row.live:
        raise ConflictError(
            f"{name} cannot change while the server runs.", hint="Set it in settings.toml and start again."
        )
    return None if value is None else row.parse(str(value))
