"""Waiting for what is awaited: a class whose methods wait has each of them from its asynchronous twin, in a line."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class Waiting(Protocol[A_co]):
    """The class that waits: its twin, and how it has a coroutine or a stream of that done."""

    @property
    def _awaited(self) -> A_co: ...

    def _wait(self, work: Coroutine[Any, Any, T], /) -> T: ...

    def _drain(self, stream: AsyncGenerator[T, None], /) -> Iterator[T]: ...


def waits(
    method: Callable[Concatenate[A, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Waiting[A], P], T]:
    """The twin's method, waited for."""

    @wraps(method)
    def waiting(self: Waiting[A], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._wait(method(self._awaited, *args, **kwargs))

    return waiting


def waits_for(
    made: Callable[[T], R], method: Callable[Concatenate[A, P], Coroutine[Any, Any, T]]
) -> Callable[Concatenate[Waiting[A], P], R]:
    """The same, of a method that gives an object with a twin of its own."""
    given = waits(method)

    @wraps(method)
    def waiting(self: Waiting[A], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return made(given(self, *args, **kwargs))

    return waiting


def streams(
    method: Callable[Concatenate[A, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate[Waiting[A], P], Iterator[T]]:
    """The twin's stream, as an iterator."""

    @wraps(method)
    def streaming(self: Waiting[A], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self._drain(method(self._awaited, *args, **kwargs))

    return streaming


def drained(
    stream: AsyncGenerator[T, None], wait: Callable[[Coroutine[Any, Any, Any]], Any]
) -> Generator[T, None, None]:
    """What a stream gives; it is closed when the caller leaves the loop."""
    try:
        while True:
            try:
                item: T = wait(stream.__anext__())
            except StopAsyncIteration:
                return
            yield item
    finally:
        wait(stream.aclose())
