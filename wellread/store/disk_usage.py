"""How much room a library takes on its disk, by part."""

import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Part = Literal["database", "files", "index", "cache", "models", "uploads", "backups", "other"]
_PARTS: tuple[Part, ...] = ("database", "files", "index", "cache", "models", "uploads", "backups", "other")
_DATABASE = "wellread.db"  # and what SQLite keeps beside it
_SECONDS = 2.0
_LOOK_EVERY = 256  # files between two looks at the clock


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes by part, without the parts that have none; `complete` is False when counting took too long, so that there
    is more. `free` is what the disk has left."""

    parts: dict[Part, int]
    complete: bool
    free: int

    @property
    def total(self) -> int:
        return sum(self.parts.values())


def measure(home: Path, *, seconds: float = _SECONDS) -> Footprint:
    """The room that the folder of a library takes, as far as it can be counted in that time. A file that goes
    meanwhile, or may not be read, counts nothing."""
    give_up = time.monotonic() + seconds
    sizes: Counter[Part] = Counter()
    complete = True
    counted = 0
    for folder, _, names in os.walk(home):
        inside = Path(folder).relative_to(home).parts
        for name in names:
            counted += 1
            if counted % _LOOK_EVERY == 0 and time.monotonic() > give_up:
                complete = False
                break
            sizes[_part(inside[0] if inside else name, top=not inside)] += _size(Path(folder, name))
        if not complete:
            break
    found: dict[Part, int] = {part: sizes[part] for part in _PARTS if sizes[part]}
    return Footprint(found, complete, shutil.disk_usage(home).free)


def _part(name: str, *, top: bool) -> Part:
    """The part by the name of a folder of the home or, with `top`, of a file in it."""
    if top:
        return "database" if name.startswith(_DATABASE) else "other"
    for part in _PARTS:
        if part == name and part != "database":
            return part
    return "other"


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
