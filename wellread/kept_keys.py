"""Keys of providers that a library keeps: `keys.toml` in its home, which is its owner's to read and nobody else's.

`store/key_file.py` writes it. It is part of no backup, and no text that Wellread shows holds a key of it.
"""

import stat
import tomllib
from pathlib import Path

from wellread.errors import BadRequestError, StorageError

FILE = "keys.toml"
MODE = 0o600


def read(home: Path) -> dict[str, str]:
    """The keys by their provider's name, none where there is no file. A file that others could read is closed to them.

    Raises BadRequestError for a file that holds something else, StorageError when it cannot be read.
    """
    path = home / FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~MODE:
            path.chmod(MODE)
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read: {error.strerror}.", hint="It must be a file of your own, with mode 0600."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        found = {"": None}  # what the parser says of it may hold a piece of a key
    if not all(isinstance(key, str) for key in found.values()):
        raise BadRequestError(
            f"{path} holds something else than keys.",
            hint='Each line is provider = "key". Remove the file, and give the keys to `wellread setup` again.',
        ) from None
    return found
