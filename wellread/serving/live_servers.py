"""Which servers of a library are alive: each holds a lock file in its home as long as its process lives."""

import uuid
from pathlib import Path

from wellread.errors import UnavailableError
from wellread.store.locks import acquired, check_not_restoring, lock


class LiveServer:
    """A worker's name, held from `enter` to `leave`, or until the process is killed."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.worker = uuid.uuid4().hex
        self._lock = lock(home, _name(self.worker))

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
        self._forget(self.worker)

    def is_alive(self, worker: str) -> bool:
        """Whether the process that goes by that name lives. The file of one that does not is taken away."""
        if worker == self.worker:
            return True
        if not self._path(worker).exists():
            return False
        its = lock(self._home, _name(worker))
        if not acquired(its):
            return True
        its.release()
        self._forget(worker)
        return False

    def _forget(self, worker: str) -> None:
        self._path(worker).unlink(missing_ok=True)

    def _path(self, worker: str) -> Path:
        return self._home / f"{_name(worker)}.lock"


def _name(worker: str) -> str:
    return f"server-{worker}"
