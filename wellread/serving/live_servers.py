"""Which processes of a library are alive: each holds a lock file in its home as long as it lives."""

import uuid
from pathlib import Path

from wellread.errors import UnavailableError
from wellread.store.locks import acquired, check_not_restoring, lock

_WORKER, _OTHER = "server-", "guest-"  # lock files of those that work on what waits, and of the rest


class LiveServer:
    """A process's name, held from `enter` to `leave`, or until it is killed. One that `works` on what waits in the
    library is counted among its workers."""

    def __init__(self, home: Path, *, works: bool = True) -> None:
        self._home = home
        self.worker = uuid.uuid4().hex
        self._works = works
        self._lock = lock(home, (_WORKER if works else _OTHER) + self.worker)

    def enter(self) -> None:
        """Raises UnavailableError while a backup is being put in place."""
        acquired(self._lock)
        try:
            check_not_restoring(self._home)
        except UnavailableError:
            self.leave()
            raise

    def leave(self) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def workers(self) -> int:
        """How many processes live that work on what waits in the library, this one included if it does."""
        files = self._home.glob(f"{_WORKER}*.lock")
        return sum(self.is_alive(path.stem.removeprefix(_WORKER)) for path in files)

    def is_alive(self, worker: str) -> bool:
        """Whether the worker that goes by that name lives. The file of one that does not is taken away."""
        if worker == self.worker:
            return self._works
        path = self._home / f"{_WORKER}{worker}.lock"
        if not path.exists():
            return False
        its = lock(self._home, path.stem)
        if not acquired(its):
            return True
        its.release()
        path.unlink(missing_ok=True)
        return False
