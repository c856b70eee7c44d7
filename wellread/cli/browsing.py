"""The reader's browser, if there is one to show a page in."""

import os
import sys
import threading
import webbrowser

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")  # $BROWSER is the reader's own word on what to start
_WITHOUT_DISPLAYS = ("darwin", "win32")  # they have a desktop, and no such variables
_IN_THE_TERMINAL = ("www-browser", "links", "elinks", "lynx", "w3m")  # they would take it over


def show(address: str) -> bool:
    """Open it and do not wait for that. False where there is nothing to open it in."""
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
