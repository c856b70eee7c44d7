"""Where the command line prints: text for people, JSON for programs."""

import json
import os
import shutil
import sys
from pathlib import Path

from rich.console import Console

# In a pipe nothing is wrapped for a screen that is not there.
_WIDE = 200
console = Console(
    highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else _WIDE
)
progress_console = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """One JSON object on one line, flushed, so that a reader of the stream sees it at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def command_name() -> str:
    """How the user can call this program: its name when that is on the PATH, else its path."""
    called = Path(sys.argv[0])
    found = shutil.which("wellread")
    if found and (not called.exists() or Path(found).samefile(called)):
        return "wellread"
    if called.name == "wellread":
        relative = os.path.relpath(called)
        return relative if not relative.startswith("../..") else str(called)
    return f"{Path(sys.executable).name} -m wellread"
