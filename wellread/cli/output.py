"""Where the command line shows things: text for people, JSON for programs, a page in the browser."""

import json
import os
import shutil
import sys
import threading
import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

# In a pipe nothing is wrapped for a screen that is not there.
_WIDE = 200
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")  # $BROWSER is the reader's own word on what to start
_WITHOUT_DISPLAYS = ("darwin", "win32")  # they have a desktop, and no such variables
_IN_THE_TERMINAL = ("www-browser", "links", "elinks", "lynx", "w3m")  # they would take it over
console = Console(
    highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else _WIDE
)
progress_console = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """One JSON object on one line, flushed, so that a reader of the stream sees it at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def tell(value: object, *lines: str, as_json: bool) -> int:
    """What came of a command: as JSON for programs, as lines for people. Gives the exit status of success."""
    if as_json:
        print_json(value)
    else:
        for line in lines:
            console.print(line, markup=False)
    return 0


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns without rules. The text of a cell is not markup."""
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


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


def show_page(address: str) -> bool:
    """Open it in the reader's browser and do not wait for that. False where there is nothing to open it in."""
    if sys.platform not in _WITHOUT_DISPLAYS and not any(map(os.environ.get, _DISPLAYS)):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if getattr(browser, "name", "") in _IN_THE_TERMINAL and "BROWSER" not in os.environ:
        return False
    # Some wait for the program that they start, and whoever calls has an event loop to go on with.
    threading.Thread(target=browser.open, args=[address], name="browser", daemon=True).start()
    return True
