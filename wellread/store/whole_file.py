"""Small files that are replaced whole: after a kill or on a full disk there is the old one."""

import os
import tempfile
from pathlib import Path


def replace(path: Path, text: str, mode: int) -> None:
    """Have the file hold `text`, with these rights. Raises OSError, and then it is as it was."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
