"""How often a caller may ask, and how often passwords may be tried."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from wellread.errors import TooManyError


class Rate:
    """At most `burst` at once for each key, and one more every `seconds`.

    Only the moment is kept at which a key's bucket will be full again, of the keys that asked last. (pyrate-limiter
    keeps a list of moments and a thread for each key, and does not tell how long to wait.)
    """

    def __init__(
        self,
        burst: int,
        seconds: float,
        *,
        keys: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._keys = keys
        self._clock = clock
        self._full_at: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, *key: str) -> None:
        """Raises TooManyError, which takes nothing."""
        # Keys may be what strangers send, at any length.
        name = sha256("\0".join(key).encode("utf-8", "replace")).digest()[:16]
        now = self._clock()
        full_at = max(now, self._full_at.get(name, now)) + self._seconds
        wait = full_at - now - self._burst * self._seconds
        if wait > 0:
            raise _too_many(math.ceil(wait))
        self._full_at[name] = full_at
        self._full_at.move_to_end(name)
        while len(self._full_at) > self._keys:
            self._full_at.popitem(last=False)


def _too_many(seconds: int) -> TooManyError:
    return TooManyError(
        "Too many requests.",
        hint=f"Try again in {seconds} second{'s' if seconds > 1 else ''}.",
        retry_after=seconds,
    )


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of one server. Addresses are counted as `network` gives them."""

    requests: Rate = field(default_factory=lambda: Rate(200, 0.05))  # of one caller
    failures: Rate = field(default_factory=lambda: Rate(60, 1))  # secrets that are nobody's, from one address
    logins_from: Rate = field(default_factory=lambda: Rate(30, 10))  # from one address
    logins_as_from: Rate = field(default_factory=lambda: Rate(10, 60))  # as one name from one address
    # As one name from everywhere: wide, because whoever fills it locks the name's owner out.
    logins_as: Rate = field(default_factory=lambda: Rate(200, 30))

    def log_in(self, name: str, address: str) -> None:
        """One more attempt. Raises TooManyError."""
        name = name.casefold()
        self.logins_from.take(address)
        self.logins_as_from.take(name, address)
        self.logins_as.take(name)


def network(address: str) -> str:
    """What one person can be taken to have: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return address
