"""The locks of a library: files in its home, held by whoever is at work on it. A lock falls with its process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wellread.errors import UnavailableError

ADDING = "adding"  # changes the catalog and the passages that belong to it
EMBEDDING = "embedding"  # makes vectors
SUGGESTING = "suggesting"  # tries the questions that are suggested
RESTORING = "restoring"  # puts a backup in the place of the library
_PROBE = 1.0  # seconds; who only looks whether a lock is held, holds it for far less


def lock(home: Path, name: str) -> FileLock:
    home.mkdir(parents=True, exist_ok=True)
    # One lock object is acquired and released in whichever thread runs the event loop.
    return FileLock(home / f"{name}.lock", thread_local=False)


def acquired(wanted: FileLock, *, timeout: float = 0) -> bool:
    """Take the lock if it is free, or will be within `timeout` seconds, and say whether it was."""
    try:
        wanted.acquire(timeout=timeout)
    except Timeout:
        return False
    return True


def check_not_restoring(home: Path) -> None:
    """Raises UnavailableError while a backup is being put in place. Who holds a lock of its own when it asks can be
    sure of it for as long: `alone` finds that lock."""
    probe = lock(home, RESTORING)
    if not acquired(probe, timeout=_PROBE):
        raise UnavailableError(
            f"A backup is being put in place of the library at {home}.",
            hint="Start again when `wellread restore` has ended.",
        )
    probe.release()


def index_locks(home: Path) -> dict[str, FileLock]:
    """The locks of whoever writes to the files of the passage index, and of whoever puts them in order, as far as there
    is an index; see `index.lance` and `index.upkeep`."""
    folder = home / "index"
    paths = [path for path in (folder / "write.lock", folder / "upkeep.lock") if path.exists()]
    return {path.stem: FileLock(path, thread_local=False, preserve_lock_file=True) for path in paths}


@contextmanager
def alone(home: Path) -> Iterator[list[str]]:
    """Hold all locks of the library but that of the index's writers, who hold another one as well; gives the names of
    those that other processes hold."""
    first = lock(home, RESTORING)
    wanted, held = {RESTORING: first}, {}
    if acquired(first, timeout=_PROBE):
        held[RESTORING] = first
        # Not before: a server whose lock is not there yet will see that one.
        names = {ADDING, EMBEDDING, SUGGESTING} | {path.stem for path in home.glob("*.lock")}
        wanted |= {name: lock(home, name) for name in sorted(names - {RESTORING})}
        wanted |= {name: one for name, one in index_locks(home).items() if name == "upkeep"}
        held |= {name: one for name, one in wanted.items() if name != RESTORING and acquired(one)}
    try:
        yield [name for name in wanted if name not in held]
    finally:
        for one in held.values():
            one.release()
