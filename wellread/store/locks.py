"""The locks of a library: files in its home, held by whoever is at work on it. A lock falls with its process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

ADDING = "adding"  # changes the catalog and the passages that belong to it
EMBEDDING = "embedding"  # makes vectors


def lock(home: Path, name: str) -> FileLock:
    home.mkdir(parents=True, exist_ok=True)
    # One lock object is acquired and released in whichever thread runs the event loop.
    return FileLock(home / f"{name}.lock", thread_local=False)


def acquired(wanted: FileLock) -> bool:
    """Take the lock if it is free, and say whether it was."""
    try:
        wanted.acquire(timeout=0)
    except Timeout:
        return False
    return True


def index_lock(home: Path) -> FileLock:
    """The lock of whoever writes to the files of the passage index; see `index.lance`."""
    return FileLock(home / "index" / "write.lock", thread_local=False, preserve_lock_file=True)


@contextmanager
def alone(home: Path) -> Iterator[list[str]]:
    """Hold all locks of the library but the index's; gives the names of those that other processes hold."""
    names = {ADDING, EMBEDDING} | {path.stem for path in home.glob("*.lock")}
    wanted = {name: lock(home, name) for name in sorted(names)}
    held = {name: one for name, one in wanted.items() if acquired(one)}
    try:
        yield [name for name in wanted if name not in held]
    finally:
        for one in held.values():
            one.release()
