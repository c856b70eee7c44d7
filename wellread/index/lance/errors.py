"""What LanceDB raises, as errors of the family that say what to do."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from wellread.errors import StorageError

# The engine's errors are RuntimeError or ValueError by no rule that helps; those of the system keep their text.
ENGINE_ERRORS = (OSError, RuntimeError, ValueError)
_REFUSALS = re.compile(
    r"no space left|permission denied|read-only|file too large|too many open files|quota|not enough space"
    r"|access is denied|input/output error",
    re.IGNORECASE,
)
_SOURCE = re.compile(r",? ?\S*\.rs:\d+:\d+$")  # where in the engine's source it was raised


def is_refusal(error: Exception) -> bool:
    """Whether the system refused (disk full, no permission), so that the files themselves may be sound."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return False  # something else is in the index's place
    return (isinstance(error, OSError) and error.errno is not None) or bool(_REFUSALS.search(str(error)))


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Around calls of the table in the folder `path`: what the engine raises comes out as StorageError."""
    try:
        yield
    except ENGINE_ERRORS as error:
        told = _SOURCE.sub("", str(error).strip())
        if is_refusal(error):
            hint = "Make room on the disk and see that the folder may be written to, then try again."
            raise StorageError(f"The search index in {path} cannot be used: {told}", hint=hint) from error
        raise StorageError(
            f"The search index in {path} is damaged: {told}",
            hint=f"Delete {path} and run `wellread reindex`: all of it is made anew from the library.",
        ) from error
