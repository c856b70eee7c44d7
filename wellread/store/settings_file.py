"""`settings.toml` in the home, changed without touching its comments."""

from collections.abc import Mapping
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from wellread.errors import BadRequestError, StorageError
from wellread.store import whole_file
from wellread.store.locks import lock

_NAME = "settings.toml"
_MODE = 0o600  # of a new file: an address in it may hold a password


def change(home: Path, values: Mapping[str, str | int | float | None]) -> None:
    """Set those settings, and take out those that are None; all of it or nothing.

    Raises BadRequestError for a file that is no TOML, StorageError when it cannot be written.
    """
    try:
        with lock(home, "settings"):
            settings = read(home)
            for name, value in values.items():
                if value is not None:
                    settings[name] = value
                elif name in settings:
                    settings.remove(name)
            write(home, settings)
    except OSError as error:
        raise StorageError(
            f"{_NAME} could not be written: {error.strerror}.", hint="Check the library's folder."
        ) from error


def read(home: Path) -> tomlkit.TOMLDocument:
    """The settings, none where there is no file. Raises BadRequestError for a file that is no TOML."""
    path = home / _NAME
    return parsed(path.read_bytes() if path.exists() else b"")


def parsed(content: bytes) -> tomlkit.TOMLDocument:
    """Raises BadRequestError for what is no TOML."""
    try:
        return tomlkit.parse(content)
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise BadRequestError(
            f"{_NAME} is no TOML file: {error}.", hint="Each line is a name, = and a value."
        ) from error


def write(home: Path, settings: tomlkit.TOMLDocument) -> None:
    """Put the settings in the file, all of them or nothing; who may read it stays as it was. Raises OSError."""
    path = (home / _NAME).resolve()  # where the name is a link, what it leads to is changed
    mode = path.stat().st_mode & 0o777 if path.exists() else _MODE
    whole_file.replace(path, tomlkit.dumps(settings), mode)
