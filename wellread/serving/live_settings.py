"""Settings and keys that another process of the library has changed: followed before each run."""

import logging
from dataclasses import replace
from pathlib import Path

from wellread.engine import Wellread
from wellread.errors import WellreadError
from wellread.kept_keys import FILE as KEYS
from wellread.settings import Settings, rows

_SETTINGS = "settings.toml"
_log = logging.getLogger(__name__)


class LiveSettings:
    """The files in a library's home as they were when they were last looked at."""

    def __init__(self, library: Wellread) -> None:
        """Raises BadRequestError for a settings.toml that cannot be read."""
        self._library = library
        self._home = library.settings.home
        self._read = Settings.load(self._home)
        self._stamps = {name: _stamp(self._home / name) for name in (_SETTINGS, KEYS)}

    def follow(self) -> None:
        """Give the library the live settings that differ in the file since the last look, and have keys read anew that
        were kept or removed. A file that cannot be read changes nothing."""
        if self._has_changed(_SETTINGS):
            self._follow_settings()
        if self._has_changed(KEYS):
            self._library.models.keys_changed()

    def _follow_settings(self) -> None:
        try:
            now = Settings.load(self._home)
        except WellreadError as error:
            _log.warning("settings_not_read", extra={"error": error.message})
            return
        changed = {
            row.name: getattr(now, row.name)
            for row in rows()
            if row.live and getattr(now, row.name) != getattr(self._read, row.name)
        }
        self._read = now
        if changed:
            self._library.configure(replace(self._library.settings, **changed))

    def _has_changed(self, name: str) -> bool:
        before, self._stamps[name] = self._stamps[name], _stamp(self._home / name)
        return before != self._stamps[name]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one state of a file from another, without reading it; None where it is not."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
