"""`keys.toml` in the home: a key kept, replaced or removed."""

from pathlib import Path

import tomlkit

from wellread import kept_keys
from wellread.errors import StorageError
from wellread.store import whole_file
from wellread.store.locks import lock


def change(home: Path, provider: str, key: str | None) -> None:
    """Keep the key of a provider in the place of the one before; None removes it, and the file with the last one.

    Raises BadRequestError as `kept_keys.read` does, StorageError when it cannot be written.
    """
    path = home / kept_keys.FILE
    try:
        with lock(home, "keys"):
            keys = kept_keys.read(home)
            keys.pop(provider, None)
            if key is not None:
                keys[provider] = key
            if keys:
                whole_file.replace(path, tomlkit.dumps(keys), kept_keys.MODE)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path} could not be written: {error.strerror}. Nothing was changed.",
            hint="Make room, or see to it that you may write to the library's folder; or set the key in the "
            "environment instead.",
        ) from error
