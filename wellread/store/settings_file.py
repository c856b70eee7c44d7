"""`settings.toml` in the home, changed without touching its comments."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from wellread.errors import BadRequestError, StorageError
from wellread.store.locks import lock

_NAME = "settings.toml"
_MODE = 0o600  # of a new file: an address in it may hold a password


def change(home: Path, values: Mapping[str, str | int | float | None]) -> None:
    """Set those settings, and take out those that are None; all of it or nothing.

    Raises BadRequestError for a file that is no TOML, StorageError when it cannot be written.
    """
    path = (home / _NAME).resolve()  # where the name is a link, what it leads to is changed
    try:
        with lock(home, "settings"):
            settings = (
                tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
            )
            for name, value in values.items():
                if value is not None:
                    settings[name] = value
                elif name in settings:
                    settings.remove(name)
            _replace(path, tomlkit.dumps(settings))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadRequestError(
            f"{_NAME} is no TOML file: {error}.", hint="Each line is a name, = and a value."
        ) from error
    except OSError as error:
        raise StorageError(
            f"{_NAME} could not be written: {error.strerror}.", hint="Check the library's folder."
        ) from error


def _replace(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else _MODE
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{_NAME}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
