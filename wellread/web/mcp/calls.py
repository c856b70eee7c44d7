"""The calls under way that a client may cancel by a second request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio


@dataclass(frozen=True, slots=True)
class CallKey:
    """`session` is the name of a client's session, which nobody else knows; `request` the id of its request."""

    account_id: str
    session: str
    request: str


@dataclass(frozen=True, slots=True)
class Calls:
    _scopes: dict[CallKey, anyio.CancelScope] = field(default_factory=dict)

    @contextmanager
    def under_way(self, key: CallKey | None) -> Iterator[anyio.CancelScope]:
        """While it lasts, the call can be cancelled by that key; without one, only in its client's other ways."""
        with anyio.CancelScope() as scope:
            if key is not None:
                self._scopes[key] = scope
            try:
                yield scope
            finally:
                if key is not None and self._scopes.get(key) is scope:
                    del self._scopes[key]

    def cancel(self, key: CallKey) -> None:
        """Nothing, when there is no such call (any more)."""
        if scope := self._scopes.get(key):
            scope.cancel()
