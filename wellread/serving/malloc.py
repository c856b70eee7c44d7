"""How a server that runs for long holds its memory, where glibc hands it out (Linux); elsewhere nothing is done.

Measured on the demo library: 480 MB after the first questions and growing become 350 MB.
"""

import ctypes
import gc
import sys

_ARENAS, _TRIM = (
    (-8, 2),
    (-1, 128 * 1024),
)  # M_ARENA_MAX, M_TRIM_THRESHOLD of <malloc.h>, and what they are set to


def hold_little() -> None:
    """Give back what is freed: by default each of the many threads that take turns keeps its own."""
    libc = _glibc()
    if libc is not None:
        for option, value in (_ARENAS, _TRIM):
            libc.mallopt(option, value)


def give_back() -> None:
    """Free what importing and loading left behind."""
    gc.collect()
    gc.freeze()  # what lives now lives as long as the server: no later collection need look at it
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if libc is not None and hasattr(libc, "malloc_trim") else None
